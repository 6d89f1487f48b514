"""Some files of a source as one relation, whose row numbers say which file a row is from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from features.digests.inventory import SourceFile
from features.encoding import in_utf8
from features.settings import Settings, Source
from features.sources.connection import name, text
from features.sources.origin import ROW, Origin

FILE_BITS = 40
"""A row's number is its file's, times two to the power of this, and its place in the file."""
BYTES_AT_ONCE = {True: 300_000_000, False: 1_000_000_000}
"""Size of the files digested together, by whether they are Parquet."""

RELATION = 'raw."events to digest"'
WIDE = 'raw."events of all columns"'
UNREAD = 'raw."events unread"'


@dataclass(frozen=True)
class Batch:
    """Files that are digested together, in the order of their numbers."""

    files: tuple[SourceFile, ...]


def in_batches(files: Sequence[SourceFile]) -> Iterator[Batch]:
    """Return the files in batches of a bounded size."""
    together: list[SourceFile] = []
    size = 0
    for file in files:
        if together and size + file.size > BYTES_AT_ONCE[file.parquet]:
            yield Batch(tuple(together))
            together, size = [], 0
        together.append(file)
        size += file.size
    if together:
        yield Batch(tuple(together))


def open_batch(
    con: duckdb.DuckDBPyConnection, settings: Settings, source: Source, batch: Batch
) -> Origin:
    """Create `RELATION` with the files' rows, and `UNREAD` with the lines that are none."""
    close_batch(con)
    con.execute(f"CREATE TABLE {UNREAD} (file INTEGER, line BIGINT, csv_line VARCHAR)")
    if batch.files[0].parquet:
        return _parquet(con, batch)
    return _csv(con, settings, source, batch)


def widened(
    con: duckdb.DuckDBPyConnection, origin: Origin | None, columns: dict[str, str]
) -> Origin:
    """Return the batch with all ``columns``, empty where its files lack one; None has no rows."""
    there = {column.lower() for column in origin.columns} if origin else set()
    chosen = [
        name(column) if column.lower() in there else f"CAST(NULL AS {kind}) AS {name(column)}"
        for column, kind in columns.items()
    ]
    rows = f"{name(ROW)} FROM {RELATION}" if origin else f"0::BIGINT AS {name(ROW)} WHERE false"
    con.execute("DROP VIEW IF EXISTS typed.events")
    con.execute(f"CREATE OR REPLACE VIEW {WIDE} AS SELECT {', '.join(chosen)}, {rows}")
    return Origin(WIDE, columns, origin.first_row if origin else 1)


def close_batch(con: duckdb.DuckDBPyConnection) -> None:
    """Drop what `open_batch` created."""
    con.execute("DROP VIEW IF EXISTS typed.events")
    con.execute(f"DROP VIEW IF EXISTS {WIDE}")
    con.execute(f"DROP TABLE IF EXISTS {UNREAD}")
    for kind in ("VIEW", "TABLE"):
        there = con.execute(
            f"SELECT 1 FROM duckdb_{kind.lower()}s() WHERE schema_name = 'raw' "
            "AND lower(database_name) = 'memory' "
            f"AND {kind.lower()}_name = 'events to digest'"
        ).fetchall()
        if there:
            con.execute(f"DROP {kind} {RELATION}")


def _parquet(con: duckdb.DuckDBPyConnection, batch: Batch) -> Origin:
    listed = f"[{', '.join(text(file.path) for file in batch.files)}]"
    inside = _columns(con, f"SELECT * FROM read_parquet({listed}, union_by_name = true)")
    chosen = ", ".join(name(column) for column in inside)
    number = f"(CAST(file_index AS BIGINT) << {FILE_BITS}) + file_row_number"
    con.execute(
        f"CREATE VIEW {RELATION} AS SELECT {chosen}, {number} AS {name(ROW)} "
        f"FROM read_parquet({listed}, union_by_name = true, file_row_number = true)"
    )
    return Origin(RELATION, inside)


def _csv(
    con: duckdb.DuckDBPyConnection, settings: Settings, source: Source, batch: Batch
) -> Origin:
    cache = settings.workspace / "cache"
    for number, file in enumerate(batch.files):
        path = in_utf8(Path(file.path), source.encoding, cache)
        _read_csv(con, number, str(path))
        rows = f"SELECT * EXCLUDE (place), ({number}::BIGINT << {FILE_BITS}) + place AS {name(ROW)}"
        piece = f"({rows} FROM (SELECT *, rowid AS place FROM raw.piece))"
        if number == 0:
            con.execute(f"CREATE TABLE {RELATION} AS FROM {piece}")
        else:
            _widen(con)
            con.execute(f"INSERT INTO {RELATION} BY NAME FROM {piece}")
        con.execute("DROP TABLE raw.piece")
    inside = _columns(con, f"SELECT * EXCLUDE ({name(ROW)}) FROM {RELATION}")
    return Origin(RELATION, inside, 2)


def _read_csv(con: duckdb.DuckDBPyConnection, number: int, path: str) -> None:
    con.execute(
        f"CREATE TABLE raw.piece AS SELECT * FROM read_csv({text(path)}, "
        "all_varchar = true, header = true, store_rejects = true, "
        "rejects_table = 'rejected', rejects_scan = 'rejected_scan')"
    )
    con.execute(f"INSERT INTO {UNREAD} SELECT DISTINCT {number}, line, csv_line FROM rejected")
    con.execute("DROP TABLE rejected; DROP TABLE rejected_scan")


def _widen(con: duckdb.DuckDBPyConnection) -> None:
    there = {column.lower() for column in _columns(con, f"SELECT * FROM {RELATION}")}
    for column in _columns(con, "SELECT * FROM raw.piece"):
        if column.lower() not in there:
            con.execute(f"ALTER TABLE {RELATION} ADD COLUMN {name(column)} VARCHAR")


def _columns(con: duckdb.DuckDBPyConnection, query: str) -> dict[str, str]:
    return dict(con.execute(f"SELECT column_name, column_type FROM (DESCRIBE {query})").fetchall())
