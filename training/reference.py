"""What the model's input and output looked like when it was fitted: the drift profile."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.catalog import Feature

Floats = NDArray[np.float64]

LEVELS = np.linspace(0.0, 1.0, 101)
"""Levels of the quantile grid: every percentile, with the smallest and the largest value."""

SAMPLE_ROWS = 2_000
"""Rows kept as they are, for pictures; every figure of the verdict comes from all rows."""


def reference(
    matrix: Floats,
    features: Sequence[Feature],
    categories: Mapping[str, Sequence[str]],
    probability: Floats,
    contributions: Floats,
    *,
    red_from: float | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Return the profile later snapshots and scores are compared with, as plain JSON values.

    Parameters
    ----------
    matrix : ndarray of shape (n_rows, n_features)
        Feature values as the model sees them: categories as codes, missing as NaN. Rows of a
        period *after* the training period are the fairest reference, because their scores are not
        flattered by the fit.
    features : sequence of Feature, length n_features
    categories : mapping of str to sequence of str
        Feature name → its values in order of their codes.
    probability : ndarray of shape (n_rows,)
        Calibrated probability of churn within the headline horizon.
    contributions : ndarray of shape (n_rows, n_features)
        Points of the health score; only their absolute size is used.
    red_from : float, optional
        Probability from which an account is in the red band. Without it the profile has no share
        of red accounts.
    seed : int, default 0
        Chooses the rows of the sample.

    Returns
    -------
    dict
        ``rows``; ``features`` (name → profile, see Notes); ``probability`` (the profile of a
        number, ``red_from`` and ``red_share``); ``sample`` (``rows``, ``probability`` and
        ``columns``).

    Raises
    ------
    ValueError
        Where the shapes do not belong together or there is no row.

    Notes
    -----
    The profile of a number holds a grid of at most 101 values (its percentiles, repeated values
    once) and at each of them the exact shares of rows ``below`` and ``upto`` it. Shares in bins
    between grid values are therefore exact, and the Kolmogorov-Smirnov distance on the grid is
    never larger than the one on all rows: the profile can miss a little, it cannot raise an alarm
    that the rows would not raise. Infinite values count as missing.
    """
    _check_shapes(matrix, features, probability, contributions)
    weights = _importance(contributions)
    profiles = {}
    for column, feature in enumerate(features):
        values = matrix[:, column]
        if feature.kind == "category":
            profile = category_profile(values, categories[feature.name])
        else:
            profile = number_profile(values)
        profiles[feature.name] = {
            "kind": feature.kind,
            "importance": float(weights[column]),
        } | profile
    return {
        "rows": len(matrix),
        "features": profiles,
        "probability": number_profile(probability)
        | {
            "red_from": red_from,
            "red_share": None if red_from is None else float((probability >= red_from).mean()),
        },
        "sample": _sample(matrix, features, categories, probability, seed),
    }


def number_profile(values: Floats) -> dict[str, Any]:
    """Return the profile of a number: grid, shares, centre, spread, missing share.

    ``size`` is the median of the absolute values that are not zero: the order of magnitude by which
    a change of unit is recognised. ``mode_share`` is the share of the most frequent value among
    the rows that have one.
    """
    known = np.sort(values[np.isfinite(values)])
    missing = 1.0 - len(known) / len(values) if len(values) else 1.0
    if not len(known):
        return {"missing": missing, "grid": [], "below": [], "upto": [], "frozen": False}
    grid = np.unique(np.quantile(known, LEVELS, method="inverted_cdf"))
    counts = np.unique(known, return_counts=True)[1]
    nonzero = np.abs(known[known != 0])
    return {
        "missing": missing,
        "grid": grid.tolist(),
        "below": (np.searchsorted(known, grid, side="left") / len(known)).tolist(),
        "upto": (np.searchsorted(known, grid, side="right") / len(known)).tolist(),
        "minimum": float(known[0]),
        "median": float(np.median(known)),
        "maximum": float(known[-1]),
        "mean": float(known.mean()),
        "deviation": float(known.std()),
        "size": float(np.median(nonzero)) if len(nonzero) else 0.0,
        "mode_share": float(counts.max() / len(known)),
        "frozen": len(counts) == 1,
    }


def category_profile(codes: Floats, names: Sequence[str]) -> dict[str, Any]:
    """Return the profile of a category: the share of each value among the rows that have one."""
    known = codes[np.isfinite(codes)].astype(np.int64)
    counts = np.bincount(known, minlength=len(names))
    total = max(int(counts.sum()), 1)
    return {
        "missing": 1.0 - len(known) / len(codes),
        "shares": {name: float(counts[code] / total) for code, name in enumerate(names)},
        "frozen": int((counts > 0).sum()) == 1,
    }


def _check_shapes(
    matrix: Floats, features: Sequence[Feature], probability: Floats, contributions: Floats
) -> None:
    if not len(matrix):
        raise ValueError("a reference needs at least one row, found none")
    wanted = (len(probability), len(features))
    if matrix.shape != wanted or contributions.shape != wanted:
        raise ValueError(
            f"expected matrix and contributions of shape {wanted}, "
            f"found {matrix.shape} and {contributions.shape}"
        )


def _importance(contributions: Floats) -> Floats:
    """Return each feature's share of the mean absolute points; all zero where there are none."""
    size = np.abs(contributions).mean(axis=0)
    total = size.sum()
    return size / total if total > 0 else np.zeros_like(size)


def _sample(
    matrix: Floats,
    features: Sequence[Feature],
    categories: Mapping[str, Sequence[str]],
    probability: Floats,
    seed: int,
) -> dict[str, Any]:
    """Return whole rows by column, numbers to six digits, categories as text, missing as None."""
    chosen = np.arange(len(matrix))
    if len(matrix) > SAMPLE_ROWS:
        rng = np.random.default_rng(seed)
        chosen = np.sort(rng.choice(len(matrix), SAMPLE_ROWS, replace=False))
    columns: dict[str, list[Any]] = {}
    for column, feature in enumerate(features):
        values = matrix[chosen, column]
        if feature.kind == "category":
            names = categories[feature.name]
            columns[feature.name] = [names[int(v)] if np.isfinite(v) else None for v in values]
        else:
            columns[feature.name] = [float(f"{v:.6g}") if np.isfinite(v) else None for v in values]
    return {
        "rows": len(chosen),
        "probability": [float(f"{p:.6g}") for p in probability[chosen]],
        "columns": columns,
    }
