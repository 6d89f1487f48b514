"""The columns of a matrix, one by one, and how well each alone tells who left.

A training looks at every column of all rows several times. A column of a matrix in C order lies
scattered over all of its memory, so eight, which lie in the same cache lines, are gathered at once;
and sorting values alone takes a tenth of sorting their places.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]

GATHERED = 8
"""Columns gathered at once: 64 bytes of a row, a cache line."""


def each(matrix: Floats, chosen: Sequence[int] | None = None) -> Iterator[Floats]:
    """Yield the columns (n,) of a matrix (n, f), contiguous in memory.

    Parameters
    ----------
    chosen : sequence of int, optional
        Which, in the order wanted; all by default.
    """
    count = matrix.shape[1] if chosen is None else len(chosen)
    for start in range(0, count, GATHERED):
        here = slice(start, start + GATHERED)
        yield from np.ascontiguousarray(matrix[:, here if chosen is None else chosen[here]].T)


def filled(column: Floats) -> Floats:
    """Return a column (n,) with its median where a value is missing; not all may be missing."""
    missing = np.isnan(column)
    return np.where(missing, np.nanmedian(column), column) if missing.any() else column


def auc(left: Truths, values: Floats) -> float:
    """Return P(a leaver's value is above a stayer's), ties counting half; NaN without either.

    To the last bit what `metrics.auc` returns where every row counts once: counts and their halves
    are exact.

    Parameters
    ----------
    left : ndarray of shape (n,)
    values : ndarray of shape (n,)
        Finite.

    Examples
    --------
    >>> auc(np.array([True, True, False, False]), np.array([3.0, 2.0, 2.0, 1.0]))
    0.875
    """
    leavers, stayers = np.sort(values[left]), np.sort(values[~left])
    pairs = len(leavers) * len(stayers)
    if not pairs:
        return float("nan")
    below = np.searchsorted(stayers, leavers, side="left").sum()
    upto = np.searchsorted(stayers, leavers, side="right").sum()
    return float((int(below) + int(upto)) / 2 / pairs)
