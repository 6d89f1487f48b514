"""What drives churn overall: how much each signal moves the scores of one run, and which way."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from serving.pages.timeline import Run
from serving.store.schema import scores
from serving.store.scores import numbers

MOST = 20_000
"""Scores that are looked through; of more, those with the smallest ids, which are hashes."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Driver:
    """One signal over all scores looked at.

    Attributes
    ----------
    mean : float
        Mean absolute points.
    lowers, raises : int
        Scores that it lowers, or raises, by half a point or more.
    first : int
        Scores of red or yellow companies whose main reason it is.
    """

    name: str
    mean: float
    lowers: int
    raises: int
    first: int


@dataclass(frozen=True)
class Drivers:
    """All signals of one run, the weightiest first; ``groups`` has the mean absolute points.

    ``looked_at`` scores of ``scored``, ``unhealthy`` of them with a main reason.
    """

    run: Run
    rows: tuple[Driver, ...]
    groups: Mapping[str, float]
    looked_at: int
    scored: int
    unhealthy: int


def read(engine: sa.Engine, run: Run, group_of: Mapping[str, str]) -> Drivers:
    """Look through the reasons of ``run`` one by one; memory does not grow with their number.

    Parameters
    ----------
    group_of : mapping of str to str
        Feature → group. A group weighs what its signals weigh together, so signals that share
        credit count once.
    """
    here = (scores.c.run_id == run.run_id, scores.c.points.is_not(None))
    query = sa.select(scores.c.points, scores.c.band, scores.c.top_reasons).where(*here)
    with engine.connect() as connection:
        scored = connection.execute(
            sa.select(sa.func.count()).select_from(scores).where(*here)
        ).scalar_one()
        if scored > MOST:
            query = query.order_by(scores.c.score_id).limit(MOST)
        rows = connection.execution_options(yield_per=1_000).execute(query)
        return _summed(run, group_of, rows, scored)


def _summed(
    run: Run, group_of: Mapping[str, str], rows: sa.Result[Any, Any, Any],
    scored: int,
) -> Drivers:  # fmt: skip
    places: dict[str, list[int]] = defaultdict(list)
    for place, name in enumerate(run.feature_names):
        places[group_of.get(name, "profile")].append(place)
    size = np.zeros(len(run.feature_names))
    lowers, raises = np.zeros_like(size, np.int64), np.zeros_like(size, np.int64)
    groups: dict[str, float] = dict.fromkeys(places, 0.0)
    first: Counter[str] = Counter()
    looked_at = 0
    for batch in rows.partitions():
        points: Floats = np.stack([numbers(blob) for blob, _, _ in batch])
        size += np.abs(points).sum(axis=0)
        lowers += (points <= -0.5).sum(axis=0)
        raises += (points >= 0.5).sum(axis=0)
        for group, columns in places.items():
            groups[group] += float(np.abs(points[:, columns].sum(axis=1)).sum())
        first.update(why[0] for _, band, why in batch if why and band in ("red", "yellow"))
        looked_at += len(batch)
    whole = max(looked_at, 1)
    found = [
        Driver(name, float(size[at]) / whole, int(lowers[at]), int(raises[at]), first[name])
        for at, name in enumerate(run.feature_names)
    ]
    found.sort(key=lambda one: (-one.mean, one.name))
    means = {group: total / whole for group, total in groups.items()}
    return Drivers(run, tuple(found), means, looked_at, scored, first.total())


def heaviest(groups: Mapping[str, float]) -> Sequence[tuple[str, float]]:
    """Return the groups that weigh anything, the weightiest first."""
    some = [(group, mean) for group, mean in groups.items() if mean > 0]
    return sorted(some, key=lambda pair: -pair[1])
