"""What chance alone explains of the difference between a reference and current values."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]


def ks_distance(profile: Mapping[str, Any], values: Floats) -> float:
    """Return the Kolmogorov-Smirnov distance on the reference's grid, 0 to 1.

    Both one-sided limits are taken at every grid value, so ties and atoms are compared exactly. It
    is a lower bound of the distance over all rows.

    Parameters
    ----------
    profile : mapping
        Profile of a number (``training.profile.number_profile``) with a grid.
    values : ndarray of shape (n,)
        Finite current values, n ≥ 1.
    """
    ordered = np.sort(values)
    grid = np.asarray(profile["grid"])
    upto = np.searchsorted(ordered, grid, side="right") / len(ordered)
    below = np.searchsorted(ordered, grid, side="left") / len(ordered)
    return float(
        max(
            np.abs(upto - np.asarray(profile["upto"])).max(),
            np.abs(below - np.asarray(profile["below"])).max(),
        )
    )


def ks_p_value(distance: float, reference_rows: int, current_rows: int) -> float:
    """Return the chance of such a distance between two samples of one distribution.

    Kolmogorov's limit with the correction of Stephens (1970) for finite samples; too large, never
    too small, where values repeat.
    """
    root = np.sqrt(reference_rows * current_rows / (reference_rows + current_rows))
    return float(special.kolmogorov((root + 0.12 + 0.11 / root) * distance))


def chi_square_p_value(reference: Floats, current: Floats) -> float:
    """Return the chance of such a difference between two rows of counts of one distribution.

    Values expected fewer than five times in either row are pooled, as the approximation asks.
    """
    total = reference + current
    smaller = min(reference.sum(), current.sum()) / total.sum()
    rare = total * smaller < 5
    counts = np.vstack([reference, current])
    pooled = np.column_stack([counts[:, ~rare], counts[:, rare].sum(axis=1)])
    pooled = pooled[:, pooled.sum(axis=0) > 0]
    if pooled.shape[1] < 2:
        return 1.0
    expected = np.outer(pooled.sum(axis=1), pooled.sum(axis=0)) / pooled.sum()
    statistic = ((pooled - expected) ** 2 / expected).sum()
    return float(special.chdtrc(pooled.shape[1] - 1, statistic))


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Return q values: the share of false discoveries accepted by flagging all that are as small.

    References
    ----------
    Benjamini and Hochberg (1995), Journal of the Royal Statistical Society B 57, 289-300.
    """
    count = len(p_values)
    order = np.argsort(p_values)
    raw = np.asarray(p_values, dtype=np.float64)[order] * count / np.arange(1, count + 1)
    smallest = np.minimum.accumulate(raw[::-1])[::-1]
    found = np.empty(count)
    found[order] = np.minimum(smallest, 1.0)
    return [float(q) for q in found]


def share_change_p_value(
    reference_share: float, reference_rows: int, share: float, rows: int
) -> float:
    """Return the two-sided chance of two shares differing so much (normal approximation)."""
    pooled = (reference_share * reference_rows + share * rows) / (reference_rows + rows)
    variance = pooled * (1 - pooled) * (1 / reference_rows + 1 / rows)
    if variance <= 0:
        return 1.0
    return float(2 * special.ndtr(-abs(share - reference_share) / np.sqrt(variance)))
