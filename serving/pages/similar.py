"""Companies that stood about half a year ago where this one stands now, whatever came of them."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from serving.pages.timeline import WEEK, Run
from serving.store.schema import scores
from serving.store.scores import numbers

CASES = 40
LISTED = 6
HALF_A_YEAR = timedelta(days=182)


@dataclass(frozen=True)
class Case:
    """One past case and its outcome."""

    account_id: str
    name: str | None
    name_en: str | None
    plan: str | None
    arr: float | None
    band: str
    score: int
    shared: tuple[str, ...]
    """Features whose points were alike and largest, at most two."""
    left_after_weeks: int | None
    """None where the company is still there."""
    score_now: int | None
    band_now: str | None


@dataclass(frozen=True)
class Similar:
    """The nearest cases, nearest first."""

    as_of: datetime
    cases: tuple[Case, ...]
    left: int
    """How many of ``cases`` left within the horizon."""


@dataclass(frozen=True)
class Reasons:
    """The contribution vectors of one run: (n, f) float32, float16 would lose tenths."""

    run: Run
    account_ids: tuple[str, ...]
    points: NDArray[np.float32]


class PastReasons:
    """Contribution vectors of the past run last asked for; a run never changes."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine, self._lock = engine, threading.Lock()
        self._kept: Reasons | None = None

    def of(self, run: Run) -> Reasons:
        """Return the contribution vectors of ``run``."""
        with self._lock:
            if self._kept is None or self._kept.run.run_id != run.run_id:
                self._kept = _read(self._engine, run)
            return self._kept


def past_run(timeline: Sequence[Run], horizon_days: int) -> Run | None:
    """Return the run nearest to half a year ago whose outcome is known by now, None without one."""
    if not timeline:
        return None
    now = timeline[-1].as_of
    known = [run for run in timeline if now - run.as_of >= timedelta(days=horizon_days)]
    return min(known, key=lambda run: abs(now - run.as_of - HALF_A_YEAR), default=None)


def similar(
    engine: sa.Engine,
    past: Reasons,
    timeline: Sequence[Run],
    account_id: str,
    points: Mapping[str, float],
    horizon_days: int,
) -> Similar | None:
    """Return the accounts of ``past`` nearest to ``points``; outcomes are looked up afterwards."""
    common = [(j, name) for j, name in enumerate(past.run.feature_names) if name in points]
    if not common or not past.account_ids:
        return None
    matrix = past.points[:, [j for j, _ in common]]
    own = np.array([points[name] for _, name in common], np.float32)
    distance = ((matrix - own) ** 2).sum(axis=1)
    order = np.argsort(distance, kind="stable")
    nearest = [int(at) for at in order if past.account_ids[at] != account_id][:CASES]
    names = [name for _, name in common]
    shared = {past.account_ids[at]: _shared(matrix[at], own, names) for at in nearest}
    cases = _with_outcomes(engine, past.run, timeline, shared)
    left = sum(
        case.left_after_weeks is not None and case.left_after_weeks * 7 <= horizon_days + 6
        for case in cases
    )
    return Similar(past.run.as_of, tuple(cases), left) if cases else None


def _read(engine: sa.Engine, run: Run) -> Reasons:
    query = sa.select(scores.c.account_id, scores.c.points).where(
        scores.c.run_id == run.run_id, scores.c.health_score.is_not(None)
    )
    with engine.connect() as connection:
        rows = [row for row in connection.execute(query) if row.points]
    points = np.empty((len(rows), len(run.feature_names)), np.float32)
    for at, row in enumerate(rows):
        points[at] = numbers(row.points)
    return Reasons(run, tuple(row.account_id for row in rows), points)


def _shared(
    theirs: NDArray[np.float32], own: NDArray[np.float32], names: Sequence[str]
) -> tuple[str, ...]:
    """Return the features that weighed most in both, on the same side."""
    alike = np.where(np.sign(theirs) == np.sign(own), np.minimum(abs(theirs), abs(own)), 0.0)
    # A company is looked up for what weighs on it, so what counts against both comes first.
    first = np.lexsort((-alike, own >= 0))
    return tuple(names[at] for at in first if alike[at] >= 0.5)[:2]


def _with_outcomes(
    engine: sa.Engine, then: Run, timeline: Sequence[Run], shared: Mapping[str, tuple[str, ...]]
) -> list[Case]:
    """Return the cases in the order of ``shared``, with what became of them by the latest run."""
    then_rows = _rows(engine, then, list(shared))
    now_rows = _rows(engine, timeline[-1], list(shared))
    later = [run for run in timeline if run.as_of >= then.as_of]
    last_seen = _last_seen(engine, later, list(shared))
    cases = []
    for account_id, names in shared.items():
        row, now = then_rows[account_id], now_rows.get(account_id)
        weeks = None
        if now is None:
            weeks = round((last_seen[account_id] - then.as_of) / WEEK) + 1
        cases.append(
            Case(
                account_id,
                row.name,
                row.name_en,
                row.plan,
                row.arr,
                row.band,
                row.health_score,
                names,
                weeks,
                now.health_score if now else None,
                now.band if now else None,
            )
        )
    return cases


def _rows(
    engine: sa.Engine, run: Run, accounts: list[str]
) -> dict[str, sa.Row[tuple[object, ...]]]:
    columns = ("account_id", "name", "name_en", "plan", "arr", "band", "health_score")
    query = sa.select(*(scores.c[name] for name in columns)).where(
        scores.c.run_id == run.run_id, scores.c.account_id.in_(accounts)
    )
    with engine.connect() as connection:
        return {row.account_id: row for row in connection.execute(query)}


def _last_seen(
    engine: sa.Engine, timeline: Sequence[Run], accounts: list[str]
) -> dict[str, datetime]:
    query = (
        sa.select(scores.c.account_id, sa.func.max(scores.c.as_of))
        .where(
            scores.c.account_id.in_(accounts),
            scores.c.run_id.in_([run.run_id for run in timeline]),
        )
        .group_by(scores.c.account_id)
    )
    with engine.connect() as connection:
        return dict(connection.execute(query).all())
