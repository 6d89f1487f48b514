"""What the portfolio page shows, computed from the latest run and the weeks before it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from serving.pages.changes import Change, State, main_cause
from serving.pages.roster import BANDS, Moves, Roster
from serving.pages.signals import by_name
from serving.pages.timeline import Run
from serving.store.schema import scores

MOVERS = 5
PLANS = 6
SPARK_WEEKS = 12


@dataclass(frozen=True)
class Tile:
    """One band: how many, their yearly revenue, its share, and the change in number."""

    band: str
    accounts: int
    arr: float
    share: float
    change: int | None


@dataclass(frozen=True)
class Totals:
    """Sums over a list of accounts."""

    accounts: int
    arr: float
    loss: float
    leaving: float
    """Expected number that leave, the sum of the probabilities."""


@dataclass(frozen=True)
class Mover:
    """An account whose expected loss (or score) changed most, and what moved its score."""

    place: int
    before: float
    cause: Change | None


@dataclass(frozen=True)
class PlanMix:
    """One plan's yearly revenue (or number of accounts without revenues) by band."""

    plan: str | None
    parts: tuple[tuple[str, float], ...]
    total: float


def totals(roster: Roster, places: NDArray[np.intp] | None = None) -> Totals:
    """Return the sums over ``places``, or over all accounts."""
    at = np.arange(len(roster)) if places is None else places
    return Totals(
        len(at),
        float(np.nansum(roster.arr[at])),
        _sum(roster.loss[at]),
        float(np.nansum(roster.probability[at])),
    )


def _sum(values: NDArray[np.float64]) -> float:
    """Return the sum of what is known, NaN where there is something and none of it is known."""
    return math.nan if len(values) and np.isnan(values).all() else float(np.nansum(values))


def tiles(roster: Roster, before: Roster | None) -> tuple[Tile, ...]:
    """Return red, yellow and green; the week before is counted with those that left since."""
    arr_of_all = float(np.nansum(roster.arr))
    made = []
    for code, band in enumerate(BANDS[:3]):
        mine = roster.band == code
        arr = float(np.nansum(roster.arr[mine]))
        share = arr / arr_of_all if arr_of_all else float(mine.mean()) if len(roster) else 0.0
        change = int(mine.sum()) - int((before.band == code).sum()) if before else None
        made.append(Tile(band, int(mine.sum()), arr, share, change))
    return tuple(made)


def flow(roster: Roster, moves: Moves) -> list[list[int]]:
    """Return how many went from each band (row) to each band (column), red, yellow, green."""
    return [
        [int(((moves.band == start) & (roster.band == end)).sum()) for end in range(3)]
        for start in range(3)
    ]


def band_counts(
    engine: sa.Engine, timeline: Sequence[Run], known: dict[str, dict[str, int]]
) -> list[dict[str, int]]:
    """Return the accounts in each band at each run; ``known`` keeps what was counted before."""
    missing = [run.run_id for run in timeline if run.run_id not in known]
    if missing:
        query = (
            sa.select(scores.c.run_id, scores.c.band, sa.func.count())
            .where(scores.c.run_id.in_(missing))
            .group_by(scores.c.run_id, scores.c.band)
        )
        counted: dict[str, dict[str, int]] = {run_id: {} for run_id in missing}
        with engine.connect() as connection:
            for run_id, band, number in connection.execute(query):
                counted[run_id][band] = number
        known |= counted
    return [known[run.run_id] for run in timeline]


def movers(
    engine: sa.Engine, roster: Roster, moves: Moves
) -> tuple[tuple[Mover, ...], tuple[Mover, ...]]:
    """Return the falls and the recoveries that changed the expected loss most."""
    if moves.run is None:
        return (), ()
    in_money = roster.has_loss and bool(np.isfinite(moves.loss).any())
    risen = roster.loss - moves.loss if in_money else -moves.change
    risen = np.nan_to_num(risen, nan=0.0)
    fell = np.flatnonzero((moves.change <= -1) & (risen > 0))
    rose = np.flatnonzero((moves.change >= 1) & (risen < 0))
    worst = fell[np.argsort(-risen[fell], kind="stable")][:MOVERS]
    best = rose[np.argsort(risen[rose], kind="stable")][:MOVERS]
    accounts = [roster.account_id[at] for at in (*worst, *best)]
    now, before = _states(engine, roster.run, accounts), _states(engine, moves.run, accounts)

    def mover(at: int) -> Mover:
        name = roster.account_id[at]
        cause = main_cause(now[name], before[name]) if name in now and name in before else None
        return Mover(at, float(moves.score[at]), cause)

    return tuple(mover(int(at)) for at in worst), tuple(mover(int(at)) for at in best)


def plan_mix(roster: Roster) -> tuple[PlanMix, ...]:
    """Return the largest plans, by yearly revenue or, without any, by accounts."""
    weight = np.nan_to_num(roster.arr) if roster.has_money else np.ones(len(roster))
    plans = np.array([plan or "" for plan in roster.text["plan"]], dtype=object)
    mixes = []
    for plan in sorted(set(plans)):
        mine = plans == plan
        parts = tuple(
            (band, float(weight[mine & (roster.band == code)].sum()))
            for code, band in enumerate(BANDS[:3])
        )
        mixes.append(PlanMix(plan or None, parts, sum(amount for _, amount in parts)))
    largest = sorted((mix for mix in mixes if mix.total > 0), key=lambda mix: -mix.total)
    return tuple(largest[:PLANS])


def rows(engine: sa.Engine, run: Run, accounts: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """Return the stored scores of ``accounts`` in ``run``, by account."""
    query = sa.select(scores).where(
        scores.c.run_id == run.run_id, scores.c.account_id.in_(accounts)
    )
    with engine.connect() as connection:
        return {row["account_id"]: dict(row) for row in connection.execute(query).mappings()}


def sparks(
    engine: sa.Engine, timeline: Sequence[Run], accounts: Sequence[str]
) -> dict[str, list[float | None]]:
    """Return the last twelve weekly scores of ``accounts``, oldest first, None where unscored."""
    weeks = {run.run_id: at for at, run in enumerate(timeline[-SPARK_WEEKS:])}
    query = sa.select(scores.c.account_id, scores.c.run_id, scores.c.health_score_exact).where(
        scores.c.run_id.in_(list(weeks)), scores.c.account_id.in_(accounts)
    )
    lines: dict[str, list[float | None]] = {name: [None] * len(weeks) for name in accounts}
    with engine.connect() as connection:
        for account_id, run_id, score in connection.execute(query):
            lines[account_id][weeks[run_id]] = score
    return lines


def _states(engine: sa.Engine, run: Run, accounts: Sequence[str]) -> dict[str, State]:
    states = {}
    for name, row in rows(engine, run, accounts).items():
        if row["health_score_exact"] is not None and row["points"]:
            states[name] = State(
                run.model_version,
                run.settings_version,
                run.baseline_points,
                by_name(run, row["points"]),
                by_name(run, row["values"]),
                row["health_score_exact"],
                round(row["health_score_exact"] * 10),
            )
    return states
