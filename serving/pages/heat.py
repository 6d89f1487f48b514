"""Where the expected loss sits: score × yearly revenue."""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from features.settings import Bands
from serving.pages.roster import Roster

ROWS = 4
SHADES = 6


@dataclass(frozen=True)
class Cell:
    """One cell: its half-open ranges, how many accounts, their expected loss, how dark it is.

    Where no probability is known, ``loss`` is their yearly revenue.
    """

    score: tuple[int, int]
    accounts: int
    loss: float
    shade: int


@dataclass(frozen=True)
class Heat:
    """The table, largest revenue first.

    Attributes
    ----------
    edges : tuple of float
        Revenues between the rows, descending.
    columns : tuple of (int, int, str)
        Half-open score ranges with the band they lie in.
    rows : tuple of tuple of Cell
    """

    edges: tuple[float, ...]
    columns: tuple[tuple[int, int, str], ...]
    rows: tuple[tuple[Cell, ...], ...]


def heat(roster: Roster, bands: Bands) -> Heat | None:
    """Return the table, None where no account has both a score and a revenue."""
    weight = roster.loss if roster.has_chance else roster.arr
    known = np.isfinite(weight) & np.isfinite(roster.score)
    if not known.any():
        return None
    columns = _columns(bands)
    edges = revenue_edges(roster.arr[known])
    bounds = [math.inf, *edges, -math.inf]
    score, arr, loss = roster.score[known], roster.arr[known], weight[known]
    raw = [
        [
            (start, end, (arr < above) & (arr >= below) & (score >= start) & (score < end))
            for start, end, _ in columns
        ]
        for above, below in pairwise(bounds)
    ]
    largest = max(float(loss[mask].sum()) for row in raw for _, _, mask in row)
    rows = tuple(
        tuple(
            _cell((start, end), mask, float(loss[mask].sum()), largest) for start, end, mask in row
        )
        for row in raw
    )
    return Heat(edges, columns, rows)


def revenue_edges(arr: NDArray[np.float64]) -> tuple[float, ...]:
    """Return round revenues, descending, that part the accounts as evenly as round ones can.

    >>> revenue_edges(np.array([4e5, 2e6, 5e6, 2e7]))
    (10000000.0, 3000000.0, 1000000.0)
    """
    positive = arr[arr > 0]
    if not len(positive):
        return (3.0, 2.0, 1.0)
    lowest = math.floor(math.log10(positive.min())) - 1
    highest = math.ceil(math.log10(positive.max())) + 1
    ladder = [m * 10.0**power for power in range(lowest, highest) for m in (1, 3)]

    def fullest_row(at: int) -> float:
        return float(np.bincount(np.digitize(positive, ladder[at : at + 3]), minlength=ROWS).max())

    best = min(range(len(ladder) - 2), key=fullest_row)
    return tuple(reversed(ladder[best : best + 3]))


def _columns(bands: Bands) -> tuple[tuple[int, int, str], ...]:
    """Return score ranges: red in three, yellow in two, green in one."""
    red, green = math.floor(bands.red) + 1, math.ceil(bands.green)
    middle = round((red + green) / 2)
    edges = [0, round(0.4 * red), round(0.7 * red), red, middle, green, 101]
    names = ("red", "red", "red", "yellow", "yellow", "green")
    pairs = zip(edges, edges[1:], names, strict=False)
    return tuple((start, end, name) for start, end, name in pairs if end > start)


def _cell(score: tuple[int, int], mask: NDArray[np.bool_], loss: float, largest: float) -> Cell:
    """Return a cell; shades are even steps of the root of the loss, so that small ones differ."""
    share = math.sqrt(loss / largest) if largest else 0.0
    return Cell(score, int(mask.sum()), loss, min(int(share * SHADES), SHADES - 1))
