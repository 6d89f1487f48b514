"""Those who left in the period, and in which band they were before."""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from training import intervals
from training.answer_check.rules import Rules
from training.answer_check.timelines import DAY, Timelines, micros

Json = dict[str, Any]
BANDS = ("red", "yellow", "green", "no_data")


@dataclass(frozen=True)
class Leaver:
    """One departure.

    Attributes
    ----------
    left_at : int
        Microseconds since 1970.
    since : int or None
        The account's departure before: scores from before it are about another spell.
    rows : dict of int to int
        Weeks before leaving → row of the score in force then; weeks without one are absent.
    """

    account_id: str
    left_at: int
    since: int | None
    rows: dict[int, int]


def departed(departures: pa.Table) -> dict[str, list[int]]:
    """Return when each account left, ascending, each instant once."""
    found: dict[str, set[int]] = {}
    accounts, instants = (departures.column(name) for name in ("account_id", "left_at"))
    for account, left in zip(accounts.to_pylist(), instants.to_pylist(), strict=True):
        found.setdefault(account, set()).add(micros(left.replace(tzinfo=None)))
    return {account: sorted(left) for account, left in found.items()}


def leavers(
    lines: Timelines, gone: dict[str, list[int]], start: int, end: int, rules: Rules
) -> list[Leaver]:
    """Return the departures in ``[start, end)`` before which a score was in force, by account."""
    found = []
    for account in sorted(gone.keys() & lines.lines.keys()):
        before: int | None = None
        for left in gone[account]:
            if start <= left < end and (rows := _rows(lines, account, left, before, rules)):
                found.append(Leaver(account, left, before, rows))
            before = left
    return found


def _rows(
    lines: Timelines, account: str, left: int, since: int | None, rules: Rules
) -> dict[int, int]:
    stale = rules.stale_days * DAY
    placed = {
        week: lines.in_force(account, left - 7 * week * DAY, stale, since)
        for week in {*rules.asked, rules.earlier}
    }
    return {week: row for week, row in placed.items() if row >= 0}


def weeks_table(lines: Timelines, left: list[Leaver], rules: Rules) -> list[Json]:
    """Return the bands of the leavers at each distance, the earliest first.

    ``scored`` counts those with a row then, a withheld score (``no_data``) included;
    ``red_share`` and ``green_share`` are of those, with Wilson's 90 % interval.
    """
    return [
        {"weeks": week, **counted(lines, [one.rows[week] for one in left if week in one.rows])}
        for week in rules.asked
    ]


def counted(lines: Timelines, rows: list[int]) -> Json:
    """Return how many of the rows are in each band, and how sure the shares are."""
    counts: Json = dict.fromkeys(BANDS, 0)
    for row in rows:
        counts[lines.band[row]] += 1
    found = {**counts, "scored": len(rows)}
    for band in ("red", "green"):
        found |= {f"{band}_share": share(counts[band], len(rows))}
        found |= {f"{band}_interval": interval(counts[band], len(rows))}
    return found


def share(k: int, n: int) -> float | None:
    """Return ``k`` of ``n``, None of nothing."""
    return k / n if n else None


def interval(k: int, n: int) -> list[float]:
    """Return Wilson's 90 % interval."""
    low, high = intervals.wilson(k, n)
    return [float(low), float(high)]


def verdict(week: Json, rules: Rules) -> Json:
    """Return whether the limit on the share of leavers that were green is held.

    "passed" where the whole interval lies at or below the limit, "failed" where it lies above it,
    else "too few to say": neither can be told from so few.
    """
    low, high = week["green_interval"]
    result = "too few to say"
    if week["scored"] and high <= rules.most_missed:
        result = "passed"
    elif week["scored"] and low > rules.most_missed:
        result = "failed"
    return {
        "result": result,
        "weeks_before": rules.weeks_before,
        "limit": rules.most_missed,
        "green": week["green"],
        "scored": week["scored"],
        "share": week["green_share"],
        "interval": week["green_interval"],
    }
