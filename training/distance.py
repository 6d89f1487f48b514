"""How far current values are from a profile: effect sizes, free of the number of rows."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.profile import LEVELS

Floats = NDArray[np.float64]

BIN_SHARE = 0.1
"""A bin of the stability index holds at least this share of the reference, except the last."""

HALF_A_PERCENTILE = 0.005
"""The grid's own coarseness, so that the tenths of it make ten bins."""

TOP_CATEGORIES = 20
"""Most frequent reference values compared one by one; all others together are one more."""


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


def number_index(profile: Mapping[str, Any], values: Floats, reference_rows: int) -> float:
    """Return the stability index of finite ``values`` beside the profile of a number."""
    before, now = bin_shares(profile, values)
    return stability_index(before, now, reference_rows, len(values))


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


def category_index(profile: Mapping[str, Any], values: Sequence[str], reference_rows: int) -> float:
    """Return the stability index of ``values`` beside the profile of a category."""
    before, now = category_counts(profile, reference_rows, values)
    return stability_index(before / before.sum(), now / now.sum(), reference_rows, len(values))


def stability_index(
    reference: Floats, current: Floats, reference_rows: int, current_rows: int
) -> float:
    """Return the population stability index of two rows of shares: 0 is equal, 0.1 is a change.

    Half a row is added to every bin, so that a share of zero stays finite and a few stray rows
    weigh little; what chance adds on average, ``(bins − 1) (1/n + 1/m)``, is taken off.
    """
    bins = len(reference)
    known = (reference * reference_rows + 0.5) / (reference_rows + 0.5 * bins)
    now = (current * current_rows + 0.5) / (current_rows + 0.5 * bins)
    index = float(((now - known) * np.log(now / known)).sum())
    return max(0.0, index - (bins - 1) * (1 / reference_rows + 1 / current_rows))


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
