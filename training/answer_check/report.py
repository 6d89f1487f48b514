"""All figures of an answer check in one document."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from training.answer_check import alerts as alarms
from training.answer_check import outcomes as fates
from training.answer_check import segments as parts
from training.answer_check.leavers import BANDS, departed, leavers, verdict, weeks_table
from training.answer_check.misses import facts_by_account, misses
from training.answer_check.rules import Rules
from training.answer_check.timelines import ISSUED, Timelines, instant, micros, timelines
from training.answer_check.unseen import happenings

Json = dict[str, Any]

__all__ = ["BANDS", "answer_check"]


def answer_check(
    scores: pa.Table | Timelines,
    departures: pa.Table,
    rules: Rules | None = None,
    *,
    actions: pa.Table | None = None,
    facts: pa.Table | None = None,
    happened: pa.Table | None = None,
    start: datetime | None = None,
    until: datetime | None = None,
) -> Json:
    """Return the answer check as plain JSON values.

    Parameters
    ----------
    scores : pa.Table or Timelines
        See `timelines`.
    departures : pa.Table
        ``account_id``, ``left_at``: confirmed ends of spells.
    actions : pa.Table, optional
        ``account_id``, ``performed_at``: who was contacted. Without it nobody is said to be.
    facts : pa.Table, optional
        ``account_id`` and any of ``fact_name``, ``fact_name_en``, ``fact_plan``, ``fact_mrr``; the
        last row of an account counts.
    happened : pa.Table, optional
        What the tables say of each account, see `happenings`: told of the misses.
    start : datetime, optional
        Departures, alerts and windows before it do not count; default: the first score.
    until : datetime, optional
        Exclusive end up to which departures are known; default: just after the last one.

    Notes
    -----
    A leaver counts where a score was in force at any of the asked distances. The score "w weeks
    before" is the latest at or before ``left_at − 7 w`` days, younger than ``stale_days``; leavers
    without one are not in that week's ``scored``. All intervals are Wilson's 90 %. The shares of
    the bands are counted at the beginning of whole windows that do not overlap; those of alerts
    from turning red. A window that is not over by ``until`` does not count.
    """
    asked = rules or Rules()
    lines = scores if isinstance(scores, Timelines) else timelines(scores)
    gone = departed(departures)
    begin, end = _period(lines, gone, start, until)
    left = leavers(lines, gone, begin, end, asked)
    runs = alarms.red_runs(lines, gone, asked)
    found = alarms.alerts(runs, gone, actions, begin, end, asked)
    begins = fates.windows(lines, begin, end, asked)
    lived = fates.fates(lines, gone, begins, asked)
    weeks = weeks_table(lines, left, asked)
    at_limit = next(week for week in weeks if week["weeks"] == asked.weeks_before)
    known = None if happened is None else happenings(happened)
    return {
        **_basis(lines, end),
        "rules": _rules(asked),
        "period": [instant(begin).isoformat(), instant(end).isoformat()] if len(lines) else None,
        "left": len(left),
        "weeks": weeks,
        "verdict": verdict(at_limit, asked),
        "outcomes": fates.outcomes_table(lines, lived),
        "windows": [instant(at).isoformat() for at in reversed(begins)],
        "reliability": fates.reliability(lines, lived),
        "alerts": alarms.alerts_document(lines, found, actions is not None),
        "lead_time": alarms.lead_times(runs, left, asked),
        "misses": misses(lines, left, facts_by_account(facts), known, asked),
        "segments": parts.segments(lines, left, found, asked),
        "versions": parts.versions(lines, left, found, asked),
    }


def _basis(lines: Timelines, end: int) -> Json:
    """Return on which kinds of score it rests, and how many of each lie before the end."""
    used = lines.at < end
    issued, later = used & (lines.kind == ISSUED), used & (lines.kind != ISSUED)
    basis = "mixed" if issued.any() and later.any() else "issued" if issued.any() else "out of time"
    dates = {"issued": lines.at[issued], "out_of_time": lines.at[later]}
    return {
        "basis": basis,
        "scores": {
            "issued": int(issued.sum()),
            "out_of_time": int(later.sum()),
            "left_out": lines.left_out,
        },
        "dates": {name: len(np.unique(at)) for name, at in dates.items()},
    }


def _period(
    lines: Timelines, gone: dict[str, list[int]], start: datetime | None, until: datetime | None
) -> tuple[int, int]:
    """Return beginning (default: the first score) and exclusive end of the period."""
    if not len(lines):
        return 0, 0
    first = int(lines.at.min())
    begin = max(first, micros(start)) if start else first
    last = max((left for some in gone.values() for left in some), default=int(lines.at.max()))
    return begin, micros(until) if until else last + 1


def _rules(rules: Rules) -> Json:
    names: Sequence[str] = (
        "weeks_before", "most_missed", "horizon_days", "lead_days", "contacted_within_days",
        "stale_days", "break_days",
    )  # fmt: skip
    return {name: getattr(rules, name) for name in names} | {"earlier_weeks": rules.earlier}
