"""Whether two ways wrote the same snapshot, cell by cell."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

RELATIVE = 1e-9
"""Two floats are equal that differ by so much of the larger; whole numbers must be the same."""


@dataclass(frozen=True)
class Comparison:
    """What a comparison found.

    Attributes
    ----------
    cells : int
        Cells compared, those of the keys included.
    different : dict of str to int
        Cells that differ by column; under ``rows`` what is wrong with the rows as such.
    """

    cells: int
    different: dict[str, int]

    @property
    def equal(self) -> bool:
        """Return whether no cell differs."""
        return not self.different


def compare(file: Path, reference: Path, columns: tuple[str, ...]) -> Comparison:
    """Compare two snapshots, both sorted by (as_of, account_id), over ``columns``."""
    mine, other = pq.ParquetFile(file), pq.ParquetFile(reference)
    absent = [name for name in columns if name not in mine.schema_arrow.names]
    if absent:
        return Comparison(0, dict.fromkeys(absent, other.metadata.num_rows))
    rows = (mine.metadata.num_rows, other.metadata.num_rows)
    if rows[0] != rows[1]:
        return Comparison(0, {"rows": abs(rows[0] - rows[1])})
    different = {}
    for name in columns:  # Column by column, so that 100 million events compare in little memory.
        here = mine.read([name]).column(0).combine_chunks()
        there = other.read([name]).column(0).combine_chunks()
        wrong = differing(here, there)
        if wrong:
            different[name] = wrong
    return Comparison(rows[0] * len(columns), different)


def differing(here: pa.Array, there: pa.Array) -> int:
    """Return in how many places two columns differ; missing equals only missing."""
    if pa.types.is_timestamp(there.type):
        return _unequal(_plain(here, pa.timestamp("us")), _plain(there, pa.timestamp("us")))
    if not pa.types.is_floating(there.type):
        return _unequal(_plain(here, there.type), there)
    here = here.cast(pa.float64())
    missing = (_missing(here), _missing(there))
    one, two = (
        np.where(gone, 0.0, _numbers(c)) for c, gone in zip((here, there), missing, strict=False)
    )
    whole = (one == np.round(one)) & (two == np.round(two))
    allowed = np.where(whole, 0.0, RELATIVE * np.maximum(np.abs(one), np.abs(two)))
    return int(((missing[0] != missing[1]) | ~(np.abs(one - two) <= allowed)).sum())


def _plain(column: pa.Array, kind: pa.DataType) -> pa.Array:
    return column.cast(kind)


def _unequal(here: pa.Array, there: pa.Array) -> int:
    same = pc.equal(here, there)
    gone = pc.and_(pc.is_null(here), pc.is_null(there))
    return len(here) - int(pc.sum(pc.or_(same.fill_null(False), gone)).as_py() or 0)


def _missing(column: pa.Array) -> np.ndarray:
    return np.asarray(pc.is_null(column, nan_is_null=True))


def _numbers(column: pa.Array) -> np.ndarray:
    return np.asarray(column.fill_null(0.0))


if __name__ == "__main__":
    found = compare(Path(sys.argv[1]), Path(sys.argv[2]), tuple(sys.argv[3].split(",")))
    rows = pq.read_metadata(sys.argv[1]).num_rows
    said = {"rows": rows, "cells": found.cells, "different": found.different}
    sys.stdout.write(json.dumps(said))
