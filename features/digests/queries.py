"""The queries that sum up a batch, which are the same for every batch of the same columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import duckdb

from features import usage
from features.engines.compiled import Compiled, key
from features.engines.light import ibis


def kept(
    con: duckdb.DuckDBPyConnection,
    compiled: Compiled,
    table: str,
    said: object,
    expressions: Callable[[ibis.Table], list[ibis.Table]],
) -> list[str]:
    """Return the queries on a temporary table, kept between runs by its columns and ``said``."""

    def write() -> list[str]:
        backend = ibis.duckdb.from_connection(con)
        rows = backend.table(table, database=("temp", "main"))
        return [backend.compile(one) for one in expressions(rows)]

    described = con.execute(f"DESCRIBE temp.{table}").fetchall()
    return compiled.texts(key("digests", table, described, said), write)


def parts_of(
    rows: ibis.Table, activity: Sequence[str] | None, named: Sequence[str]
) -> list[ibis.Table]:
    """Return the rows, and the days of accounts, of events and of users."""
    active = rows if activity is None else rows.filter(rows.event.isin(activity))
    sums = usage.day_sums(rows, activity, named)
    # Sums of integers are wider than Parquet's integers.
    sums = {name: value.cast("int64") for name, value in sums.items()}
    days = rows.group_by(["file", "account_id", "day", "known"]).aggregate(**sums)
    return [rows, days, _key_days(rows, "event"), _key_days(active, "user_id")]


def _key_days(rows: ibis.Table, column: str) -> ibis.Table:
    if column not in rows.columns:
        rows = rows.mutate(**{column: ibis.null("string")})
    rows = rows.filter(rows[column].notnull())
    return rows.group_by(["file", "account_id", column, "day"]).aggregate(known=rows.known.min())
