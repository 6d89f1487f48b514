"""The flat table of one load, handed to the check that holds it against the loads before."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import duckdb

from features.checks.upstream import Delivery, WatchedColumn, WatchedTable, inspect
from features.clock import utc_now
from features.flat.columns import FlatColumn, finite
from features.settings import Settings
from features.sources.columns import Mapped
from features.sources.connection import name
from features.sources.delivered import files_now, mapping
from features.sources.origin import ROW, Origin
from features.sources.typed import Typed


def delivered_flat(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    table: Typed,
    judged: Sequence[FlatColumn],
    kept: int,
) -> Delivery:
    """Return what is unlike the deliveries before in a flat table.

    Parameters
    ----------
    judged : sequence of FlatColumn
        What each column is good for; a column of numbers is watched as numbers.
    """
    numbers = {column.source for column in judged if column.kind == "number"}
    columns = tuple(
        _watched(table, mapped, is_number=mapped.source in numbers and _is_given(mapped.canonical))
        for mapped in table.columns
        if mapped.canonical != "churned" and not mapped.canonical.startswith("fact_")
    )
    time = next((c for c in columns if c.canonical == "as_of"), None)
    watched = WatchedTable(
        "flat",
        table.origin.relation,
        name(ROW),
        columns,
        table.origin.columns,
        time,
        mapping(settings, "flat"),
        files_now(settings, settings.flat.file if settings.flat else None),
    )
    now = utc_now()
    end = datetime(now.year, now.month, now.day) + timedelta(days=1)
    if time is not None:
        query = f"SELECT max({time.value}) FROM {table.origin.relation} WHERE {time.value} < ?"
        [(last,)] = con.execute(query, [end]).fetchall()
        end = datetime(last.year, last.month, last.day) + timedelta(days=1) if last else end
    return inspect(con, settings, [watched], {"flat": kept}, end, now)


def _watched(table: Typed, mapped: Mapped, *, is_number: bool) -> WatchedColumn:
    """Return a column as it is watched; one of numbers as numbers, whatever its type."""
    return WatchedColumn(
        canonical=_named(mapped.canonical),
        source=mapped.source,
        source_type=table.origin.columns[mapped.source],
        kind="number" if is_number else mapped.column.kind,
        value=f"({finite(mapped.value) if is_number else mapped.value})",
        raw=mapped.raw,
        unreadable=mapped.unreadable,
    )


def _named(canonical: str) -> str:
    """Return the column's own name, or with an underscore where it is that of a duty."""
    own = canonical.removeprefix("given ")
    duty = _is_given(canonical) and own.lower() in ("account_id", "label", "as_of")
    return f"{own}_" if duty else own


def _is_given(canonical: str) -> bool:
    return canonical.startswith("given ")


def delivered_unfilled(
    con: duckdb.DuckDBPyConnection, settings: Settings, origin: Origin
) -> Delivery:
    """Return which columns a flat table lost that cannot be read as the settings say."""
    relation, there = origin.relation, origin.columns
    watched = WatchedTable("flat", relation, "0", (), there, None, mapping(settings, "flat"))
    now = utc_now()
    return inspect(con, settings, [watched], {}, now, now)
