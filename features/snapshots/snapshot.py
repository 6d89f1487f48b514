"""What a snapshot is: one row per live account at each ``as_of``, and its name by content."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from features.catalog import Feature


@dataclass(frozen=True)
class Snapshot:
    """Features of all live accounts at one or more instants.

    Attributes
    ----------
    table : pa.Table
        ``account_id``, ``as_of``, the facts (`FACT_KINDS`), then one column per feature, float64
        or text; sorted by (as_of, account_id).
    features : tuple of Feature
        In the order of the columns.
    """

    table: pa.Table
    features: tuple[Feature, ...]


def content_id(table: pa.Table) -> str:
    """Return 16 hexadecimal digits that name the content: columns, types, rows and values.

    Equal content has an equal name whatever file, chunks, machine or version of a library it
    passed through; all missing numbers are alike, and so are 0 and -0.
    """
    return _content_id(table.schema, table.num_rows, lambda name: table.column(name).chunks)


def content_id_of_files(files: Sequence[Path]) -> str:
    """Return the `content_id` of the table in Parquet files, one after the other.

    One column is in memory at a time, so a snapshot may be larger than memory.
    """
    opened = [pq.ParquetFile(file) for file in files]
    rows = sum(file.metadata.num_rows for file in opened)

    def chunks(name: str) -> Iterator[pa.Array]:
        for file in opened:
            for batch in file.iter_batches(columns=[name]):
                yield batch.column(0)

    return _content_id(opened[0].schema_arrow, rows, chunks)


def _content_id(schema: pa.Schema, rows: int, chunks: Callable[[str], Iterable[pa.Array]]) -> str:
    digest = hashlib.sha256()
    kinds = [[field.name, str(field.type)] for field in schema]
    digest.update(json.dumps([kinds, rows]).encode())
    for field in schema:
        for part in _content(field.type, chunks(field.name)):
            digest.update(part)
    return digest.hexdigest()[:16]


def _content(kind: pa.DataType, chunks: Iterable[pa.Array]) -> Iterator[bytes]:
    """Yield a column's bytes: a JSON list of texts, or which are missing and then the values."""
    if pa.types.is_string(kind):
        yield b"["
        comma = b""
        for chunk in filter(len, chunks):
            yield comma + json.dumps(chunk.to_pylist(), ensure_ascii=False)[1:-1].encode()
            comma = b", "
        yield b"]"
        return
    values = []
    for chunk in chunks:
        missing, value = _numbers(chunk)
        yield missing
        values.append(value)
    yield from values


def _numbers(column: pa.Array) -> tuple[bytes, bytes]:
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    missing = pc.is_null(column, nan_is_null=pa.types.is_floating(column.type))
    gone = _plain(missing.cast(pa.uint8())).astype(np.bool_)
    values = _plain(column)
    values = np.where(gone, 0, values) + values.dtype.type(0)
    return gone.tobytes(), values.tobytes()


_FLOATS = {"halffloat": "float16", "float": "float32", "double": "float64"}
"""What numpy calls numbers that Arrow calls otherwise."""


def _plain(column: pa.Array) -> NDArray[Any]:
    """Return the numbers of an array, any where it is null; pyarrow's way imports pandas first."""
    kind = np.dtype(_FLOATS.get(str(column.type), str(column.type)))
    begins = column.offset * kind.itemsize
    numbers = column.buffers()[1]
    return (
        np.zeros(0, kind) if numbers is None else np.frombuffer(numbers, kind, len(column), begins)
    )
