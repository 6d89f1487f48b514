"""Columns that know the future are named and left out."""

from pathlib import Path

import pytest

from features.checks.foresight import tells_by_name
from features.sources import examine
from tests.builders.company_files import NOW, company, has_left, only, report


@pytest.mark.parametrize(
    "column",
    [
        "churn_flag",
        "cancelled_at",
        "CancellationDate",
        "closing_reason",
        "left_at",
        "解約日",
        "exit_reason",
    ],
)
def test_a_column_that_says_by_its_name_who_left_is_left_out(column: str, tmp_path: Path) -> None:
    tables = only("events")
    for n, row in enumerate(tables["accounts"]):
        row[column] = n % 3
    found = examine(company(tmp_path, tables), now=NOW)
    assert [v.column for v in found.report.of("K401", "accounts")] == [column]
    assert found.report.leaking_columns == {("accounts", column)}
    assert column not in found.tables["accounts"].columns
    assert "industry" in found.tables["accounts"].columns


@pytest.mark.parametrize("column", ["plan", "enclosed_area", "left_handed", "candle", "exit_count"])
def test_other_names_are_not_suspected(column: str) -> None:
    assert not tells_by_name(column)


def test_a_column_filled_only_for_leavers_is_left_out(tmp_path: Path) -> None:
    tables = only("events")
    for n, row in enumerate(tables["accounts"], start=1):
        row["interview"] = f"talk {n % 2}" if has_left(n) else ""
    found = report(tmp_path, tables)
    [violation] = found.of("K402", "accounts")
    assert (violation.column, violation.rows) == ("interview", 10)
    assert "filled for 10 accounts, 10 of which have left" in violation.sentence


def test_a_column_filled_for_some_of_both_is_kept(tmp_path: Path) -> None:
    tables = only("events")
    for n, row in enumerate(tables["accounts"], start=1):
        row["interview"] = f"talk {n % 3}" if n % 2 else ""
    assert report(tmp_path, tables).leaking_columns == frozenset()


def test_a_column_that_tells_leavers_from_stayers_is_left_out(tmp_path: Path) -> None:
    tables = only("events")
    for n, row in enumerate(tables["accounts"], start=1):
        row["segment"] = "grey" if has_left(n) else ("blue" if n % 2 else "white")
    [violation] = report(tmp_path, tables).of("K403", "accounts")
    assert violation.column == "segment"


def test_a_number_that_tells_leavers_from_stayers_is_left_out(tmp_path: Path) -> None:
    tables = only("events")
    for n, row in enumerate(tables["accounts"], start=1):
        row["balance"] = n / 1000 if has_left(n) else 100 + n / 7
    [violation] = report(tmp_path, tables).of("K403", "accounts")
    assert violation.column == "balance"


def test_a_column_that_merely_goes_with_leaving_is_kept(tmp_path: Path) -> None:
    tables = only("events")
    for n, row in enumerate(tables["accounts"], start=1):
        row["segment"] = "grey" if has_left(n) and n % 3 else "blue"
    assert report(tmp_path, tables).of("K403") == ()


def test_a_time_after_the_account_began_is_left_out(tmp_path: Path) -> None:
    tables = only("events")
    for row in tables["accounts"]:
        row["last_login"] = "2025-09-10"
    [violation] = report(tmp_path, tables).of("K404", "accounts")
    assert violation.column == "last_login"


def test_a_time_before_the_account_began_is_kept(tmp_path: Path) -> None:
    tables = only("events")
    for row in tables["accounts"]:
        row["founded_on"] = "2001-04-01"
    assert report(tmp_path, tables).leaking_columns == frozenset()


def test_a_renewal_date_emptied_when_the_account_left_is_left_out(tmp_path: Path) -> None:
    tables = only("events")
    for row in tables["subscriptions"]:
        row["renews_at"] = "" if row["ended_at"] else "2026-03-01"
    found = examine(company(tmp_path, tables), now=NOW)
    assert found.report.leaking_columns == {("subscriptions", "renews_at")}
    assert "renews_at" not in found.tables["subscriptions"].columns


def test_a_renewal_date_that_is_the_end_of_the_term_is_kept(tmp_path: Path) -> None:
    tables = only("events")
    for row in tables["subscriptions"]:
        row["renews_at"] = row["ended_at"] or "2026-03-01"
    assert report(tmp_path, tables).leaking_columns == frozenset()


def test_ends_before_the_term_are_counted(tmp_path: Path) -> None:
    tables = only("events")
    for row in tables["subscriptions"]:
        row["term_months"] = 12
    [violation] = report(tmp_path, tables).of("K406")
    assert violation.rows == 10


def test_ends_at_the_end_of_the_term_are_no_violation(tmp_path: Path) -> None:
    tables = only("events")
    for row in tables["subscriptions"]:
        row["term_months"] = 1
    assert report(tmp_path, tables).of("K406") == ()


def test_without_terms_and_renewals_nothing_is_said_of_them(tmp_path: Path) -> None:
    tables = only("events")
    for row in tables["subscriptions"]:
        del row["renews_at"]
    assert report(tmp_path, tables).violations == ()
