"""The SQL of a feature gives what the snapshot has, for every feature there is."""

from datetime import timedelta
from typing import Any

import duckdb
import pytest
import sqlglot

from features.catalogue import Declaration, declarations
from features.settings import Churn, Settings
from features.snapshots import build
from features.snapshots.statement import statement
from features.sources import Tables
from tests.builders.company import DAYS, START, random_company
from tests.builders.tables import make_tables
from tests.features.catalogue.golden.case import SETTINGS

CUT = START + timedelta(days=430)


@pytest.fixture(scope="module")
def tables() -> Tables:
    return make_tables(START + timedelta(days=DAYS), **random_company(7))


def rows_of(tables: Tables, settings: Settings, declared: tuple[Declaration, ...]) -> list[Any]:
    sql = statement(tables, settings, CUT, declared)
    connection: duckdb.DuckDBPyConnection = tables.backend.con
    return connection.execute(sql).fetchall()


def snapshot_of(
    tables: Tables, settings: Settings, declared: tuple[Declaration, ...]
) -> list[tuple[Any, ...]]:
    names = [d.feature.name for d in declared]
    found = build(tables, settings, [CUT], only=names).table.to_pylist()
    return [tuple(row[name] for name in ("account_id", "as_of", *names)) for row in found]


@pytest.mark.slow
def test_the_printed_sql_gives_the_snapshot_for_every_feature(tables: Tables) -> None:
    declared = declarations(SETTINGS, tables)
    truth = snapshot_of(tables, SETTINGS, declared)
    assert len(truth) > 5
    for first in range(0, len(declared), 40):
        part = slice(first, first + 40)
        width = slice(first + 2, first + 42)
        expected = [(*row[:2], *row[width]) for row in truth]
        assert rows_of(tables, SETTINGS, declared[part]) == expected


@pytest.mark.parametrize("name", ["active_users_28d", "reports_peers_90d_vs_peers", "industry"])
def test_one_feature_alone_has_its_own_statement(tables: Tables, name: str) -> None:
    declared = tuple(d for d in declarations(SETTINGS, tables) if d.feature.name == name)
    assert rows_of(tables, SETTINGS, declared) == snapshot_of(tables, SETTINGS, declared)


def test_where_silence_is_leaving_the_statement_says_so(tables: Tables) -> None:
    churn = Churn(source="inactivity", activity_events=("login", "use"), active_within_days=40)
    settings = Settings(churn=churn)
    declared = tuple(d for d in declarations(settings, tables) if d.feature.name == "events_28d")
    assert rows_of(tables, settings, declared) == snapshot_of(tables, settings, declared)


def test_the_statement_is_whole_in_every_dialect(tables: Tables) -> None:
    declared = declarations(SETTINGS, tables)[::20]
    for engine in ("postgres", "spark"):
        sql = statement(tables, SETTINGS, CUT, declared, engine=engine)
        [query] = sqlglot.parse(sql, read=engine)
        assert query is not None
        named = {table.name for table in query.find_all(sqlglot.exp.Table)}
        steps = {step.alias for step in query.find_all(sqlglot.exp.CTE)}
        assert named - steps <= tables.tables.keys()
