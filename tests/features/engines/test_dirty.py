"""Input that breaks rules is counted, named and kept out alike on every engine."""

from dataclasses import asdict
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.checks.violations import Violation
from features.settings import Data, Settings, Source
from features.sources import LoadedInput, examine
from tests.builders.in_postgres import put
from tests.builders.spark import SPARK
from tests.features.engines.cells import differing

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

NOW = datetime(2026, 3, 1)
END = datetime(2026, 2, 1)
NOT_COMPARED = "K721"


def at(day: str) -> datetime:
    return datetime.fromisoformat(day)


@cache
def dirty() -> dict[str, pa.Table]:
    """Return a company in which every rule for rows fires; most columns are texts."""
    ids = [f"a{n}" for n in range(1, 9)]
    accounts = {
        "account_id": [*ids, "a1", None, " a9 "],
        "created_at": ["2024-01-01", "2024-01-01T09:00:00Z", "2024/01/05", *["2023-05-01"] * 8],
        "employees": [str(n) for n in range(11)],
        "shop": ["b", "B", "é", "ä", "a", "Z", "z", "あ", "い", None, ""],
    }
    subscriptions = {
        "account_id": ["a1", "a2", "a3", "a4", "a5", "zz", "a6", "a7", None],
        "started_at": [at("2024-02-01"), at("2023-02-01"), at("1960-01-01"), at("2025-01-01"),
                       at("2024-06-01"), at("2024-06-01"), at("2026-02-15"), at("2024-03-01"),
                       at("2024-03-01")],
        "ended_at": [None, at("2300-01-01"), None, at("2024-12-01"), at("2025-06-01"), None, None,
                     at("1950-01-01"), None],
        "mrr": ["10.5", "-3", "n/a", "1e3", "abc", "7", "8", "12", "Infinity"],
        "seats": ["1", "2.0", "2.5", "x", "-4", None, "6", "7", "8"],
        "auto_renew": ["yes", "No", "1", "maybe", "t", "", "F", "true", "n"],
        "currency": ["USD", "usd", "EUR", "USD", "USD", "USD", "USD", "JPY", "USD"],
    }  # fmt: skip
    events = {
        "account_id": ["a1", "a2", "a3", "a4", "nobody", "a1", "a2", "a5", "a6", "a7"],
        "occurred_at": ["2024-05-01 10:00:00", "2024-02-30", "2023-12-01", "2026-03-05",
                        "2024-05-01", "2024-05-01T10:00:00+09:00", "2024-5-1", "soon", "",
                        "2024-05-01 10:00:00.123456"],
        "event": ["login", "login", "use", "use", "use", None, "use", "use", "use", "  "],
        "quantity": [1.0, -1.5, float("nan"), float("inf"), None, 2.0, 3.0, 4.0, 5.0, 6.0],
    }  # fmt: skip
    tickets = {
        "account_id": ["a1", "a2", "a3", "a4"],
        "opened_at": ["03/04/2024", "31/02/2024", "05/06/2024 ", "2024-01-01"],
        "resolved_at": ["01/04/2024", None, "06/06/2024", None],
        "ticket_id": ["t1", "t2", "t2", "t1"],
        "csat": [5.0, 9.5, 1.0, -1.5],
    }
    surveys = {
        "account_id": ["a1", "a2", "a3", "a4"],
        "responded_at": [at("2024-04-04")] * 4,
        "kind": ["NPS", "csat", "nps", None],
        "rating": [10.5, 3.0, 9.0, 4.0],
    }
    given = {
        "accounts": accounts,
        "subscriptions": subscriptions,
        "events": events,
        "tickets": tickets,
        "surveys": surveys,
    }
    return {name: pa.table(columns) for name, columns in given.items()}


EVERY_RULE = {
    "K102", "K103", "K104", "K201", "K202", "K203", "K204", "K205", "K207", "K301", "K302", "K303",
    "K304",
}  # fmt: skip


def settings(root: Path, **data: Any) -> Settings:  # noqa: ANN401
    place = "table" if data.get("engine") == "postgres" else "file"
    tables = {}
    for name in dirty():
        where = name if place == "table" else f"{name}.parquet"
        tables[name] = Source.model_validate({place: where})
    tables["tickets"] = tables["tickets"].model_copy(update={"date_format": "%d/%m/%Y"})
    data = {"observed_until": END, **data}
    return Settings(root=root, tables=tables, data=Data.model_validate(data), spark=SPARK)


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> LoadedInput:
    root = tmp_path_factory.mktemp("dirty")
    for name, table in dirty().items():
        pq.write_table(table, root / f"{name}.parquet")
    return examine(settings(root), now=NOW)


def test_the_input_breaks_every_rule_for_rows(truth: LoadedInput) -> None:
    assert {violation.code for violation in truth.report.violations} >= EVERY_RULE


def same_report(found: LoadedInput, truth: LoadedInput) -> None:
    said = [v for v in found.report.violations if v.code != NOT_COMPARED]
    assert [_as_duckdb_writes(v) for v in said] == [
        v for v in truth.report.violations if v.code < "K7"
    ]
    assert found.report.rows_read == truth.report.rows_read
    assert found.report.rows_kept == truth.report.rows_kept
    assert [v.code for v in found.report.violations if v not in said] == [NOT_COMPARED]
    for table, file in truth.report.quarantine_files.items():
        there, here = pq.read_table(file), pq.read_table(found.report.quarantine_files[table])
        columns = ["row", "violation"]
        order = [("row", "ascending")]
        assert (
            differing(here.select(columns).sort_by(order), there.select(columns).sort_by(order))
            == []
        )
    for table in truth.tables.tables:
        order = sorted(truth.tables[table].columns)
        here, there = (
            t[table].select(order).order_by(order).to_pyarrow()
            for t in (found.tables, truth.tables)
        )
        assert differing(here, there) == [], table


def _as_duckdb_writes(violation: Violation) -> Violation:
    """Return the violation with an example as DuckDB writes it: infinity is the one difference."""
    given = asdict(violation)
    for said in ("sentence", "example_value"):
        given[said] = given[said].replace("Infinity", "inf")
    return Violation(**given)


@pytest.mark.postgres
def test_postgresql_keeps_out_and_blanks_what_duckdb_does(
    truth: LoadedInput, postgres_url: str, tmp_path: Path
) -> None:
    put(postgres_url, dirty())
    found = examine(settings(tmp_path, engine="postgres", database=postgres_url), now=NOW)
    same_report(found, truth)


@pytest.mark.spark
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_spark_keeps_out_and_blanks_what_duckdb_does(
    truth: LoadedInput, spark_session: "SparkSession", tmp_path: Path
) -> None:
    for name, table in dirty().items():
        pq.write_table(table, tmp_path / f"{name}.parquet")
    same_report(examine(settings(tmp_path, engine="spark"), now=NOW), truth)
