"""Tables put into a real PostgreSQL database."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

import psycopg
import pyarrow as pa
from adbc_driver_postgresql import dbapi

from features.engines.postgres import over
from features.sources import Tables
from tests.builders.spark import as_tables
from tests.builders.tables import Row


def put(url: str, tables: Mapping[str, pa.Table]) -> None:
    """Create the tables in the database."""
    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        for name, table in tables.items():
            cursor.adbc_ingest(name, table)
        connection.commit()


@contextmanager
def postgres_tables(
    url: str, observed_until: datetime, **rows: Sequence[Row] | pa.Table
) -> Iterator[Tables]:
    """Yield canonical tables in PostgreSQL, as `make_tables` gives them on DuckDB."""
    given = as_tables(rows)
    put(url, given)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET jit = off")
        backend = over(connection)
        yield Tables(backend, {name: backend.table(name) for name in given}, observed_until)
