"""A file that is what it was is not measured again; everything it says still holds."""

import os
from datetime import datetime, timedelta

import duckdb
import pytest

from features.checks.upstream import delivery, measuring
from features.checks.upstream.measuring import Measured
from features.checks.upstream.store import profile_file
from features.checks.upstream.watched import WatchedTable
from tests.builders.deliveries import FIRST, Company

TABLES = ("subscriptions", "tickets")
LATER = FIRST + timedelta(days=10)


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the tables that are measured, as they are."""
    names: list[str] = []
    measure = measuring.measure

    def noted(
        con: duckdb.DuckDBPyConnection, watched: WatchedTable, kept: int, end: datetime
    ) -> Measured:
        names.append(watched.table)
        return measure(con, watched, kept, end)

    monkeypatch.setattr(delivery, "measure", noted)
    return names


@pytest.mark.parametrize("table", TABLES)
def test_an_unchanged_file_has_the_profile_it_would_be_measured_to_have(
    company: Company, measured: list[str], table: str
) -> None:
    company.deliver(table, FIRST)
    company.load(table, FIRST, keep=True)
    again = company.load(table, LATER)
    assert measured == [table]
    profile_file(company.settings((table,))).unlink()
    anew = company.load(table, LATER)
    assert measured == [table, table]
    assert again.profiles == anew.profiles


def test_a_file_that_was_written_again_is_measured_again(
    company: Company, measured: list[str]
) -> None:
    company.deliver("tickets", FIRST)
    company.load("tickets", FIRST, keep=True)
    os.utime(company.folder / "tickets.parquet", ns=(1, 1))
    assert company.load("tickets", FIRST).violations == ()
    assert measured == ["tickets", "tickets"]


def test_rows_that_lay_in_the_future_are_measured_when_their_day_has_come(
    company: Company, measured: list[str]
) -> None:
    company.deliver("tickets", LATER)
    company.load("tickets", FIRST, keep=True)
    found = company.load("tickets", LATER)
    assert measured == ["tickets", "tickets"]
    last = found.profiles["tickets"].last_day
    assert last is not None
    assert last >= found.profiles["tickets"].end_day - 3


def test_what_only_warned_is_said_again_while_the_file_stays(
    company: Company, measured: list[str]
) -> None:
    gone = "CASE WHEN priority = 'urgent' AND opened_at >= '2026-03-01' THEN 'high' ELSE priority"
    company.deliver("tickets", FIRST, f"* REPLACE ({gone} END AS priority)")
    first = company.load("tickets", FIRST, keep=True).violations
    assert [(v.code, v.severity, v.column) for v in first] == [("K709", "warning", "priority")]
    assert company.load("tickets", FIRST, keep=True).violations == first
    assert measured == ["tickets"]
