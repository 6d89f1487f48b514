"""Distances between a reference profile and current values, and what chance alone explains."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from training.reference import LEVELS

Floats = NDArray[np.float64]

BIN_SHARE = 0.1
"""A bin of the stability index holds at least this share of the reference, except the last."""

HALF_A_PERCENTILE = 0.005
"""The grid's own coarseness, so that the tenths of it make ten bins."""

TOP_CATEGORIES = 20
"""Most frequent reference values compared one by one; all others together are one more."""


def ks_distance(profile: Mapping[str, Any], values: Floats) -> float:
    """Return the Kolmogorov-Smirnov distance on the reference's grid, 0 to 1.

    Both one-sided limits are taken at every grid value, so ties and atoms are compared exactly. It
    is a lower bound of the distance over all rows.

    Parameters
    ----------
    profile : mapping
        Profile of a number (``training.reference.number_profile``) with a grid.
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


def bin_shares(profile: Mapping[str, Any], values: Floats) -> tuple[Floats, Floats]:
    """Return reference and current shares in bins of the grid.

    Bins end at a grid value, inclusive; the first and the last are open, because ages and totals
    outgrow their range by themselves. A reference that never varied has three bins: below its
    value, at it, above it.
    """
    ordered = np.sort(values)
    if len(profile["grid"]) == 1:
        value = profile["grid"][0]
        at = np.searchsorted(ordered, [value], side="left")
        upto = np.searchsorted(ordered, [value], side="right")
        reached = np.concatenate([at, upto])
        known = np.array([0.0, 0.0, 1.0, 1.0])
    else:
        cuts = _cuts(profile["upto"])
        reached = np.searchsorted(ordered, np.asarray(profile["grid"])[cuts], side="right")
        known = np.concatenate([[0.0], np.asarray(profile["upto"])[cuts], [1.0]])
    current = np.concatenate([[0], reached, [len(ordered)]])
    return np.diff(known), np.diff(current) / len(ordered)


def _cuts(upto: Sequence[float]) -> list[int]:
    """Return the positions in the grid at which a bin ends, the open last bin excepted.

    Where no value leaves a tenth on either side, the bins are split at the value nearest to half.
    """
    cuts: list[int] = []
    last = 0.0
    for position, share in enumerate(upto[:-1]):
        if share - last >= BIN_SHARE - HALF_A_PERCENTILE:
            cuts.append(position)
            last = share
    if len(cuts) > 1 and 1.0 - last < BIN_SHARE / 2:
        cuts.pop()
    return cuts or [int(np.argmin(np.abs(np.asarray(upto[:-1]) - 0.5)))]


def category_counts(
    profile: Mapping[str, Any], reference_rows: int, values: Sequence[str]
) -> tuple[Floats, Floats]:
    """Return reference and current counts of the most frequent reference values and of the rest."""
    shares: Mapping[str, float] = profile["shares"]
    top = sorted(shares, key=lambda name: (-shares[name], name))[:TOP_CATEGORIES]
    seen = Counter(values)
    known = np.array([shares[name] for name in top])
    now = np.array([seen[name] for name in top], dtype=np.float64)
    return (
        np.append(known, max(0.0, 1.0 - known.sum())) * reference_rows,
        np.append(now, len(values) - now.sum()),
    )


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


def stability_index(
    reference: Floats, current: Floats, reference_rows: int, current_rows: int
) -> float:
    """Return the population stability index of two rows of shares: 0 is equal, 0.1 is a change.

    An empty bin counts as half a row, so that a share of zero stays finite and a single stray row
    weighs little.
    """
    known = np.maximum(reference, 0.5 / reference_rows)
    now = np.maximum(current, 0.5 / current_rows)
    both_empty = (reference == 0) & (current == 0)
    terms = np.where(both_empty, 0.0, (now - known) * np.log(now / known))
    return float(terms.sum())


def normed_wasserstein(profile: Mapping[str, Any], values: Floats) -> float | None:
    """Return the mean distance of the percentiles 1 to 99 in reference standard deviations.

    The outermost percent on either side is left out: with heavy tails it is noise. None where the
    reference does not vary.
    """
    deviation = profile["deviation"]
    if not deviation > 0:
        return None
    levels = LEVELS[1:-1]
    place = np.searchsorted(np.asarray(profile["upto"]), levels - 1e-9, side="left")
    known = np.asarray(profile["grid"])[place]
    now = np.quantile(values, levels, method="inverted_cdf")
    return float(np.abs(now - known).mean() / deviation)


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
