"""What the model's input and output looked like when it was fitted: the drift profile."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.catalog import Feature
from training import columns
from training.profile import category_profile, number_profile
from training.wobble import category_wobble, dates_of, number_wobble

Floats = NDArray[np.float64]

SAMPLE_ROWS = 2_000
"""Rows kept as they are, for pictures; every figure of the verdict comes from all rows."""


def reference(
    matrix: Floats,
    features: Sequence[Feature],
    categories: Mapping[str, Sequence[str]],
    probability: Floats,
    contributions: Floats,
    *,
    as_of: NDArray[np.datetime64] | None = None,
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
    as_of : ndarray of shape (n_rows,), optional
        Date of each row. With three dates or more the profile says how far they lie apart
        (``wobble``, see `training.wobble`).
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
    dates = dates_of(as_of)
    profiles = {}
    for feature, values, weight in zip(features, columns.each(matrix), weights, strict=True):
        if feature.kind == "category":
            names = categories[feature.name]
            profile = category_profile(values, names)
            profile["wobble"] = category_wobble(values, names, dates)
        else:
            profile = number_profile(values)
            profile["wobble"] = number_wobble(values, dates)
        profiles[feature.name] = {
            "kind": feature.kind,
            "importance": float(weight),
        } | profile
    return {
        "rows": len(matrix),
        "features": profiles,
        "probability": _probability(probability, red_from, dates),
        "sample": _sample(matrix, features, categories, probability, seed),
    }


def _probability(
    probability: Floats, red_from: float | None, dates: Sequence[NDArray[np.bool_]]
) -> dict[str, Any]:
    profile = number_profile(probability) | {"red_from": red_from, "red_share": None}
    profile["wobble"] = number_wobble(probability, dates)
    if red_from is not None:
        red = (probability >= red_from).astype(np.float64)
        profile["red_share"] = float(red.mean())
        profile["wobble"]["red_share"] = number_wobble(red, dates)["mean"]
    return profile


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
    sampled: dict[str, list[Any]] = {}
    for column, feature in enumerate(features):
        values = matrix[chosen, column]
        if feature.kind == "category":
            names = categories[feature.name]
            sampled[feature.name] = [names[int(v)] if np.isfinite(v) else None for v in values]
        else:
            sampled[feature.name] = [float(f"{v:.6g}") if np.isfinite(v) else None for v in values]
    return {
        "rows": len(chosen),
        "probability": [float(f"{p:.6g}") for p in probability[chosen]],
        "columns": sampled,
    }
