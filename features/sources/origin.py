"""Opening a source: a relation with the company's own columns and a row number."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from features.encoding import in_utf8
from features.errors import KenshinError, TableError
from features.settings import Settings, Source
from features.sources.archives import unpacked
from features.sources.connection import expand, first_line, located, name, text
from features.sources.postgres import is_postgres, read_postgres

ROW = "row number in the source"
"""Name of the added column that counts a source's rows from 0."""


@dataclass(frozen=True)
class Part:
    """One file of a source: where its rows begin among all rows, and which lines are no rows."""

    file: str
    begins: int
    unread: tuple[int, ...] = ()


@dataclass(frozen=True)
class Origin:
    """A source that was opened.

    Attributes
    ----------
    relation : str
        SQL name of a view or table with the source's columns and ``ROW``.
    columns : dict of str to str
        Source column → DuckDB type.
    first_row : int
        What the first row is called: 2 in a CSV file, whose header is row 1, otherwise 1.
    parts : tuple of Part
        The CSV files the rows come from; empty for every other source.
    """

    relation: str
    columns: dict[str, str]
    first_row: int = 1
    parts: tuple[Part, ...] = ()

    @property
    def unread(self) -> int:
        """How many lines do not have the header's number of values."""
        return sum(len(part.unread) for part in self.parts)

    def row(self, index: int) -> int:
        """Return what the row with that index is called; lines that are no rows count as well."""
        part = self._part(index)
        row = index - (part.begins if part else 0) + self.first_row
        for line in part.unread if part else ():
            row += line <= row
        return row

    def file(self, index: int) -> str:
        """Return the file that row is in, where there are several; otherwise nothing."""
        part = self._part(index)
        return part.file if part and len(self.parts) > 1 else ""

    def _part(self, index: int) -> Part | None:
        return next((part for part in reversed(self.parts) if part.begins <= index), None)


def open_source(
    con: duckdb.DuckDBPyConnection, settings: Settings, table: str, source: Source
) -> Origin:
    """Return the opened ``source`` of ``table``.

    Parquet files and tables of DuckDB files are views and cost nothing; everything else is read
    once. CSV values stay text, so that one which cannot be read is named and not a failed read.

    Raises
    ------
    TableError
        Where the source does not exist or cannot be read.
    """
    try:
        if source.file is not None:
            return open_file(con, table, located(settings, source.file), settings, source.encoding)
        database = source.database or settings.data.database
        if database is not None:
            return _open_database(con, settings, table, source, expand(database))
        if source.table is not None:
            raise TableError(
                f"a database for the table {source.table}",
                f"[tables.{table}] names none",
                'Add database = "duckdb:company.db" or "postgresql://…".',
            )
        return _materialised(con, table, expand(source.sql or ""))
    except (duckdb.Error, OSError) as error:
        raise TableError(
            f"a source for the table {table} that can be read",
            f"{_named(source)}: {first_line(error)}",
            f"Mend [tables.{table}] in the settings.",
        ) from None


def unread_sentence(error: KenshinError) -> str:
    """Return why a source cannot be read, as a sentence of a violation."""
    return f"Instead of {error.expected} there is {error.found}."


def _named(source: Source) -> str:
    return source.file or source.table or "its sql"


def open_file(
    con: duckdb.DuckDBPyConnection,
    table: str,
    path: Path,
    settings: Settings,
    encoding: str | None = None,
) -> Origin:
    """Return the opened file or files (``path`` may be a glob) as the source of ``table``.

    Parameters
    ----------
    encoding : str, optional
        Of CSV files; default: UTF-8.

    Raises
    ------
    TableError
        Where there is no file, or one that is no table.
    """
    cache = settings.workspace / "cache"
    path = unpacked(path, cache)
    if path.is_dir():
        raise TableError(
            f"a file for the table {table}",
            f"a folder at {path}",
            f"Name the files in it, for example '{path.name}/*.csv'.",
        )
    pattern = str(path.relative_to(path.anchor))
    found = [str(path)] if path.is_file() else sorted(map(str, Path(path.anchor).glob(pattern)))
    if not found:
        raise TableError(
            f"a file for the table {table}", f"nothing at {path}", "Mend `file` in the settings."
        )
    if all(part.lower().endswith((".parquet", ".pq")) for part in found):
        return _parquet(con, table, found)
    return _csv(con, table, [str(in_utf8(Path(part), encoding, cache)) for part in found])


def _parquet(con: duckdb.DuckDBPyConnection, table: str, files: list[str]) -> Origin:
    relation = f"raw.{name(table)}"
    listed = f"[{', '.join(text(file) for file in files)}]"
    inside = _columns(con, f"SELECT * FROM read_parquet({listed}, union_by_name = true)")
    number = "row_number() OVER () - 1" if len(files) > 1 else "file_row_number"
    chosen = ", ".join(name(column) for column in inside)
    con.execute(
        f"CREATE VIEW {relation} AS SELECT {chosen}, {number} AS {name(ROW)} "
        f"FROM read_parquet({listed}, union_by_name = true, file_row_number = true)"
    )
    return Origin(relation, inside)


