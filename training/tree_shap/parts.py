"""Rows parted among threads of the call's own, which end with it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Final

import numpy as np

ROWS_WORTH_A_THREAD: Final = 256


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
