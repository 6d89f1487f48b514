"""Figures of probabilities under many weights of the same rows, which are sorted only once.

An interval asks for every figure of two hundred resamples. Their order by probability is that of
the rows themselves, and sorting each anew was most of what the intervals took.
"""

from collections.abc import Collection
from functools import cached_property

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

EPSILON = 1e-12
GROUPS = 12
"""Equal-count groups of the calibration error."""

FIGURES = (
    "auc",
    "log_loss",
    "brier",
    "average_precision",
    "ece",
    "recall_worst_tenth",
    "lift_worst_tenth",
    "log_loss_gain",
)


class Ordered:
    """Outcomes and probabilities by rising probability.

    Parameters
    ----------
    churned, p : ndarray of shape (n,)
        Of one row at least.
    """

    def __init__(self, churned: Floats, p: Floats) -> None:
        self._rows = churned, p
        self._order: Ints = np.argsort(p, kind="stable")
        self._churned, self._p = churned[self._order], p[self._order]
        self._starts: Ints = np.flatnonzero(np.diff(self._p, prepend=np.nan) != 0)

    def figures(self, weight: Floats, names: Collection[str] = FIGURES) -> dict[str, float]:
        """Return the figures ``names`` where each row counts ``weight`` (n,), in the rows' order.

        NaN where a figure does not exist: nobody left, or nobody stayed.
        """
        known = {
            "auc": self._auc,
            "log_loss": self._log_loss,
            "brier": self._brier,
            "average_precision": self._average_precision,
            "ece": self._ece,
            "log_loss_gain": self._log_loss_gain,
        }
        rising = weight[self._order]
        found = {name: known[name](rising) for name in names if name in known}
        if len(found) < len(names):
            worst = self._recall_worst_tenth(weight)
            found |= {"recall_worst_tenth": worst, "lift_worst_tenth": 10 * worst}
        return {name: found[name] for name in names}

    def figure(self, weight: Floats, name: str) -> float:
        """Return one of `figures`."""
        return self.figures(weight, [name])[name]

    @cached_property
    def _falling(self) -> tuple[Ints, Floats]:
        """The order from the riskiest down, ties in the rows' order, and the outcomes so."""
        churned, p = self._rows
        order = np.argsort(-p, kind="stable")
        return order, churned[order]

    @cached_property
    def _losses(self) -> Floats:
        return losses(self._churned, self._p)

    @cached_property
    def _group_starts(self) -> Ints:
        group = np.arange(len(self._p)) * GROUPS // len(self._p)
        return np.flatnonzero(np.diff(group, prepend=-1))

    def _tied(self, values: Floats) -> Floats:
        """Return the sum over each run of equal probabilities."""
        return np.asarray(np.add.reduceat(values, self._starts), dtype=np.float64)

    def _auc(self, weight: Floats) -> float:
        left = self._tied(weight * self._churned)
        stayed = self._tied(weight * (1 - self._churned))
        below = np.cumsum(stayed) - stayed
        pairs = left.sum() * stayed.sum()
        return float((left * (below + stayed / 2)).sum() / pairs) if pairs else float("nan")

    def _log_loss(self, weight: Floats) -> float:
        return float((weight * self._losses).sum() / weight.sum())

    def _brier(self, weight: Floats) -> float:
        return float((weight * (self._p - self._churned) ** 2).sum() / weight.sum())

    def _average_precision(self, weight: Floats) -> float:
        left = self._tied(weight * self._churned)[::-1]
        seen, found = np.cumsum(self._tied(weight)[::-1]), np.cumsum(left)
        if not found[-1]:
            return float("nan")
        precision = np.divide(found, seen, out=np.zeros_like(found), where=seen > 0)
        return float((left * precision).sum() / found[-1])

    def _ece(self, weight: Floats) -> float:
        off = np.add.reduceat(weight * (self._p - self._churned), self._group_starts)
        return float(np.abs(off).sum() / weight.sum())

    def _recall_worst_tenth(self, weight: Floats) -> float:
        order, churned = self._falling
        falling = weight[order]
        before = np.cumsum(falling) - falling
        room = np.clip(0.1 * falling.sum() - before, 0.0, falling)
        left = (falling * churned).sum()
        return float((room * churned).sum() / left) if left else float("nan")

    def _log_loss_gain(self, weight: Floats) -> float:
        share = (weight * self._churned).sum() / weight.sum()
        constant = share * losses(1.0, share) + (1 - share) * losses(0.0, share)
        return float(constant) - self._log_loss(weight)


def losses(churned: Floats | float, p: Floats | float) -> Floats:
    """Return each row's negative log-likelihood in nats, (n,)."""
    safe = np.clip(p, EPSILON, 1 - EPSILON)
    return np.asarray(-(churned * np.log(safe) + (1 - churned) * np.log1p(-safe)), dtype=np.float64)
