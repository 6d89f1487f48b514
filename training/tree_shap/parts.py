"""Rows for compiled code, parted among threads of the call's own, which end with it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

ROWS_WORTH_A_THREAD: Final = 256


def rows_of(matrix: Floats, columns: int) -> Floats:
    """Return the rows (n, columns) as compiled code reads them, one after the other.

    Raises
    ------
    ValueError
        Where they have another number of columns.
    """
    if matrix.shape[1:] != (columns,):
        raise ValueError(f"expected rows of {columns} columns, found {matrix.shape}")
    return np.ascontiguousarray(matrix, dtype=np.float64)


def in_parts(rows: int, threads: int, part: Callable[[slice], None]) -> None:
    """Call ``part`` with all rows, or with parts of them on up to ``threads`` threads at once."""
    parts = max(1, min(threads, rows // ROWS_WORTH_A_THREAD))
    edges = np.linspace(0, rows, parts + 1).astype(int).tolist()
    slices = [slice(*bounds) for bounds in pairwise(edges)]
    if parts == 1:
        part(slices[0])
        return
    with ThreadPoolExecutor(max_workers=parts) as pool:
        list(pool.map(part, slices))
