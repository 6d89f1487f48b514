"""Accounts unlike any that a model was fitted on: beyond every range, or an impossible mixture.

Two distances of a row, each calibrated on accounts that had no part in them:

* **reach**: how far its most extreme value lies outside the range seen, in spreads of that feature;
* **mixture**: Mahalanobis' distance of all values together, with the correlations drawn towards
  none. Each value may be ordinary and their mixture unheard of: much use in the last week and none
  in the last month.

Numbers are compared on a logarithmic scale, so that growth by the same factor is the same step.
A missing value is as ordinary as the middle: missing values are reasons of their own. Only features
that the trees read count; those that move by themselves as time passes are left out.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from features.catalog import Feature
from training.frames import Frame
from training.remembered import Remembered

Floats = npt.NDArray[np.float64]
Json = dict[str, Any]

FURTHEST = 5.0
"""Spreads at which a value counts in a mixture at most, so that one cannot be all of it."""
DRAWN = 0.1
"""Share by which correlations are drawn towards none."""
LAST_BIT = 1e-9
"""A distance equals its limit when no further off, whatever the order of the sums."""


@dataclass(frozen=True)
class Novelty:
    """What has been seen.

    Attributes
    ----------
    names : tuple of str
        Features compared, k of them.
    centre, spread, low, high : ndarray of shape (k,)
        Median, spread and range on the logarithmic scale.
    weights : ndarray of shape (k, k)
        Inverse of the correlations.
    reach, mixture : float or None
        Distances up to which an account is ordinary; None where too few rows tell.
    share : float
        Share of ordinary accounts that lies beyond at most.
    """

    names: tuple[str, ...]
    centre: Floats
    spread: Floats
    low: Floats
    high: Floats
    weights: Floats
    reach: float | None
    mixture: float | None
    share: float

    def unlike(self, features: Sequence[Feature], matrix: Floats) -> npt.NDArray[np.bool_]:
        """Return whether each encoded row (n, f) is unlike any seen."""
        found = np.zeros(len(matrix), dtype=bool)
        if not self.names or (self.reach is None and self.mixture is None):
            return found
        reach, mixture = self.distances(matrix.take(self._places.of(features), axis=1))
        if self.reach is not None:
            found |= reach > self.reach + LAST_BIT
        if self.mixture is not None:
            found |= mixture > self.mixture + LAST_BIT
        return found

    def is_unlike(self, features: Sequence[Feature], row: Floats) -> bool:
        """Return what `unlike` does of one row (f,), in a third of the time."""
        if not self.names or (self.reach is None and self.mixture is None):
            return False
        values = row.take(self._places.of(features))
        steps = np.abs(values)
        np.log1p(steps, out=steps)
        np.copysign(steps, values, out=steps)
        steps -= self.centre
        steps /= self.spread
        steps[np.isnan(steps)] = 0.0
        if self.reach is not None:
            furthest = np.maximum(steps - self.high, self.low - steps).max()
            if furthest > self.reach + LAST_BIT:
                return True
        if self.mixture is None:
            return False
        np.minimum(np.maximum(steps, -FURTHEST, out=steps), FURTHEST, out=steps)
        squares = float(steps.dot(self.weights).dot(steps))
        return math.sqrt(max(squares, 0.0)) > self.mixture + LAST_BIT

    @cached_property
    def _places(self) -> Remembered[npt.NDArray[np.int64]]:
        def found(features: Sequence[Feature]) -> npt.NDArray[np.int64]:
            place = {feature.name: i for i, feature in enumerate(features)}
            return np.array([place[name] for name in self.names], dtype=np.int64)

        return Remembered(found)

    def distances(self, values: Floats) -> tuple[Floats, Floats]:
        """Return reach (n,) and mixture (n,) of the values (n, k) of `names`."""
        steps = (_logarithmic(values) - self.centre) / self.spread
        steps = np.where(np.isnan(steps), 0.0, steps)
        beyond = np.maximum(steps - self.high, self.low - steps)
        held = np.minimum(np.maximum(steps, -FURTHEST), FURTHEST)
        squares = ((held @ self.weights) * held).sum(axis=1)
        return beyond.max(axis=1), np.sqrt(np.maximum(squares, 0.0))

    def json(self) -> Json:
        """Return it as JSON values."""
        arrays = ("centre", "spread", "low", "high", "weights")
        return {
            "names": list(self.names),
            **{name: getattr(self, name).tolist() for name in arrays},
            "reach": self.reach,
            "mixture": self.mixture,
            "share": self.share,
        }


def read(given: Json) -> Novelty:
    """Return what `Novelty.json` wrote."""
    k = len(given["names"])
    return Novelty(
        names=tuple(given["names"]),
        **{name: np.array(given[name], dtype=np.float64) for name in ("centre", "spread")},
        **{name: np.array(given[name], dtype=np.float64) for name in ("low", "high")},
        weights=np.array(given["weights"], dtype=np.float64).reshape(k, k),
        reach=given["reach"],
        mixture=given["mixture"],
        share=given["share"],
    )


def learn(rows: Frame, read_by_trees: Sequence[str], share: float, seed: int) -> Novelty:
    """Return what the rows of half of the accounts show, with limits set by the other half.

    Parameters
    ----------
    read_by_trees : sequence of str
        Features that the model splits on.
    share : float
        Share of the other half's rows that may lie beyond, half of it for each distance.
    """
    chosen = [
        i
        for i, feature in enumerate(rows.features)
        if feature.kind == "number" and not feature.calendar and feature.name in read_by_trees
    ]
    accounts, place = np.unique(rows.inseparable.astype(str), return_inverse=True)
    first = np.random.default_rng(seed).permutation(len(accounts))[place] < (len(accounts) + 1) // 2
    values = _logarithmic(rows.matrix[first][:, chosen])
    varies = [k for k in range(len(chosen)) if _spread(values[:, k]) > 0]
    chosen, values = [chosen[k] for k in varies], values[:, varies]
    seen = _seen(tuple(rows.features[i].name for i in chosen), values, share)
    if not chosen or share <= 0:
        return seen
    reach, mixture = seen.distances(rows.matrix[~first][:, chosen])
    return replace(seen, reach=_limit(reach, share / 2), mixture=_limit(mixture, share / 2))


def _seen(names: tuple[str, ...], values: Floats, share: float) -> Novelty:
    """Return what rows of logarithms (n, k) show, without limits."""
    if not names:
        none = np.zeros(0)
        return Novelty((), none, none, none, none, np.zeros((0, 0)), None, None, share)
    centre = np.nanmedian(values, axis=0)
    spread = np.array([_spread(values[:, k]) for k in range(len(names))])
    steps = (values - centre) / spread
    low, high = np.nanmin(steps, axis=0), np.nanmax(steps, axis=0)
    held = np.clip(np.where(np.isnan(steps), 0.0, steps), -FURTHEST, FURTHEST)
    products = held.T @ held / max(len(held), 1)
    size = np.sqrt(np.maximum(np.diag(products), 1e-12))
    drawn = (1 - DRAWN) * products / np.outer(size, size) + DRAWN * np.eye(len(names))
    weights = np.linalg.inv(drawn) / np.outer(size, size)
    return Novelty(names, centre, spread, low, high, weights, None, None, share)


def _logarithmic(values: Floats) -> Floats:
    return np.sign(values) * np.log1p(np.abs(values))


def _spread(column: Floats) -> float:
    return float(np.nanstd(column)) if np.isfinite(column).any() else 0.0


def _limit(distances: Floats, share: float) -> float | None:
    """Return the distance that at most ``share`` of such rows exceed; None with too few of them.

    The conformal quantile: of n exchangeable rows the ⌈(n + 1)(1 − share)⌉-th smallest.
    """
    rank = int(np.ceil((len(distances) + 1) * (1 - share)))
    return float(np.sort(distances)[rank - 1]) if 0 < rank <= len(distances) else None
