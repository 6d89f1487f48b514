"""The answer check (答え合わせ): were leavers red before they left, and what became of the reds."""

import bisect
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import pyarrow as pa

from training import intervals

Json = dict[str, Any]
WEEKS = (26, 20, 16, 13, 10, 8, 6, 4, 2, 1)
BANDS = ("red", "yellow", "green", "no_data")
STALE = timedelta(days=7)
"""A score older than this at the asked instant does not answer for it."""


@dataclass(frozen=True)
class _Timeline:
    """One account's scores, ascending in time."""

    at: list[datetime]
    band: list[str]
    score: list[float | None]

    def before(self, instant: datetime) -> int | None:
        """Return the position of the score in force at ``instant``, or None."""
        place = bisect.bisect_right(self.at, instant) - 1
        return place if place >= 0 and instant - self.at[place] < STALE else None


def answer_check(
    scores: pa.Table,
    departures: pa.Table,
    weeks: Sequence[int] = WEEKS,
    horizon_days: int = 90,
    facts: pa.Table | None = None,
    basis: Literal["issued", "out of time"] = "out of time",
    until: datetime | None = None,
) -> Json:
    """Return the answer check as plain JSON values.

    Parameters
    ----------
    scores : pa.Table
        ``account_id``, ``as_of``, ``band``, ``health_score`` (null where withheld), about weekly.
    departures : pa.Table
        ``account_id``, ``left_at``: confirmed ends of spells.
    weeks : sequence of int
        So many weeks before leaving.
    horizon_days : int
        What became of each band is counted over so many days.
    facts : pa.Table, optional
        ``account_id`` and any of ``fact_name``, ``fact_name_en``, ``fact_plan``, ``fact_mrr``; the
        last row of an account counts.
    until : datetime, optional
        Exclusive end up to which departures are known; default: just after the last one.

    Notes
    -----
    A leaver counts where a score was in force within the longest of ``weeks`` before. The score
    "w weeks before" is the last one at or before ``left_at − 7 w`` days, not older than a week;
    leavers without one are not in that week's ``scored``. Intervals are Wilson's 90 %.
    """
    lines = _timelines(scores)
    if not lines:
        return _nothing(basis)
    first = min(line.at[0] for line in lines.values())
    last = max(line.at[-1] for line in lines.values())
    gone = _gone(departures, first, max(last, until) if until else None)
    end = until or max((left for _, left in gone), default=last)
    checked = [(a, left) for a, left in gone if a in lines and _was_scored(lines[a], left, weeks)]
    counted = [_week(lines, checked, week) for week in sorted(weeks, reverse=True)]
    four = next((week for week in counted if week["weeks"] == 4), None)
    known = _facts(facts)
    return {
        "basis": basis,
        "period": [first.isoformat(), end.isoformat()],
        "left": len(checked),
        "weeks": counted,
        "outcomes": _outcomes(lines, gone, end, timedelta(days=horizon_days)),
        "misses": _misses(lines, checked, known),
        "red_4w_share": _share(four, "red"),
        "green_4w_share": _share(four, "green"),
    }


def _nothing(basis: str) -> Json:
    empty: Json = {"basis": basis, "period": [None, None], "left": 0, "weeks": [], "outcomes": []}
    return empty | {"misses": [], "red_4w_share": None, "green_4w_share": None}


def _timelines(scores: pa.Table) -> dict[str, _Timeline]:
    rows = scores.select(["account_id", "as_of", "band", "health_score"])
    rows = rows.sort_by([("account_id", "ascending"), ("as_of", "ascending")])
    lines: dict[str, _Timeline] = defaultdict(lambda: _Timeline([], [], []))
    for account, at, band, score in zip(*(c.to_pylist() for c in rows.columns), strict=True):
        line = lines[account]
        line.at.append(at)
        line.band.append(band)
        line.score.append(score)
    return dict(lines)


def _gone(
    departures: pa.Table, first: datetime, end: datetime | None
) -> list[tuple[str, datetime]]:
    pairs = zip(
        departures.column("account_id").to_pylist(),
        departures.column("left_at").to_pylist(),
        strict=True,
    )
    return sorted((a, t) for a, t in pairs if t > first and (end is None or t < end))


def _was_scored(line: _Timeline, left: datetime, weeks: Sequence[int]) -> bool:
    return any(line.before(left - timedelta(weeks=week)) is not None for week in weeks)


def _week(lines: dict[str, _Timeline], gone: list[tuple[str, datetime]], week: int) -> Json:
    counts: Json = {"weeks": week, **dict.fromkeys(BANDS, 0), "scored": 0}
    for account, left in gone:
        place = lines[account].before(left - timedelta(weeks=week))
        if place is not None:
            counts[lines[account].band[place]] += 1
            counts["scored"] += 1
    return counts


def _outcomes(
    lines: dict[str, _Timeline],
    gone: list[tuple[str, datetime]],
    end: datetime,
    horizon: timedelta,
) -> list[Json]:
    """Return how many of each band, one horizon before the end, left within the horizon."""
    leaving: dict[str, list[datetime]] = defaultdict(list)
    for account, left in gone:
        leaving[account].append(left)
    tally = {band: [0, 0] for band in BANDS}
    for account, line in lines.items():
        place = line.before(end - horizon)
        if place is not None:
            at = line.at[place]
            tally[line.band[place]][0] += 1
            tally[line.band[place]][1] += any(at <= t < at + horizon for t in leaving[account])
    return [_outcome(band, accounts, left) for band, (accounts, left) in tally.items() if accounts]


def _outcome(band: str, accounts: int, left: int) -> Json:
    low, high = intervals.wilson(left, accounts)
    return {
        "band": band,
        "accounts": accounts,
        "left": left,
        "share": left / accounts,
        "interval": [float(low), float(high)],
    }


def _misses(
    lines: dict[str, _Timeline], gone: list[tuple[str, datetime]], facts: dict[str, Json]
) -> list[Json]:
    """Return those who were green four weeks before leaving, largest revenue first."""
    found = []
    for account, left in gone:
        line = lines[account]
        four = line.before(left - timedelta(weeks=4))
        if four is None or line.band[four] != "green":
            continue
        thirteen = line.before(left - timedelta(weeks=13))
        places = [line.before(left - timedelta(weeks=week)) for week in range(26, 0, -1)]
        known = facts.get(account, {})
        mrr = known.get("fact_mrr")
        found.append(
            {
                "account_id": account,
                "name": known.get("fact_name"),
                "name_en": known.get("fact_name_en"),
                "plan": known.get("fact_plan"),
                "arr": None if mrr is None else 12 * mrr,
                "left_at": left.isoformat(),
                "score_13w": None if thirteen is None else line.score[thirteen],
                "band_13w": None if thirteen is None else line.band[thirteen],
                "score_4w": line.score[four],
                "band_4w": line.band[four],
                "series": [line.score[place] for place in places if place is not None],
            }
        )
    return sorted(found, key=lambda miss: (-(miss["arr"] or 0.0), miss["account_id"]))


def _facts(facts: pa.Table | None) -> dict[str, Json]:
    return {} if facts is None else {row["account_id"]: row for row in facts.to_pylist()}


def _share(week: Json | None, band: str) -> float | None:
    return week[band] / week["scored"] if week and week["scored"] else None
