"""The weekly runs behind every "since last week" and every line over time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from serving.store.schema import runs

WEEK = timedelta(days=7)
WEEKS = 53
"""A year and the week it is compared with."""


@dataclass(frozen=True)
class Run:
    """One scoring run, without its scores."""

    run_id: str
    kind: str
    as_of: datetime
    model_version: str
    settings_version: str
    feature_names: tuple[str, ...]
    baseline_points: float
    typical: dict[str, dict[str, float | str | None]]
    scorecard_version: str | None = None
    stale_feeds: dict[str, float] | None = None
    expected_loss: dict[str, Any] | None = None

    def typical_of(self, plan: str | None, feature: str) -> float | str | None:
        """Return the usual value of ``feature`` on ``plan``, or of all accounts without one."""
        usual = self.typical.get(plan or "") or self.typical.get("") or {}
        return usual.get(feature)


def weekly(
    engine: sa.Engine, until: datetime | None = None, known: dict[str, Run] | None = None
) -> tuple[Run, ...]:
    """Return the latest run and one for each week before it, oldest first.

    Where one ``as_of`` has several runs, what was issued wins over a replay and the later over the
    earlier. A week is the run nearest to seven days before the latest, at most half a week off.
    ``until`` (inclusive) looks at the past as it stood then; by default the last issued run is the
    latest, whatever was replayed since. ``known`` keeps the runs read before: none ever changes.
    """
    chosen = _one_per_date(engine, until or _last_issued(engine))
    if not chosen:
        return ()
    dates = sorted(chosen)
    kept = {dates[-1]}
    for back in range(1, WEEKS):
        target = dates[-1] - back * WEEK
        near = min(dates, key=lambda at: abs(at - target))
        if abs(near - target) <= WEEK / 2:
            kept.add(near)
    return _read(engine, [chosen[at] for at in sorted(kept)], {} if known is None else known)


def week_before(timeline: Sequence[Run], run: Run) -> Run | None:
    """Return the run about a week before ``run``; None where there is none in the timeline."""
    near = [
        other
        for other in timeline
        if other.as_of < run.as_of and abs(run.as_of - other.as_of - WEEK) <= WEEK / 2
    ]
    return near[-1] if near else None


def _last_issued(engine: sa.Engine) -> datetime | None:
    with engine.connect() as connection:
        return connection.execute(
            sa.select(sa.func.max(runs.c.as_of)).where(runs.c.kind == "issued")
        ).scalar()


def _one_per_date(engine: sa.Engine, until: datetime | None) -> dict[datetime, str]:
    """Return the run that stands for each ``as_of``."""
    issued = sa.case((runs.c.kind == "issued", 1), else_=0)
    query = sa.select(runs.c.as_of, runs.c.run_id).order_by(
        runs.c.as_of, issued, runs.c.created_at, runs.c.run_id
    )
    if until is not None:
        query = query.where(runs.c.as_of <= until)
    with engine.connect() as connection:
        return dict(connection.execute(query).all())


def _read(engine: sa.Engine, run_ids: Sequence[str], known: dict[str, Run]) -> tuple[Run, ...]:
    missing = [run_id for run_id in run_ids if run_id not in known]
    if not missing:
        return tuple(known[run_id] for run_id in run_ids)
    query = sa.select(
        runs.c.run_id,
        runs.c.kind,
        runs.c.as_of,
        runs.c.model_version,
        runs.c.settings_version,
        runs.c.feature_names,
        runs.c.baseline_points,
        runs.c.typical,
        runs.c.scorecard_version,
        runs.c.stale_feeds,
        runs.c.expected_loss,
    )
    with engine.connect() as connection:
        for row in connection.execute(query.where(runs.c.run_id.in_(missing))):
            known[row.run_id] = Run(
                row.run_id,
                row.kind,
                row.as_of,
                row.model_version,
                row.settings_version,
                tuple(row.feature_names),
                row.baseline_points,
                row.typical,
                row.scorecard_version,
                row.stale_feeds,
                row.expected_loss,
            )
    return tuple(known[run_id] for run_id in run_ids)
