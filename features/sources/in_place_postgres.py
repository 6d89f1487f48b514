"""Sources in a PostgreSQL database, as temporary views beside them."""

from functools import partial

import psycopg

from features.engines.database import Database
from features.engines.failing import QueryError
from features.engines.postgres_database import PostgresDatabase
from features.errors import SettingsError, TableError
from features.settings import Settings, Source
from features.sources.connection import expand, name
from features.sources.origin import ROW, Origin
from features.sources.postgres import explained, is_postgres, shown
from features.tables import TABLES

_WRONG_QUERY = ("42", "0A", "XX")
"""Classes of errors in how a query is written; those of the sources themselves are told of as such
when they are opened."""
_WRONG_VALUE = ("22",)
"""Values that cannot be computed with: in a query of the settings, in a view, or in ours."""


def connect(settings: Settings) -> PostgresDatabase:
    """Return a connection to the one PostgreSQL database that holds the tables.

    Raises
    ------
    SettingsError
        Where the settings name none.
    TableError
        Where it cannot be reached or used.
    """
    named = [settings.data.database, *(s.database for s in settings.tables.values())]
    urls = [expand(url) for url in named if url is not None]
    url = next((url for url in urls if is_postgres(url)), None)
    if url is None:
        raise SettingsError(
            'a PostgreSQL database, as [data].engine = "postgres" says',
            "none in the settings",
            'Set [data].database = "postgresql://user:${PASSWORD}@host/name", '
            'or [data].engine = "duckdb".',
        )
    return PostgresDatabase(url, partial(_answered, settings, url))


def _answered(settings: Settings, url: str, error: Exception) -> TableError:
    """Return the server's refusal; raise `QueryError` where it refuses what Kenshin wrote."""
    told = explained(url, error)
    state = (isinstance(error, psycopg.Error) and error.sqlstate) or ""
    if state[:2] in _WRONG_QUERY:
        raise QueryError(told.found) from error
    if state[:2] in _WRONG_VALUE and (table := _unreadable(settings, url)) is None:
        raise QueryError(told.found) from error
    if state[:2] in _WRONG_VALUE:
        return TableError(
            f"rows of the table {table} that the database can read",
            told.found,
            f"Mend the query or the view behind [tables.{table}].",
        )
    return told


def _unreadable(settings: Settings, url: str) -> str | None:
    """Return the table whose source fails by itself, without anything of ours around it."""
    with psycopg.connect(url, autocommit=True) as connection:
        for table, source in settings.tables.items():
            rows = expand(source.sql).rstrip().rstrip(";") if source.sql else ""
            rows = f"({rows})" if rows else str(source.table)
            try:
                connection.execute(f"SELECT count(q::text) FROM {rows} q".encode())
            except psycopg.Error:
                return table
    return None


def open_source(database: Database, settings: Settings, table: str, source: Source) -> Origin:
    """Return the opened ``source`` of ``table``: a view over it, its rows numbered.

    Rows of a table count in the order they lie; those of a query in the order they come, and where
    keys must not repeat the query runs once, into a temporary table.

    Raises
    ------
    TableError
        Where the source is no table or query of that database.
    """
    assert isinstance(database, PostgresDatabase)
    _require_here(settings, table, source)
    query = (
        expand(source.sql).rstrip().rstrip(";") if source.sql else f"SELECT * FROM {source.table}"
    )
    inside = database.types(query)
    called = database.called("raw", table)
    order = "ORDER BY ctid"
    if source.table is not None and database.physical(source.table):
        rows = str(source.table)
    elif TABLES[table].key:
        rows = name(f"{called}_once")
        database.put("TABLE", f"{called}_once", query)
    else:
        rows, order = f"({query}) q", ""
    chosen = ", ".join(name(column) for column in inside)
    number = f"row_number() OVER ({order}) - 1 AS {name(ROW)}"
    database.put("VIEW", called, f"SELECT {chosen}, {number} FROM {rows}")
    return Origin(f"raw.{name(table)}", inside)


def _require_here(settings: Settings, table: str, source: Source) -> None:
    if source.file is not None:
        raise TableError(
            f"the table {table} in the PostgreSQL database, where the features are computed",
            f"the file {source.file}",
            'Load it into the database, or set [data].engine = "duckdb", which reads both.',
        )
    ours = next(
        expand(url)
        for url in (settings.data.database, *(s.database for s in settings.tables.values()))
        if url is not None and is_postgres(expand(url))
    )
    own = source.database or settings.data.database
    if own is None or expand(own) != ours:
        there = shown(expand(own)) if own and is_postgres(expand(own)) else own
        raise TableError(
            f"the table {table} in the same database as the others, {shown(ours)}",
            f"[tables.{table}] in {there or 'no database'}",
            'Give all tables one [data].database, or set [data].engine = "duckdb".',
        )
