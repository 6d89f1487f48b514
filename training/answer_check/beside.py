"""Another score beside ours: the same leavers, the same accounts, the same instants."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pyarrow as pa

from training.answer_check.leavers import (
    BANDS,
    Leaver,
    counted,
    departed,
    interval,
    leavers,
    share,
    weeks_table,
)
from training.answer_check.outcomes import Fate, fates, outcomes_table, windows
from training.answer_check.rules import Rules
from training.answer_check.timelines import Timelines, micros

Json = dict[str, Any]


def beside(
    ours: Timelines,
    theirs: Timelines,
    departures: pa.Table,
    rules: Rules,
    *,
    name: str,
    theirs_stale_days: float | None = None,
    start: datetime | None = None,
    until: datetime,
) -> Json:
    """Return both scores' figures where both were in force; anything else counts for neither.

    Returns
    -------
    dict
        ``name``; ``left``, the leavers both had a score of ``weeks_before`` weeks before;
        ``ours`` and ``theirs``, each the counts of the bands at that time; ``weeks``, both
        at every distance; ``outcomes``, both bands' fates; ``apart``, what became of accounts
        that the two put into different bands.
    """
    stale = rules.stale_days if theirs_stale_days is None else theirs_stale_days
    other = replace(rules, stale_days=stale)
    gone = departed(departures)
    first = max(int(one.at.min()) if len(one) else 0 for one in (ours, theirs))
    begin = max(first, micros(start)) if start else first
    end = micros(until)
    mine, yours = _both(
        leavers(ours, gone, begin, end, rules), leavers(theirs, gone, begin, end, other)
    )
    weeks = zip(weeks_table(ours, mine, rules), weeks_table(theirs, yours, rules), strict=True)
    begins = windows(ours, begin, end, rules) if len(ours) else []
    my_fates, your_fates = _same(
        fates(ours, gone, begins, rules), fates(theirs, gone, begins, other)
    )
    at_limit = [
        [one.rows[rules.weeks_before] for one in some if rules.weeks_before in one.rows]
        for some in (mine, yours)
    ]
    return {
        "name": name,
        "weeks_before": rules.weeks_before,
        "left": len(at_limit[0]),
        "ours": counted(ours, at_limit[0]),
        "theirs": counted(theirs, at_limit[1]),
        "weeks": [{"weeks": a["weeks"], "ours": a, "theirs": b} for a, b in weeks],
        "outcomes": {
            "ours": outcomes_table(ours, my_fates),
            "theirs": outcomes_table(theirs, your_fates),
        },
        "apart": _apart(ours, theirs, my_fates, your_fates),
    }


def _both(mine: list[Leaver], yours: list[Leaver]) -> tuple[list[Leaver], list[Leaver]]:
    """Return the leavers of both, each with the distances at which both were in force."""
    theirs = {(one.account_id, one.left_at): one for one in yours}
    kept: tuple[list[Leaver], list[Leaver]] = ([], [])
    for one in mine:
        other = theirs.get((one.account_id, one.left_at))
        common = one.rows.keys() & other.rows.keys() if other else set()
        if other is None or not common:
            continue
        for side, leaver in zip(kept, (one, other), strict=True):
            rows = {week: row for week, row in leaver.rows.items() if week in common}
            side.append(Leaver(leaver.account_id, leaver.left_at, leaver.since, rows))
    return kept


def _same(mine: list[Fate], yours: list[Fate]) -> tuple[list[Fate], list[Fate]]:
    """Return the accounts and windows of both, in the same order."""
    theirs = {(fate.account_id, fate.at): fate for fate in yours}
    keys = [key for fate in mine if (key := (fate.account_id, fate.at)) in theirs]
    own = {(fate.account_id, fate.at): fate for fate in mine}
    return [own[key] for key in keys], [theirs[key] for key in keys]


def _apart(ours: Timelines, theirs: Timelines, mine: list[Fate], yours: list[Fate]) -> list[Json]:
    """Return what became of the accounts of each pair of bands that differ."""
    pairs: dict[tuple[str, str], list[bool]] = {}
    for one, other in zip(mine, yours, strict=True):
        pair = (str(ours.band[one.row]), str(theirs.band[other.row]))
        if pair[0] != pair[1]:
            pairs.setdefault(pair, []).append(one.left)
    order = {band: place for place, band in enumerate(BANDS)}
    return [
        {
            "ours": pair[0],
            "theirs": pair[1],
            "accounts": len(left),
            "left": sum(left),
            "share": share(sum(left), len(left)),
            "interval": interval(sum(left), len(left)),
        }
        for pair, left in sorted(pairs.items(), key=lambda item: [order[b] for b in item[0]])
    ]
