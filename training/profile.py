"""The profile of one column: what is kept of its values, as plain JSON."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEVELS = np.linspace(0.0, 1.0, 101)
"""Levels of the quantile grid: every percentile, with the smallest and the largest value."""


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
    grid = np.unique(_percentiles(known))
    starts = np.flatnonzero(known[1:] != known[:-1]) + 1
    counts = np.diff(starts, prepend=0, append=len(known))
    nonzero = np.abs(known[known != 0])
    return {
        "missing": missing,
        "grid": grid.tolist(),
        "below": (np.searchsorted(known, grid, side="left") / len(known)).tolist(),
        "upto": (np.searchsorted(known, grid, side="right") / len(known)).tolist(),
        "minimum": float(known[0]),
        "median": float(known[(len(known) - 1) // 2 : len(known) // 2 + 1].mean()),
        "maximum": float(known[-1]),
        "mean": float(known.mean()),
        "deviation": float(known.std()),
        "size": float(np.median(nonzero)) if len(nonzero) else 0.0,
        "mode_share": float(counts.max() / len(known)),
        "frozen": len(counts) == 1,
    }


def _percentiles(known: Floats) -> Floats:
    """Return ``np.quantile(known, LEVELS, method="inverted_cdf")`` of values in rising order.

    NumPy would part them once more at every level.
    """
    places = np.ceil(len(known) * LEVELS - 1)
    return known[np.maximum(places, 0).astype(np.int64)]


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
