"""What a model has to be better than: a constant, a logistic regression, the best single indicator.

Imports scikit-learn, so only training imports this module.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from training import columns, metrics
from training.frames import Frame

Floats = npt.NDArray[np.float64]
Json = dict[str, Any]

CATEGORIES_KEPT = 30


def baselines(development: Frame, test: Frame) -> list[Json]:
    """Return name, AUC, log loss and detail of each baseline, fitted on the same rows.

    The constant says the test's own base rate, which nobody could have known: the hardest one.
    """
    single, probability = best_single(development, test)
    return _figures(test, logistic(development, test.matrix), single, probability)


def cross_validated(rows: Frame, folds: npt.NDArray[np.int64]) -> list[Json]:
    """Return the same for a table without time, every row judged by a fit without its fold."""
    linear, alone = np.empty(len(rows)), np.empty(len(rows))
    chosen: list[str] = []
    for fold in range(folds.max() + 1):
        inside, outside = rows.where(folds != fold), rows.where(folds == fold)
        linear[folds == fold] = logistic(inside, outside.matrix)
        single, alone[folds == fold] = best_single(inside, outside)
        chosen.append(single)
    return _figures(rows, linear, max(set(chosen), key=chosen.count), alone)


def _figures(test: Frame, linear: Floats, single: str, alone: Floats) -> list[Json]:
    even = np.ones(len(test))
    answers = [
        ("constant", np.full(len(test), test.churned.mean()), ""),
        ("logistic regression", linear, ""),
        ("best single indicator", alone, single),
    ]
    return [
        {
            "name": name,
            "auc": metrics.number(metrics.auc(test.churned, p, even)),
            "log_loss": metrics.number(metrics.log_loss(test.churned, p, even)),
            "detail": detail,
        }
        for name, p, detail in answers
    ]


def logistic(development: Frame, matrix: Floats) -> Floats:
    """Return P(churn) of ``matrix`` by logistic regression (C = 0.1), fitted on development rows.

    Numbers: median where missing, a column that says so, ranks cut at the outer percent, scaled.
    Categories: one column each for the most frequent values.
    """
    from sklearn.linear_model import LogisticRegression

    learned = _Design(development)
    fitted = LogisticRegression(C=0.1, max_iter=500)
    fitted.fit(learned(development.matrix), development.churned)
    return np.asarray(fitted.predict_proba(learned(matrix))[:, 1], dtype=np.float64)


def best_single(development: Frame, test: Frame) -> tuple[str, Floats]:
    """Return the number whose order alone tells most about leaving, and P(churn) from it alone."""
    strength = single_aucs(development)
    numbers = [name for name, value in strength.items() if not np.isnan(value)]
    if not numbers:
        return "", np.full(len(test), development.churned.mean())
    best = max(numbers, key=lambda name: abs(strength[name] - 0.5))
    position = [feature.name for feature in development.features].index(best)
    only = _only(development, position)
    return best, logistic(only, test.matrix[:, [position]])


def single_aucs(rows: Frame) -> dict[str, float]:
    """Return the AUC of every number feature alone, missing at the median; NaN where constant."""
    left = rows.churned > 0
    found: dict[str, float] = {}
    for feature, column in zip(rows.features, columns.each(rows.matrix), strict=True):
        if feature.kind == "category" or np.isnan(column).all():
            continue
        values = columns.filled(column)
        varies = values.min() < values.max()
        found[feature.name] = columns.auc(left, values) if varies else float("nan")
    return found


def _only(rows: Frame, position: int) -> Frame:
    return replace(
        rows, matrix=rows.matrix[:, [position]], features=(rows.features[position],), categories={}
    )


class _Design:
    """Turns a matrix into numbers a linear model can read, learned from development rows."""

    def __init__(self, rows: Frame) -> None:
        kinds = [feature.kind for feature in rows.features]
        missing = [bool(np.isnan(column).all()) for column in columns.each(rows.matrix)]
        self._numbers = [i for i, kind in enumerate(kinds) if kind == "number" and not missing[i]]
        self._scales = [_Scale.of(c) for c in columns.each(rows.matrix, self._numbers)]
        self._values = {
            i: _frequent(rows.matrix[:, i]) for i, kind in enumerate(kinds) if kind != "number"
        }

    def __call__(self, matrix: Floats) -> Floats:
        scaled, absent = np.empty((2, len(self._numbers), len(matrix)))
        for place, column in enumerate(columns.each(matrix, self._numbers)):
            scaled[place] = self._scales[place](column)
            absent[place] = np.isnan(column)
        coded = [matrix[:, [i]] == values for i, values in self._values.items()]
        return np.hstack([scaled.T, absent.T, *(c.astype(np.float64) for c in coded)])


@dataclass(frozen=True)
class _Scale:
    """How the numbers of one column are read: the middle where missing, cut, centred, scaled."""

    low: float
    middle: float
    high: float
    mean: float
    spread: float

    @classmethod
    def of(cls, column: Floats) -> "_Scale":
        low, middle, high = map(float, np.nanquantile(column, [0.01, 0.5, 0.99]))
        plain = cls(low, middle, high, 0.0, 1.0)
        held = plain.held(column)
        return replace(plain, mean=float(held.mean()), spread=float(held.std()) or 1.0)

    def held(self, column: Floats) -> Floats:
        """Return a column (n,) filled and cut at the outer percent."""
        return np.clip(np.where(np.isnan(column), self.middle, column), self.low, self.high)

    def __call__(self, column: Floats) -> Floats:
        held = self.held(column)
        held -= self.mean
        held /= self.spread
        return held


def _frequent(column: Floats) -> Floats:
    values, counts = np.unique(column[~np.isnan(column)], return_counts=True)
    return np.asarray(values[np.argsort(-counts, kind="stable")[:CATEGORIES_KEPT]])
