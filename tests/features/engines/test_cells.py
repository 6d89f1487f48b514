"""Every feature and label of a difficult company is the same on every engine, cell by cell."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from features.labels import departures, labels
from features.settings import Churn, Settings
from features.snapshots import Snapshot, build, content_id
from features.sources import Tables
from tests.builders.company import DAYS, START, Rows, random_company
from tests.builders.in_postgres import postgres_tables
from tests.builders.spark import spark_tables
from tests.builders.tables import make_tables
from tests.features.catalogue.golden.case import SETTINGS
from tests.features.engines.cells import differing

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

END = START + timedelta(days=DAYS)
CUTS = [START + timedelta(days=d) for d in (231, 356, 431, 540, 745)]
SOURCES = ("subscriptions", "churns", "inactivity")

Told = tuple[Snapshot, pa.Table, pa.Table]


@cache
def company() -> Rows:
    rows = random_company(3, accounts=25)
    draw = Random(4)
    for number in range(0, 25, 2):
        at = START + timedelta(days=draw.randrange(200, DAYS), hours=draw.choice((0, 7)))
        rows.setdefault("churns", []).append(
            {"account_id": f"a{number}", "churned_at": at, "recorded_at": None}
        )
    return rows


def settings(source: str) -> Settings:
    churn = Churn.model_validate({"source": source, "horizon_days": 60, "allowed_gap_days": 29})
    return SETTINGS.model_copy(update={"churn": churn})


def told(tables: Tables, source: str, cuts: Sequence[datetime] = tuple(CUTS)) -> Told:
    ours = settings(source)
    return build(tables, ours, cuts), labels(tables, ours, cuts), departures(tables, ours)


@cache
def expected(source: str) -> Told:
    return told(make_tables(END, **company()), source)


@pytest.mark.parametrize("source", SOURCES)
def test_the_company_shows_every_feature_and_both_labels(source: str) -> None:
    snapshot, answers, left = expected(source)
    for feature in snapshot.features:
        assert snapshot.table[feature.name].null_count < snapshot.table.num_rows, feature.name
    assert {True, False, None} == set(answers["churned"].to_pylist())
    assert left.num_rows > 3


def same_cells(tables: Tables, source: str) -> None:
    found, truth = told(tables, source), expected(source)
    assert differing(found[0].table, truth[0].table) == []
    assert content_id(found[0].table) == content_id(truth[0].table)
    assert differing(found[1], truth[1]) == []
    assert differing(found[2], truth[2]) == []


@pytest.mark.postgres
@pytest.mark.parametrize("source", SOURCES)
def test_postgresql_gives_the_cells_that_duckdb_gives(source: str, postgres_url: str) -> None:
    with postgres_tables(postgres_url, END, **company()) as tables:
        same_cells(tables, source)


@pytest.mark.spark
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.parametrize("source", SOURCES)
def test_spark_gives_the_cells_that_duckdb_gives(
    source: str, spark_session: "SparkSession"
) -> None:
    same_cells(spark_tables(spark_session, END, **company()), source)
