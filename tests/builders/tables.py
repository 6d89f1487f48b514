"""Canonical tables from rows written by hand."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import duckdb
import ibis
import pyarrow as pa

from features.sources import Tables
from features.tables import TABLES

KINDS = {
    "text": pa.string(),
    "time": pa.timestamp("us"),
    "number": pa.float64(),
    "integer": pa.int64(),
    "truth": pa.bool_(),
}

Row = Mapping[str, Any]


def at(day: str, time: str = "00:00:00") -> datetime:
    """Return the naive UTC instant ``day`` at ``time``."""
    return datetime.fromisoformat(f"{day}T{time}")


def make_tables(
    observed_until: datetime, threads: int = 1, **rows: Sequence[Row] | pa.Table
) -> Tables:
    """Return canonical tables; a table has the columns that its rows name, and the required ones.

    Parameters
    ----------
    rows : sequence of mapping, or pa.Table
        By table name. Times are naive UTC.
    """
    connection = duckdb.connect(config={"threads": threads})
    connection.execute("SET TimeZone = 'UTC'")
    for name, given in rows.items():
        table = given if isinstance(given, pa.Table) else as_arrow(name, given)
        connection.register("given", table)
        connection.execute(f'CREATE TABLE "{name}" AS SELECT * FROM given')
        connection.unregister("given")
    backend = ibis.duckdb.from_connection(connection)
    return Tables(backend, {name: backend.table(name) for name in rows}, observed_until)


def as_arrow(name: str, rows: Sequence[Row]) -> pa.Table:
    """Return the rows as an Arrow table with the contract's types."""
    contract = TABLES[name].columns
    names = [c for c, column in contract.items() if column.required or _named(c, rows)]
    names += [c for c in dict.fromkeys(k for row in rows for k in row) if c not in contract]
    columns = {}
    for column in names:
        values = [row.get(column) for row in rows]
        kind = KINDS[contract[column].kind] if column in contract else None
        columns[column] = pa.array(values, kind)
    return pa.table(columns)


def _named(column: str, rows: Sequence[Row]) -> bool:
    return any(column in row for row in rows)
