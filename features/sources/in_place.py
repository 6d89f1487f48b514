"""Reading a company's tables where they lie: the checks run there, and only results come back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

import duckdb
import pyarrow as pa

from features.checks.violations import Violation
from features.engines.database import MOST_QUARANTINED, Database
from features.engines.failing import QueryError
from features.engines.stored import Embedded
from features.engines.translation import as_iso
from features.errors import KenshinError, TableError
from features.settings import Settings, Source
from features.sources import connection, origin
from features.sources.origin import Origin

if TYPE_CHECKING:
    from ibis.backends import BaseBackend

Connection = duckdb.DuckDBPyConnection
"""What the checks speak to: DuckDB itself, or a `Database` that answers the same two calls."""


def connected(settings: Settings) -> Connection:
    """Return a new connection to the engine of the settings.

    Raises
    ------
    KenshinError
        Where the engine is not there, or cannot be used with these settings.
    """
    if settings.data.engine == "postgres":
        from features.sources.in_place_postgres import connect as postgres

        return cast(Connection, postgres(settings))
    if settings.data.engine == "spark":
        from features.engines.spark_session import session

        spark = session(settings)  # says what is lacking, so before all that imports PySpark
        from features.engines.spark_database import SparkDatabase

        return cast(Connection, SparkDatabase(spark))
    return connection.connect(settings)


def open_source(con: Connection, settings: Settings, table: str, source: Source) -> Origin:
    """Return the opened ``source`` of ``table``, on whichever engine ``con`` is.

    Raises
    ------
    TableError
        Where the source does not exist or cannot be read there.
    """
    database: object = con
    if not isinstance(database, Database):
        return origin.open_source(con, settings, table, source)
    if source.date_format is not None and as_iso("x", source.date_format) is None:
        raise TableError(
            f"a date_format of %Y %m %d %H %M %S %f, each once, on {settings.data.engine}",
            f"[tables.{table}] date_format = '{source.date_format}'",
            "Read that time in `sql`, where the database has functions of its own for it.",
        )
    if settings.data.engine == "postgres":
        from features.sources import in_place_postgres as place
    else:
        from features.sources import in_place_spark as place  # type: ignore[no-redef]
    try:
        return place.open_source(database, settings, table, source)
    except KenshinError:
        raise
    except Exception as error:
        if not _of_a_source(error):
            raise
        raise TableError(
            f"a source for the table {table} that can be read on {settings.data.engine}",
            connection.first_line(error),
            f"Mend [tables.{table}] in the settings.",
        ) from None


def _of_a_source(error: Exception) -> bool:
    """Return whether reading a source fails so; anything else is a fault of ours."""
    if isinstance(error, QueryError | OSError | duckdb.Error | pa.ArrowException):
        return True
    return type(error).__module__.split(".")[0] in ("pyspark", "py4j")


def backend(con: Connection) -> BaseBackend:
    """Return Ibis on ``con``, which for DuckDB is imported when it is needed."""
    database: object = con
    if isinstance(database, Database):
        return database.backend
    return Embedded.over(con)


def called(con: Connection, table: str) -> str:
    """Return what the clean table of that canonical name is called on ``con``."""
    database: object = con
    return database.called("main", table) if isinstance(database, Database) else table


def unchecked(
    con: Connection, settings: Settings, read: Mapping[str, int], kept: Mapping[str, int]
) -> list[Violation]:
    """Return what was not done on the engine of ``con`` and is on DuckDB; nothing on DuckDB."""
    if not isinstance(cast(object, con), Database):
        return []
    engine = settings.data.engine
    found = [
        _not_done(
            "K721",
            "deliveries not compared",
            "",
            0,
            f"On {engine} this delivery was not held against the earlier ones (K7xx): a column "
            "that was renamed, emptied or frozen upstream, or changed its unit, is not noticed.",
            'Run `kenshin check` now and then with KENSHIN_DATA__ENGINE="duckdb".',
        )
    ]
    for table, rows in read.items():
        out = rows - kept.get(table, 0)
        if out > MOST_QUARANTINED:
            found.append(
                _not_done(
                    "K722",
                    "quarantine file cut short",
                    table,
                    out,
                    f"Of {out:,} rows of {table} that were kept out the quarantine file holds the "
                    f"first {MOST_QUARANTINED:,}; all of them stay where they are in the source.",
                    "Find the others in the source by the rules named above.",
                )
            )
    return found


def _not_done(code: str, title: str, table: str, rows: int, sentence: str, fix: str) -> Violation:
    return Violation(
        code=code,
        title=title,
        severity="warning",
        table=table,
        column="",
        rows=rows,
        example_row=None,
        example_value="",
        sentence=sentence,
        fix=fix,
    )
