"""Sources that Spark reads: Parquet and CSV files, tables of its catalog, queries in its SQL."""

import hashlib
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from features.engines.database import Database
from features.engines.spark_database import SparkDatabase
from features.errors import TableError
from features.settings import Settings, Source
from features.sources import connection
from features.sources.connection import expand, located, name, text
from features.sources.origin import ROW, Origin, open_file

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

MANY_FILES = 64
"""Up to so many Parquet files rows are numbered as DuckDB numbers them, file after file; beyond,
they are numbered in Spark's order, which is the same in every run over the same files."""


def open_source(database: Database, settings: Settings, table: str, source: Source) -> Origin:
    """Return the opened ``source`` of ``table``: a view over it, its rows numbered.

    Raises
    ------
    TableError
        Where Spark cannot read it.
    """
    assert isinstance(database, SparkDatabase)
    own = source.database or settings.data.database
    if source.file is None and own is not None:
        raise TableError(
            f"files, a table of Spark's catalog or `sql` in Spark's words for the table {table}",
            f"the database {own.split(':', 1)[0]}:…",
            'Export it to Parquet, or set [data].engine to "duckdb" or "postgres".',
        )
    if source.file is not None:
        return _files(database, settings, table, source)
    frame = (
        database.session.sql(expand(source.sql))
        if source.sql
        else (database.session.table(str(source.table)))
    )
    return _origin(database, table, _numbered(frame))


def _files(database: SparkDatabase, settings: Settings, table: str, source: Source) -> Origin:
    wanted = expand(source.file or "")
    if "://" in wanted:
        return _origin(database, table, _numbered(_parquet(database, [wanted])))
    path = located(settings, wanted)
    if path.is_dir() and any(path.glob("*.parquet")):
        path = path / "*.parquet"
    found = _found(path)
    if not found or not all(file.suffix.lower() in (".parquet", ".pq") for file in found):
        return _rewritten(database, settings, table, source)
    if len(found) > MANY_FILES:
        return _origin(database, table, _numbered(_parquet(database, list(map(str, found)))))
    return _origin(database, table, _one_after_another(database, found))


def _found(path: Path) -> list[Path]:
    pattern = str(path.relative_to(path.anchor))
    return [path] if path.is_file() else sorted(Path(path.anchor).glob(pattern))


def _parquet(database: SparkDatabase, files: list[str]) -> "DataFrame":
    return database.session.read.option("mergeSchema", "true").parquet(*files)


def _numbered(frame: "DataFrame") -> "DataFrame":
    from pyspark.sql import functions

    return frame.withColumn(ROW, functions.monotonically_increasing_id())


def _one_after_another(database: SparkDatabase, files: list[Path]) -> "DataFrame":
    from pyspark.sql import functions

    frames, begins = [], 0
    for file in files:
        frame = database.session.read.parquet(str(file))
        number = functions.col("_metadata.row_index") + functions.lit(begins)
        frames.append(frame.withColumn(ROW, number.cast("bigint")))
        begins += pq.read_metadata(file).num_rows
    return reduce(lambda one, other: one.unionByName(other, allowMissingColumns=True), frames)


def _rewritten(database: SparkDatabase, settings: Settings, table: str, source: Source) -> Origin:
    """Read CSV files as on DuckDB, which names every line that is no row, and hand on Parquet."""
    con = connection.connect(settings)
    opened = open_file(con, table, located(settings, source.file or ""), settings, source.encoding)
    folder = settings.workspace.resolve() / "cache" / "rows"
    folder.mkdir(parents=True, exist_ok=True)
    seen = hashlib.sha256(f"{database.called('raw', table)}".encode()).hexdigest()[:12]
    file = folder / f"{table}-{seen}.parquet"
    con.execute(f"COPY (SELECT * FROM {opened.relation}) TO {text(str(file))} (FORMAT parquet)")
    if opened.unread:
        lines = con.execute(f"SELECT * FROM raw.{name(table + ' unread')}").to_arrow_table()
        database.name(database.session.createDataFrame(lines), "raw", f"{table} unread")
    con.close()
    return _origin(database, table, database.session.read.parquet(str(file)), opened)


def _origin(
    database: SparkDatabase, table: str, frame: "DataFrame", read: Origin | None = None
) -> Origin:
    relation = database.name(frame, "raw", table)
    inside = {c: kind for c, kind in database.described(relation).items() if c != ROW}
    if read is not None:
        return Origin(relation, inside, read.first_row, read.parts)
    return Origin(relation, inside)