def _csv(con: duckdb.DuckDBPyConnection, table: str, files: list[str]) -> Origin:
    parts: list[Part] = []
    begins = 0
    for number, file in enumerate(files):
        parts.append(Part(Path(file).name, begins, _read_csv(con, table, number, file)))
        begins += con.execute(f"SELECT count(*) FROM {_piece(table, number)}").fetchall()[0][0]
    pieces = [f"SELECT * FROM {_piece(table, number)}" for number in range(len(files))]
    con.execute(f"CREATE TABLE raw.{name(table)} AS {' UNION ALL BY NAME '.join(pieces)}")
    for number in range(len(files)):
        con.execute(f"DROP TABLE {_piece(table, number)}")
    return _numbered(con, table, 2, tuple(parts))


def _piece(table: str, number: int) -> str:
    return f"raw.{name(f'{table} {number}')}"


def _read_csv(
    con: duckdb.DuckDBPyConnection, table: str, number: int, file: str
) -> tuple[int, ...]:
    """Read one file as text and return the numbers of the lines that are no rows.

    Those lines are kept in ``raw."<table> unread"`` for the quarantine file.
    """
    con.execute(
        f"CREATE TABLE {_piece(table, number)} AS SELECT * FROM read_csv({text(file)}, "
        "all_varchar = true, header = true, store_rejects = true, "
        "rejects_table = 'rejected', rejects_scan = 'rejected_scan')"
    )
    unread = f"raw.{name(table + ' unread')}"
    found = f"SELECT DISTINCT line, csv_line, {text(Path(file).name)} AS file FROM rejected"
    verb = f"CREATE TABLE {unread} AS" if number == 0 else f"INSERT INTO {unread}"
    con.execute(f"{verb} {found}")
    con.execute("DROP TABLE rejected; DROP TABLE rejected_scan")
    lines = con.execute(
        f"SELECT DISTINCT line FROM {unread} WHERE file = {text(Path(file).name)} ORDER BY line"
    ).fetchall()
    return tuple(line for (line,) in lines)


def _materialised(con: duckdb.DuckDBPyConnection, table: str, query: str) -> Origin:
    con.execute(f"CREATE TABLE raw.{name(table)} AS {query.rstrip().rstrip(';')}")
    return _numbered(con, table)


def _numbered(
    con: duckdb.DuckDBPyConnection, table: str, first_row: int = 1, parts: tuple[Part, ...] = ()
) -> Origin:
    """Return a table that was read, with its rows numbered in the order of reading."""
    inside = _columns(con, f"SELECT * FROM raw.{name(table)}")
    relation = f"raw.{name(table + ' numbered')}"
    con.execute(f"CREATE VIEW {relation} AS SELECT *, rowid AS {name(ROW)} FROM raw.{name(table)}")
    return Origin(relation, inside, first_row, parts)


def _open_database(
    con: duckdb.DuckDBPyConnection, settings: Settings, table: str, source: Source, database: str
) -> Origin:
    query = expand(source.sql) if source.sql is not None else f"SELECT * FROM {source.table}"
    if is_postgres(database):
        con.register("arriving", read_postgres(database, query))
        try:
            return _materialised(con, table, "SELECT * FROM arriving")
        finally:
            con.unregister("arriving")
    if not database.startswith("duckdb:"):
        raise TableError(
            "a database as duckdb:path or postgresql://…",
            database.split(":", 1)[0] + ":…",
            "Export the table to Parquet or CSV where the database is another one.",
        )
    return _open_duckdb(con, settings, table, query, located(settings, database[7:]))


def _open_duckdb(
    con: duckdb.DuckDBPyConnection, settings: Settings, table: str, query: str, path: Path
) -> Origin:
    if not path.is_file():
        raise TableError("a DuckDB file", f"nothing at {path}", "Mend `database` in the settings.")
    con.execute(f"ATTACH {text(str(path))} AS attached (READ_ONLY)")
    try:
        con.execute("USE attached")
        inside = query.rstrip().rstrip(";")
        con.execute(f"CREATE TABLE memory.raw.{name(table)} AS {inside}")
    finally:
        con.execute("USE memory.main")
        con.execute("DETACH attached")
    return _numbered(con, table)


def _columns(con: duckdb.DuckDBPyConnection, query: str) -> dict[str, str]:
    rows: Iterable[tuple[str, str]] = con.execute(
        f"SELECT column_name, column_type FROM (DESCRIBE {query})"
    ).fetchall()
    return dict(rows)
