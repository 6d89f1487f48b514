"""Reds as alerts: how early, how often right, and contacted ones apart from the others."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa

from training.answer_check.leavers import Json, Leaver, departed
from training.answer_check.outcomes import tally
from training.answer_check.rules import Rules
from training.answer_check.timelines import DAY, Timelines

Outcome = Literal["left", "stayed", "immature"]


@dataclass(frozen=True)
class Run:
    """An account's unbroken run of red scores, which may hold a single other one.

    Attributes
    ----------
    first, last : int
        Instants of its first and last red, microseconds since 1970.
    row : int
        The row in which it turned red.
    from_start : bool
        Whether it is the account's first score: it may have been red before.
    """

    account_id: str
    first: int
    last: int
    row: int
    from_start: bool


@dataclass(frozen=True)
class Alert:
    """An account that turned red, and what became of it."""

    run: Run
    outcome: Outcome
    contacted: bool


def red_runs(lines: Timelines, gone: dict[str, list[int]], rules: Rules) -> list[Run]:
    """Return all runs of reds, by account and time.

    Two reds are of one run where no more than ``break_days`` lie between them (with weekly scores:
    one score in between may be another band or absent) and the account did not leave in between.
    """
    runs: list[Run] = []
    for row in np.flatnonzero(lines.band == "red").tolist():
        account, at = lines.account[row], int(lines.at[row])
        last = runs[-1] if runs else None
        if last and last.account_id == account and _joined(last, at, gone, rules):
            runs[-1] = Run(account, last.first, at, last.row, last.from_start)
        else:
            runs.append(Run(account, at, at, row, row == lines.lines[account][0]))
    return runs


def _joined(run: Run, at: int, gone: dict[str, list[int]], rules: Rules) -> bool:
    parted = any(run.last <= left < at for left in gone.get(run.account_id, ()))
    return at - run.last <= rules.break_days * DAY and not parted


def alerts(
    runs: list[Run],
    gone: dict[str, list[int]],
    actions: pa.Table | None,
    start: int,
    end: int,
    rules: Rules,
) -> list[Alert]:
    """Return one alert for each run that began in ``[start, end)``, at most one in each horizon.

    An account that flickers between bands is one alert, not many: a run that begins before the
    horizon of the alert before it is over belongs to that alert.
    """
    acted = _acted(actions)
    lead, span = rules.lead_days * DAY, rules.horizon_days * DAY
    found: list[Alert] = []
    over: dict[str, int] = {}
    for run in runs:
        if not start <= run.first < end or run.first < over.get(run.account_id, start):
            continue
        after = [left for left in gone.get(run.account_id, ()) if left >= run.first]
        if after and after[0] < run.first + lead:
            continue  # gone before the window began
        closes = run.first + lead + span
        left = bool(after) and after[0] < min(closes, end)
        over[run.account_id] = after[0] if left else closes
        outcome: Outcome = "left" if left else "stayed"
        if closes > end:
            outcome = "immature"
        until = min(run.first + rules.contacted_within_days * DAY, after[0] if left else closes)
        contacted = any(run.first <= at < until for at in acted.get(run.account_id, ()))
        found.append(Alert(run, outcome, contacted))
    return found


def _acted(actions: pa.Table | None) -> dict[str, list[int]]:
    if actions is None:
        return {}
    named = actions.select(["account_id", "performed_at"]).rename_columns(["account_id", "left_at"])
    return departed(named)


def alerts_document(lines: Timelines, found: list[Alert], known: bool) -> Json:
    """Return precision of all alerts whose window is over, contacted ones apart.

    A contacted account that stayed may have been saved, so it is no false alarm:
    ``false_alarms`` are those that stayed without having been contacted.

    Parameters
    ----------
    known : bool
        Whether there is a log of actions; without one nobody knows who was contacted.
    """
    over = [alert for alert in found if alert.outcome != "immature"]
    stayed = [alert for alert in over if alert.outcome == "stayed"]
    apart: Json = {"not_contacted": None, "contacted": None, "saved": None}
    if known:
        apart = {
            "not_contacted": _precision(lines, [one for one in over if not one.contacted]),
            "contacted": _precision(lines, [one for one in over if one.contacted]),
            "saved": sum(one.contacted for one in stayed),
        }
    return {
        "all": _precision(lines, over),
        **apart,
        "false_alarms": sum(not (known and one.contacted) for one in stayed),
        "immature": len(found) - len(over),
    }


def _precision(lines: Timelines, some: list[Alert]) -> Json:
    rows = np.array([alert.run.row for alert in some], dtype=np.int64)
    return tally([alert.outcome == "left" for alert in some], lines, rows)


def lead_times(runs: list[Run], left: list[Leaver], rules: Rules) -> Json:
    """Return how long before leaving the true alerts began, in days.

    A true alert is the run of reds that lasted until leaving: its last red lies no more than
    ``break_days`` before it. Where the account was red from its first score on, the time is at
    least so long (``at_least`` counts these), so the median is if anything too short.
    """
    by_account: dict[str, list[Run]] = {}
    for run in runs:
        by_account.setdefault(run.account_id, []).append(run)
    days, open_ended = [], 0
    for one in left:
        before = [run for run in by_account.get(one.account_id, ()) if run.first < one.left_at]
        if before and one.left_at - before[-1].last <= rules.break_days * DAY:
            days.append((one.left_at - before[-1].first) / DAY)
            open_ended += before[-1].from_start
    middle = np.quantile(days, [0.25, 0.5, 0.75]).tolist() if days else None
    return {
        "alerts": len(days),
        "of": len(left),
        "median_days": middle[1] if middle else None,
        "quartiles_days": [middle[0], middle[2]] if middle else None,
        "at_least": open_ended,
    }
