"""What a snapshot is: one row per live account at each ``as_of``, and its name by content."""

import hashlib
import json
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

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
    digest = hashlib.sha256()
    kinds = [[field.name, str(field.type)] for field in table.schema]
    digest.update(json.dumps([kinds, table.num_rows]).encode())
    for column in table.columns:
        digest.update(_content(column.combine_chunks()))
    return digest.hexdigest()[:16]


def _content(column: pa.Array) -> bytes:
    if pa.types.is_string(column.type):
        return json.dumps(column.to_pylist(), ensure_ascii=False).encode()
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    missing = np.asarray(pc.is_null(column, nan_is_null=pa.types.is_floating(column.type)))
    values = np.asarray(column.fill_null(0))
    values = np.where(missing, 0, values) + values.dtype.type(0)
    return bytes(missing.tobytes() + values.tobytes())
