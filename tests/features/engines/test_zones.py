"""A time without offset is the same instant on every engine, also where clocks are set."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import sqlglot.expressions as exp

from features.engines import translation
from features.engines.postgres_database import PostgresDatabase
from features.engines.spark_dialect import rewritten
from features.errors import TableError
from features.sources.columns import in_utc

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LOCAL = {
    ("America/New_York", "2024-03-10 02:30:00"): "2024-03-10 07:30:00",
    ("America/New_York", "2024-11-03 01:30:00"): "2024-11-03 06:30:00",
    ("Europe/Berlin", "2024-10-27 02:30:00"): "2024-10-27 01:30:00",
    ("Asia/Tokyo", "2024-01-01 00:00:00"): "2023-12-31 15:00:00",
    ("America/Sao_Paulo", "2017-10-15 00:00:00"): "2017-10-15 03:00:00",
}


def instants(run: Callable[[str], Any]) -> list[str]:
    found = []
    for zone, time in LOCAL:
        utc = in_utc(f"CAST('{time}' AS TIMESTAMP)", zone)
        found.append(run(f"SELECT CAST({utc} AS VARCHAR)"))
    return found


def test_duckdb_takes_the_later_of_two_instants() -> None:
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    assert instants(lambda query: con.execute(query).fetchall()[0][0]) == list(LOCAL.values())


@pytest.mark.postgres
def test_postgresql_does_as_well(postgres_url: str) -> None:
    def said(error: Exception) -> TableError:
        return TableError("an answer", str(error), "")

    database = PostgresDatabase(postgres_url, said)
    assert instants(lambda query: database.execute(query).fetchall()[0][0]) == list(LOCAL.values())


@pytest.mark.spark
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_spark_does_as_well(spark_session: "SparkSession") -> None:
    def run(query: str) -> str:
        tree: exp.Expr = translation.rewritten(translation.parsed(query), rewritten)
        return str(spark_session.sql(tree.sql("spark")).collect()[0][0])

    assert instants(run) == list(LOCAL.values())
