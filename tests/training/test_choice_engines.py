"""The same accounts are chosen on every engine that may hold the tables."""

from datetime import datetime
from hashlib import md5
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from features.settings import Settings, Training
from features.sources import Tables
from tests.builders.in_postgres import postgres_tables
from tests.builders.spark import spark_tables
from tests.builders.tables import make_tables
from training.choice import choose

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

END = datetime(2026, 11, 1)
DATES = [datetime(2026, month, 1) for month in range(1, 9)]
IDS = [f"account {i}" for i in range(296)] + ["顧客", "o'hara", "x y", "Ä"]
SETTINGS = Settings(training=Training(most_rows=1_000))


def rows() -> dict[str, pa.Table]:
    born = pa.array([datetime(2025, 1, 1)] * len(IDS), pa.timestamp("us"))
    never = pa.array([None] * len(IDS), pa.timestamp("us"))
    return {
        "accounts": pa.table({"account_id": IDS}),
        "subscriptions": pa.table({"account_id": IDS, "started_at": born, "ended_at": never}),
    }


def chosen(tables: Tables) -> list[str]:
    some, choice = choose(tables, SETTINGS, DATES)
    assert choice is not None
    assert choice.of_rows == len(IDS) * len(DATES)
    assert choice.hash_below == f"{int(16**8 * 1_000 / choice.of_rows):08x}"
    wanted = sorted(i for i in IDS if md5(i.encode()).hexdigest() < choice.hash_below)
    found = sorted(some["subscriptions"].account_id.to_pyarrow().to_pylist())
    assert found == wanted
    assert choice.accounts == len(found)
    return found


def test_duckdb_chooses_by_the_hash_that_python_computes() -> None:
    assert 90 < len(chosen(make_tables(END, **rows()))) < 160


@pytest.mark.spark
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_spark_chooses_the_same(spark_session: "SparkSession") -> None:
    assert chosen(spark_tables(spark_session, END, **rows())) == chosen(make_tables(END, **rows()))


@pytest.mark.postgres
def test_postgresql_chooses_the_same(postgres_url: str) -> None:
    with postgres_tables(postgres_url, END, **rows()) as tables:
        assert chosen(tables) == chosen(make_tables(END, **rows()))
