"""Small tables given from Python to a query.

pyarrow asks pandas about every Python object that becomes an array, `ibis.memtable` imports it to
know what it was given: a quarter of a second and 50 MB, where nothing else here needs pandas. So
the arrays are made of bytes, and the table is what `ibis.memtable` would come to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.engines.light import ibis, ops
from features.engines.steps import fresh
from features.recipe import Recipe

Integers = NDArray[np.int64]
Values = Sequence[int] | Sequence[datetime] | Sequence[str] | Integers


@cache
def _rows() -> type[Any]:
    """Return Ibis' rows in memory, with how they are made where that is known."""
    from ibis.formats.pyarrow import PyArrowTableProxy

    class Rows(PyArrowTableProxy):  # type: ignore[misc]
        __slots__ = ("recipe",)

    return Rows


def given(recipe: Recipe | None = None, /, **columns: Values) -> ibis.Table:
    """Return a table of whole numbers, instants (naive UTC, to the microsecond) and texts.

    Parameters
    ----------
    recipe : Recipe, optional
        How the same is made of other cut-offs; without one a query that reads it is of this run
        alone.
    **columns : sequence of int, datetime or str, or ndarray of int64
        All of one length, each of one kind and without nulls; none at all is whole numbers.

    Examples
    --------
    >>> given(c=[20454], name=["login"]).schema()["name"]
    String(length=None, nullable=True)
    """
    table = rows_of(columns)
    rows = _rows()(table)
    rows.recipe = recipe
    return ops.InMemoryTable(
        name=fresh("given"), schema=ibis.Schema.from_pyarrow(table.schema), data=rows
    ).to_expr()


def rows_of(columns: Mapping[str, Values]) -> pa.Table:
    """Return the rows of `given`."""
    return pa.table([_array(values) for values in columns.values()], names=list(columns))


def _array(values: Values) -> pa.Array:
    if len(values) and isinstance(values[0], str):
        return _texts([str(value).encode() for value in values])
    if len(values) and isinstance(values[0], datetime):
        numbers = np.array(values, dtype="datetime64[us]").astype(np.int64)
        return _of(pa.timestamp("us"), numbers)
    return _of(pa.int64(), np.array(values, dtype=np.int64))


def _of(kind: pa.DataType, numbers: Integers) -> pa.Array:
    return pa.Array.from_buffers(kind, len(numbers), [None, pa.py_buffer(numbers.tobytes())])


def _texts(values: Sequence[bytes]) -> pa.Array:
    ends = np.cumsum([0, *(len(value) for value in values)], dtype=np.int32)
    buffers = [None, pa.py_buffer(ends.tobytes()), pa.py_buffer(b"".join(values))]
    return pa.Array.from_buffers(pa.string(), len(values), buffers)
