"""Who was right more often, a person or the model: both said something of the same account."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from training import intervals
from training.answer_check.leavers import Json, interval, share

SEGMENTS = ("plan", "size", "industry", "region", "owner")
LEAST = 10
"""Segments of fewer cases get no line."""


@dataclass(frozen=True)
class Case:
    """What a person and the model said of an account at one instant.

    Attributes
    ----------
    at : datetime
        When the person said it, naive UTC.
    person, model : str
        Bands; ``red`` is a warning, all else is none.
    segments : mapping of str to str
        As known then.
    """

    account_id: str
    at: datetime
    person: str
    model: str
    segments: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class _Known:
    case: Case
    left: bool

    @property
    def person_right(self) -> bool:
        return (self.case.person == "red") == self.left

    @property
    def model_right(self) -> bool:
        return (self.case.model == "red") == self.left


def judged(
    cases: Iterable[Case], departures: pa.Table, horizon_days: float, until: datetime
) -> Json:
    """Return who was right how often, as a whole and by segment.

    Parameters
    ----------
    departures : pa.Table
        ``account_id`` and ``left_at``.
    until : datetime
        Exclusive end up to which departures are known.

    Notes
    -----
    Red says that the account will leave within ``horizon_days``, everything else that it will not.
    Of one account a case counts only where it lies a horizon after the one before, so that no
    outcome is counted twice; what has not had its horizon yet is ``immature``. As most accounts
    stay, whoever never warns is right mostly: leavers and those that stayed are told apart.
    Intervals are 90 %: Wilson's of shares, Agresti and Min's of the difference.
    """
    horizon = timedelta(days=horizon_days)
    mature, immature = [], 0
    for case in _apart(cases, horizon):
        if case.at + horizon > until:
            immature += 1
        else:
            mature.append(case)
    gone = _gone(departures)
    known = [
        _Known(case, _left(gone.get(case.account_id, ()), case.at, horizon)) for case in mature
    ]
    return {
        "horizon_days": horizon_days,
        "immature": immature,
        **_counted(known),
        "segments": [line for name in SEGMENTS for line in _lines(name, known)],
    }


def _apart(cases: Iterable[Case], horizon: timedelta) -> Iterable[Case]:
    """Yield the cases of each account that are a horizon apart, the earliest first."""
    last: dict[str, datetime] = {}
    for case in sorted(cases, key=lambda one: (one.at, one.account_id)):
        before = last.get(case.account_id)
        if before is None or case.at >= before + horizon:
            last[case.account_id] = case.at
            yield case


def _gone(departures: pa.Table) -> dict[str, list[datetime]]:
    found: dict[str, list[datetime]] = {}
    for row in departures.select(["account_id", "left_at"]).to_pylist():
        found.setdefault(row["account_id"], []).append(row["left_at"])
    return found


def _left(gone: Iterable[datetime], at: datetime, horizon: timedelta) -> bool:
    return any(at <= left_at < at + horizon for left_at in gone)


def _counted(known: list[_Known]) -> Json:
    n = len(known)
    person = sum(one.person_right for one in known)
    model = sum(one.model_right for one in known)
    only_person = sum(one.person_right and not one.model_right for one in known)
    only_model = sum(one.model_right and not one.person_right for one in known)
    low, high = intervals.paired(only_model, only_person, n) if n else (-1.0, 1.0)
    return {
        "cases": n,
        "person": {"right": person, "share": share(person, n), "interval": interval(person, n)},
        "model": {"right": model, "share": share(model, n), "interval": interval(model, n)},
        "only_person": only_person,
        "only_model": only_model,
        "difference": (only_model - only_person) / n if n else None,
        "interval": [low, high],
        "more_often": "model" if low > 0 else "person" if high < 0 else "neither",
        "left": _warned([one.case for one in known if one.left]),
        "stayed": _warned([one.case for one in known if not one.left]),
    }


def _warned(cases: list[Case]) -> Json:
    """Return of how many both warned: of leavers rightly, of those that stayed in vain."""
    n = len(cases)
    person = sum(case.person == "red" for case in cases)
    model = sum(case.model == "red" for case in cases)
    return {
        "accounts": n,
        "person": {"warned": person, "share": share(person, n), "interval": interval(person, n)},
        "model": {"warned": model, "share": share(model, n), "interval": interval(model, n)},
    }


def _lines(name: str, known: list[_Known]) -> list[dict[str, Any]]:
    values: dict[str, list[_Known]] = {}
    for one in known:
        if value := one.case.segments.get(name):
            values.setdefault(value, []).append(one)
    return [
        {"column": name, "value": value, **_counted(some)}
        for value, some in sorted(values.items(), key=lambda item: (-len(item[1]), item[0]))
        if len(some) >= LEAST
    ]
