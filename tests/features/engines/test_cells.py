"""Every feature and label of a difficult company is the same on every engine, cell by cell.

Some of its accounts were merged: at a cut-off, in a chain, recorded late, undone and done again.
"""

from datetime import timedelta
from functools import cache
from random import Random
from typing import TYPE_CHECKING

import pytest

from features.labels import departures, labels
from features.settings import Churn, Settings
from features.snapshots import build
from features.sources import Tables
from tests.builders.company import DAYS, START, Rows, random_company
from tests.builders.in_postgres import postgres_tables
from tests.builders.merged import accounts_to_merge, merge
from tests.builders.spark import spark_tables
from tests.builders.tables import make_tables
from tests.features.catalogue.golden.case import SETTINGS
from tests.features.engines.cells import Told, differing, same_cells, told

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

END = START + timedelta(days=DAYS)
CUTS = [START + timedelta(days=d) for d in (231, 356, 431, 540, 745)]
OTHERS = ("churns", "inactivity")
SOURCES = ("subscriptions", *OTHERS)
OF_LIVES = ("tenure_months",)
"""What is told of a life whatever ends it; everything else is the same for all three sources."""


@cache
def company() -> Rows:
    rows = random_company(3, accounts=18)
    draw = Random(4)
    for number in range(0, 18, 2):
        at = START + timedelta(days=draw.randrange(200, DAYS), hours=draw.choice((0, 7)))
        rows.setdefault("churns", []).append(
            {"account_id": f"a{number}", "churned_at": at, "recorded_at": None}
        )
    for table, more in accounts_to_merge(7).items():
        rows[table] = [*rows[table], *more]
    rows["identities"] = [
        merge("m0", "m1", CUTS[1]),
        merge("m2", "m3", CUTS[1] + timedelta(hours=5), late=40),
        merge("m4", "m5", CUTS[0]),
        merge("m5", "m6", CUTS[3] + timedelta(days=1)),
        merge("m7", "m8", CUTS[1], until=CUTS[2]),
        merge("m7", "m8", CUTS[3] + timedelta(days=3)),
    ]
    return rows


def settings(source: str) -> Settings:
    churn = Churn.model_validate({"source": source, "horizon_days": 60, "allowed_gap_days": 29})
    return SETTINGS.model_copy(update={"churn": churn})


@cache
def expected() -> tuple[Tables, Told]:
    tables = make_tables(END, **company())
    return tables, told(tables, settings("subscriptions"), CUTS)


def test_the_company_shows_every_feature_both_labels_and_merges() -> None:
    _, truth = expected()
    table = truth.snapshot.table
    for feature in truth.snapshot.features:
        assert table[feature.name].null_count < table.num_rows, feature.name
    assert {True, False, None} == set(truth.answers["churned"].to_pylist())
    assert truth.left.num_rows > 3
    here = set(zip(table["account_id"].to_pylist(), table["as_of"].to_pylist(), strict=True))
    ceased = {row["account_id"] for row in company()["identities"]}
    assert {a for a, _ in here} & ceased
    assert not {(a, cut) for a, cut in here if a in ("m0", "m2", "m4") and cut > CUTS[2]}


def same(tables: Tables) -> None:
    true_tables, truth = expected()
    same_cells(told(tables, settings("subscriptions"), CUTS), truth)
    for source in OTHERS:
        same_lives(tables, true_tables, settings(source))


def same_lives(tables: Tables, truth: Tables, ours: Settings) -> None:
    lives = [build(t, ours, CUTS, only=OF_LIVES).table for t in (tables, truth)]
    assert lives[1].num_rows > 10
    assert differing(*lives) == []
    assert differing(labels(tables, ours, CUTS), labels(truth, ours, CUTS)) == []
    assert differing(departures(tables, ours), departures(truth, ours)) == []


@pytest.mark.postgres
def test_postgresql_gives_the_cells_that_duckdb_gives(postgres_url: str) -> None:
    with postgres_tables(postgres_url, END, **company()) as tables:
        same(tables)


@pytest.mark.spark
@pytest.mark.scale
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_spark_gives_the_cells_that_duckdb_gives(spark_session: "SparkSession") -> None:
    same(spark_tables(spark_session, END, **company()))
