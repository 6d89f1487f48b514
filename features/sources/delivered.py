"""The sources of one load, handed to the check that holds them against the loads before."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import duckdb

from features.checks.upstream import Delivery, WatchedColumn, WatchedTable, inspect
from features.errors import SettingsError
from features.settings import Settings
from features.sources.columns import Mapped
from features.sources.connection import located, name
from features.sources.origin import ROW
from features.sources.typed import Typed
from features.tables import TABLES, Kind


def delivered(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    opened: Mapping[str, Typed],
    kept: Mapping[str, int],
    end: datetime,
    now: datetime,
) -> Delivery:
    """Return what is unlike the deliveries before in the sources that could be opened.

    Parameters
    ----------
    opened : mapping of str to Typed
        Tables that fill the contract; sources that were read and do not are found in ``con``.
    kept : mapping of str to int
        Rows that passed the row checks, by table.
    end : datetime
        Exclusive end of what was observed.
    now : datetime
        The present instant, naive UTC.
    """
    tables = [_filled(settings, table, typed) for table, typed in opened.items()]
    for table in settings.tables:
        there = _raw_columns(con, table) if table not in opened else {}
        if there:
            relation = f"raw.{name(table)}"
            tables.append(
                WatchedTable(table, relation, "0", (), there, None, mapping(settings, table))
            )
    return inspect(con, settings, tables, dict(kept), end, now)


def _filled(settings: Settings, table: str, typed: Typed) -> WatchedTable:
    columns = watched_columns(typed)
    time = next((c for c in columns if c.canonical == TABLES[table].time), None)
    return WatchedTable(
        table,
        typed.origin.relation,
        name(ROW),
        columns,
        typed.origin.columns,
        time,
        mapping(settings, table),
        files_now(settings, settings.tables[table].file),
        typed.known,
    )


def watched_columns(
    typed: Typed, kinds: Mapping[str, Kind] | None = None
) -> tuple[WatchedColumn, ...]:
    """Return the columns of a table as they are watched.

    Parameters
    ----------
    kinds : mapping of str to str, optional
        Canonical name → kind, where it is another than the contract's.
    """
    return tuple(
        WatchedColumn(
            canonical=m.canonical,
            source=m.source,
            source_type=typed.origin.columns[m.source],
            kind=(kinds or {}).get(m.canonical, m.column.kind),
            value=_plain(typed, m),
            raw=m.raw,
            unreadable=m.unreadable,
        )
        for m in typed.columns
    )


def _plain(typed: Typed, column: Mapped) -> str:
    """Return SQL for the value; a text is not trimmed, which costs more than all the rest."""
    trimmed = f"nullif(trim(CAST({name(column.source)} AS VARCHAR)), '')"
    if typed.origin.columns[column.source] == "VARCHAR" and column.value == trimmed:
        return f"nullif({name(column.source)}, '')"
    return column.value


def mapping(settings: Settings, table: str) -> str:
    """Return the fingerprint of what the settings say about ``table``: 12 hexadecimal digits."""
    said = settings.flat if table == "flat" else settings.tables[table]
    text = f"{said.model_dump_json() if said else ''}|{settings.company.timezone}"
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def files_now(settings: Settings, file: str | None) -> str:
    """Return the fingerprint of a file, or of the files of a glob, as they are now.

    Path, size and time of the last writing, 16 hexadecimal digits; nothing where the source is no
    file, so that nobody takes it for unchanged.
    """
    try:
        path = located(settings, file) if file is not None else None
    except SettingsError:
        return ""
    if path is None:
        return ""
    pattern = str(path.relative_to(path.anchor))
    found = [path] if path.is_file() else sorted(Path(path.anchor).glob(pattern))
    said = [(str(one), one.stat().st_size, one.stat().st_mtime_ns) for one in found]
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16] if said else ""


def _raw_columns(con: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    rows = con.execute(
        "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = 'memory' "
        "AND schema_name = 'raw' AND table_name = ? ORDER BY column_index",
        [table],
    ).fetchall()
    return {column: kind for column, kind in rows if column != ROW}
