"""Every rule for rows: one case that fires, one that stays silent, one that cannot apply."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from features.checks import CheckReport
from features.sources import load_tables
from tests.builders.company_files import ACCOUNTS, NOW, changed, company, report, sound

Fires = tuple[str, str, str, dict[str, Any], str]

FIRES: list[Fires] = [
    ("K203", "subscriptions", "ended_at", {"ended_at": "2025-01-01"}, "quarantined"),
    ("K205", "events", "occurred_at", {"occurred_at": "2025-01-01T00:00:00"}, "quarantined"),
    ("K102", "subscriptions", "started_at", {"started_at": "2025-02-30"}, "quarantined"),
    ("K102", "subscriptions", "ended_at", {"ended_at": "soon"}, "quarantined"),
    ("K102", "subscriptions", "seats", {"seats": "2.5"}, "warning"),
    ("K102", "subscriptions", "mrr", {"mrr": "1,000"}, "warning"),
    ("K102", "subscriptions", "auto_renew", {"auto_renew": "maybe"}, "warning"),
    ("K102", "events", "occurred_at", {"occurred_at": "31.12.2025"}, "quarantined"),
    ("K102", "events", "quantity", {"quantity": "inf"}, "warning"),
    ("K102", "accounts", "created_at", {"created_at": "yesterday"}, "warning"),
    ("K103", "events", "event", {"event": ""}, "quarantined"),
    ("K103", "events", "occurred_at", {"occurred_at": ""}, "quarantined"),
    ("K103", "accounts", "account_id", {"account_id": " "}, "quarantined"),
    ("K104", "accounts", "account_id", {"account_id": "a02"}, "quarantined"),
    ("K104", "tickets", "ticket_id", {"ticket_id": "t2"}, "quarantined"),
    ("K201", "events", "occurred_at", {"occurred_at": "1969-12-31T23:59:59"}, "quarantined"),
    ("K201", "events", "occurred_at", {"occurred_at": "2200-01-01"}, "quarantined"),
    ("K201", "tickets", "resolved_at", {"resolved_at": "2999-01-01"}, "warning"),
    ("K202", "events", "occurred_at", {"occurred_at": "2026-02-03"}, "quarantined"),
    ("K202", "accounts", "created_at", {"created_at": "2026-02-03"}, "quarantined"),
    ("K204", "tickets", "resolved_at", {"resolved_at": "2025-05-31T23:59:59"}, "quarantined"),
    ("K205", "tickets", "opened_at", {"opened_at": "2024-06-01"}, "quarantined"),
    ("K205", "subscriptions", "started_at", {"started_at": "2024-06-01"}, "warning"),
    ("K207", "subscriptions", "ended_at", {"ended_at": "9999-12-31"}, "warning"),
    ("K301", "events", "account_id", {"account_id": "b01"}, "quarantined"),
    ("K302", "invoices", "amount", {"amount": -1}, "quarantined"),
    ("K302", "subscriptions", "mrr", {"mrr": -1}, "warning"),
    ("K302", "events", "duration_s", {"duration_s": -0.5}, "warning"),
    ("K302", "events", "quantity", {"quantity": -1}, "warning"),
    ("K303", "invoices", "currency", {"currency": "EUR"}, "quarantined"),
    ("K303", "subscriptions", "currency", {"currency": "EUR"}, "warning"),
    ("K304", "surveys", "rating", {"rating": 11}, "quarantined"),
    ("K304", "surveys", "rating", {"rating": -1}, "quarantined"),
    ("K304", "tickets", "csat", {"csat": 6}, "warning"),
]
"""The first case of a table breaks its first row, whose account began on 2025-01-02."""

SILENT: list[tuple[str, str, dict[str, Any]]] = [
    ("K203", "subscriptions", {"ended_at": "2025-01-02"}),
    ("K205", "events", {"occurred_at": "2025-01-02T00:00:00"}),
    ("K102", "subscriptions", {"started_at": "20250302", "seats": "7.0", "auto_renew": "F"}),
    ("K102", "subscriptions", {"seats": "N/A", "mrr": "NaN", "auto_renew": ""}),
    ("K102", "events", {"occurred_at": "2025-03-15 9:30"}),
    ("K104", "tickets", {"ticket_id": ""}),
    ("K201", "events", {"occurred_at": "2025-02-28T23:59:59Z"}),
    ("K202", "tickets", {"resolved_at": "2026-06-01"}),
    ("K204", "tickets", {"resolved_at": "2025-06-01"}),
    ("K302", "invoices", {"amount": 0}),
    ("K303", "subscriptions", {"currency": "usd"}),
    ("K303", "subscriptions", {"currency": ""}),
    ("K304", "surveys", {"rating": 10}),
    ("K304", "surveys", {"rating": ""}),
]

CANNOT_APPLY = [
    ("K104", "tickets", "ticket_id"),
    ("K201", "tickets", "resolved_at"),
    ("K204", "tickets", "resolved_at"),
    ("K302", "events", "duration_s"),
    ("K303", "invoices", "currency"),
    ("K304", "tickets", "csat"),
]


ALONE = ("accounts", "K104")
"""What a broken account or a copy of a row does to other rows would be counted among theirs."""


@dataclass(frozen=True)
class Broken:
    """What is found where one row of a table breaks one rule.

    Attributes
    ----------
    row : int
        The broken row's place in its table.
    quarantined : int
        Rows of the table that are broken so that they are kept out, this one among them or not.
    """

    found: CheckReport
    row: int
    quarantined: int


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Broken]:
    """Return every case of `FIRES` by its name: rules are broken together, each by another row."""
    waiting, told = list(FIRES), dict[str, Broken]()
    while waiting:
        chosen = _together(waiting)
        waiting = [case for case in waiting if case not in chosen]
        tables, rows, kept_out = sound(), {}, Counter[str]()
        for case in chosen:
            _, table, _, values, severity = case
            rows[str(case)] = sum(other[1] == table for other in chosen[: chosen.index(case)])
            tables[table][rows[str(case)]] |= values
            kept_out[table] += severity == "quarantined"
        found = report(tmp_path_factory.mktemp("broken"), tables)
        told |= {str(case): Broken(found, rows[str(case)], kept_out[case[1]]) for case in chosen}
    return told


def _together(cases: list[Fires]) -> list[Fires]:
    """Return the first of the cases and all that can be told from it and from each other."""
    chosen = cases[:1]
    if not set(ALONE) & set(chosen[0][:2]):
        for case in cases[1:]:
            known = {other[:3] for other in chosen}
            if case[:3] not in known and not set(ALONE) & set(case[:2]):
                chosen.append(case)
    return chosen


@pytest.mark.parametrize("case", FIRES, ids=lambda case: f"{case[0]}-{case[2]}-{case[3][case[2]]}")
def test_the_rule_fires_and_names_table_column_row_and_value(
    case: Fires, broken: dict[str, Broken]
) -> None:
    (code, table, column, values, severity), told = case, broken[str(case)]
    found = told.found
    [violation] = [v for v in found.of(code, table) if v.column == column]
    assert (violation.severity, violation.rows) == (severity, 1)
    if code == "K104":  # the later of the two rows is the copy
        assert violation.example_row == 3
    else:
        assert violation.example_row == 2 + told.row
        assert violation.example_value == str(values[column])
    assert f"1 of {len(sound()[table])} rows of {table}" in violation.sentence
    assert violation.fix
    assert found.rows_kept[table] == found.rows_read[table] - told.quarantined


@pytest.fixture(scope="module")
def allowed(tmp_path_factory: pytest.TempPathFactory) -> CheckReport:
    """Return what is found where every case of `SILENT` is another row of its table."""
    tables, places = sound(), Counter[str]()
    for _, table, values in SILENT:
        tables[table][places[table]] |= values
        places[table] += 1
    return report(tmp_path_factory.mktemp("allowed"), tables)


@pytest.mark.parametrize(("code", "table", "values"), SILENT)
def test_the_rule_is_silent_on_what_is_allowed(
    code: str, table: str, values: dict[str, Any], allowed: CheckReport
) -> None:
    assert values
    assert allowed.of(code, table) == ()
    assert allowed.rows_kept[table] == allowed.rows_read[table]


@pytest.fixture(scope="module")
def lacking(tmp_path_factory: pytest.TempPathFactory) -> CheckReport:
    """Return what is found without any of the columns of `CANNOT_APPLY`."""
    tables = {
        table: [
            {k: v for k, v in row.items() if (table, k) not in {case[1:] for case in CANNOT_APPLY}}
            for row in rows
        ]
        for table, rows in sound().items()
    }
    return report(tmp_path_factory.mktemp("lacking"), tables)


@pytest.mark.parametrize(("code", "table", "column"), CANNOT_APPLY)
def test_the_rule_cannot_apply_without_its_column(
    code: str, table: str, column: str, lacking: CheckReport
) -> None:
    assert column in sound()[table][0]
    assert lacking.usable
    assert lacking.of(code) == ()


def test_nothing_is_older_than_accounts_that_do_not_say_when_they_began(tmp_path: Path) -> None:
    tables = changed("events", 0, occurred_at="1999-01-01")
    for row in tables["accounts"]:
        del row["created_at"]
    assert report(tmp_path, tables).of("K205") == ()


def test_a_sound_company_has_no_violation(tmp_path: Path) -> None:
    found = report(tmp_path, sound())
    assert found.violations == ()
    assert found.quarantine_files == {}
    assert found.rows_kept["accounts"] == ACCOUNTS


def test_two_rules_broken_by_one_row_are_both_named_in_its_quarantine_file(tmp_path: Path) -> None:
    found = report(tmp_path, changed("events", 4, account_id="b01", occurred_at="1900-01-01"))
    rows = duckdb.execute(
        "SELECT row, violation, account_id, occurred_at FROM read_parquet(?)",
        [str(found.quarantine_files["events"])],
    ).fetchall()
    assert rows == [(6, "K201,K301", "b01", "1900-01-01")]
    assert found.rows_quarantined("events") == 1


def test_a_quarantine_file_goes_once_its_rows_are_mended(tmp_path: Path) -> None:
    file = report(tmp_path, changed("events", 0, event="")).quarantine_files["events"]
    assert file.exists()
    assert report(tmp_path, sound()).quarantine_files == {}
    assert not file.exists()


def test_rows_older_than_the_subscription_they_name_are_kept_out(tmp_path: Path) -> None:
    tables = sound()
    for table in ("subscriptions", "events"):
        for row in tables[table]:
            row["subscription_id"] = f"s-{row['account_id']}"
    tables["events"][0] |= {"subscription_id": "s-a40"}
    tables["subscriptions"][39] |= {"started_at": "2025-03-16"}
    found = report(tmp_path, tables)
    # The events of a40 itself of 2025-03-15 are older than its subscription as well.
    [violation] = found.of("K206", "events")
    assert violation.rows == 2
    assert found.rows_quarantined("events") == 2


def test_without_subscription_ids_no_row_is_older_than_its_subscription(tmp_path: Path) -> None:
    tables = changed("subscriptions", 39, started_at="2025-12-16")
    assert report(tmp_path, tables).of("K206") == ()


def test_the_day_of_an_account_without_a_clock_time_counts_whole(tmp_path: Path) -> None:
    tables = sound()
    tables["accounts"][0]["created_at"] = "2025-03-15T14:00:00"
    tables["events"][0]["occurred_at"] = "2025-03-15"
    assert report(tmp_path, tables).of("K205", "events") == ()


def test_that_day_is_the_companys_not_that_of_utc(tmp_path: Path) -> None:
    tables = sound()
    tables["accounts"][0]["created_at"] = "2025-03-15T10:00:00"  # 01:00 UTC
    tables["events"][0]["occurred_at"] = "2025-03-15"  # 15:00 UTC of the day before
    found = report(tmp_path, tables, extra='[company]\ntimezone = "Asia/Tokyo"\n')
    assert found.of("K205", "events") == ()


def test_a_company_with_one_currency_that_is_not_its_own_is_left_alone(tmp_path: Path) -> None:
    tables = sound()
    for row in tables["invoices"]:
        row["currency"] = "JPY"
    assert report(tmp_path, tables).of("K303") == ()


def test_the_mrr_of_a_foreign_currency_counts_as_missing(tmp_path: Path) -> None:
    settings = company(tmp_path, changed("subscriptions", 0, currency="EUR"))
    subscriptions = load_tables(settings, now=NOW).tables["subscriptions"]
    row = subscriptions.filter(subscriptions.account_id == "a01").to_pyarrow().to_pylist()[0]
    assert (row["mrr"], row["currency"]) == (None, "EUR")
