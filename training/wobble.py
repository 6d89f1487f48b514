"""How far single dates of a reference lie from its other dates: what no drift looks like.

Weekdays, holidays and the day of the month move every feature a little, and some a lot. A later
date has drifted only where it lies further away than the reference's own dates lie from each other.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from training import distance
from training.profile import category_profile, number_profile

Floats = NDArray[np.float64]
Masks = Sequence[NDArray[np.bool_]]

ENOUGH_DATES = 3
"""Dates below which nothing can be said about the differences between dates."""
ENOUGH_VALUES = 100
"""Values below which a date's distance is mostly chance; the date is then left out."""


def dates_of(as_of: NDArray[np.datetime64] | None) -> list[NDArray[np.bool_]]:
    """Return the rows of each date as a mask; nothing with fewer than three dates, or none known.

    Parameters
    ----------
    as_of : ndarray of shape (n_rows,) or None
        NaT where there is no time.
    """
    if as_of is None or np.isnat(as_of).any():
        return []
    dates = np.unique(as_of)
    return [as_of == date for date in dates] if len(dates) >= ENOUGH_DATES else []


def number_wobble(values: Floats, dates: Masks) -> dict[str, float]:
    """Return the largest effect sizes of one date beside all others, 0 where nothing is known.

    Returns
    -------
    dict
        ``stability_index`` and ``wasserstein``; for a column without NaN also ``mean``, the largest
        difference of means.
    """
    found: dict[str, list[float]] = {"stability_index": [0.0], "wasserstein": [0.0], "mean": [0.0]}
    finite = np.isfinite(values)
    for date in dates:
        now, rest = values[date & finite], values[~date & finite]
        if len(now) < ENOUGH_VALUES or not len(rest):
            continue
        profile = number_profile(rest)
        found["stability_index"].append(distance.number_index(profile, now, len(rest)))
        found["wasserstein"].append(distance.normed_wasserstein(profile, now) or 0.0)
        found["mean"].append(abs(float(now.mean()) - profile["mean"]))
    return {name: max(sizes) for name, sizes in found.items()}


def category_wobble(codes: Floats, names: Sequence[str], dates: Masks) -> dict[str, float]:
    """Return the largest stability index of one date beside all others; see `number_wobble`."""
    found = [0.0]
    finite = np.isfinite(codes)
    for date in dates:
        now, rest = codes[date & finite], codes[~date & finite]
        if len(now) < ENOUGH_VALUES or not len(rest):
            continue
        values = [names[int(code)] for code in now]
        found.append(distance.category_index(category_profile(rest, names), values, len(rest)))
    return {"stability_index": max(found)}
