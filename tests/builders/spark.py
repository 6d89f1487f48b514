"""One local Spark session for a whole test process, for tests marked ``spark``."""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from features.settings import Settings, Spark
from features.sources import Tables
from tests.builders.tables import Row, as_arrow

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SPARK = Spark(
    master="local[2]",
    config={
        "spark.sql.shuffle.partitions": "1",
        "spark.default.parallelism": "1",
        # Compiling a query of thirty rows takes longer than interpreting it.
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.adaptive.enabled": "false",
        # Wide rows have so many aliases that inferring filters from them takes longest of all.
        "spark.sql.constraintPropagation.enabled": "false",
        "spark.driver.memory": "1g",
        "spark.driver.extraJavaOptions": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1",
    },
)


@pytest.fixture(scope="session")
def spark_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator["SparkSession"]:
    """The session, started as Kenshin starts it; its JVM says nothing."""
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("no Java is installed here")
    started = quietly_started(Settings(root=tmp_path_factory.mktemp("spark"), spark=SPARK))
    yield started
    started.stop()


def quietly_started(settings: Settings) -> "SparkSession":
    """Start the session while what its JVM writes on starting goes nowhere."""
    from features.engines.spark_session import session

    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        return session(settings)
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def spark_tables(
    session: "SparkSession", observed_until: datetime, **rows: Sequence[Row] | pa.Table
) -> Tables:
    """Return canonical tables on Spark, as `make_tables` does on DuckDB."""
    from features.engines.spark import over

    backend = over(session)
    tables = {}
    for name, table in as_tables(rows).items():
        view = f"given_{id(backend)}_{name}"
        session.createDataFrame(table).coalesce(1).createOrReplaceTempView(view)
        tables[name] = backend.table(view)
    return Tables(backend, tables, observed_until)


def as_tables(rows: Mapping[str, Sequence[Row] | pa.Table]) -> dict[str, pa.Table]:
    """Return the rows of each table as Arrow."""
    return {
        name: given if isinstance(given, pa.Table) else as_arrow(name, given)
        for name, given in rows.items()
    }
