"""Too little to work with: missing columns and tables, empty ones, one account, no churn."""

from pathlib import Path

import pytest

from features.errors import TableError
from features.sources import load_tables
from tests.builders.company_files import NOW, company, only, report, sound, without, write_csv


def test_a_missing_needed_column_is_refused_with_the_column_that_was_meant(tmp_path: Path) -> None:
    tables = only("tickets")
    tables["tickets"] = [{"opened": r.pop("opened_at"), **r} for r in tables["tickets"]]
    found = report(tmp_path, tables)
    [violation] = found.of("K101", "tickets")
    assert violation.severity == "refused"
    assert "no column 'opened_at'" in violation.sentence
    assert "Did you mean 'opened'?" in violation.sentence
    assert violation.fix.endswith('opened_at = "opened".')


def test_a_missing_optional_column_is_no_violation(tmp_path: Path) -> None:
    assert report(tmp_path, without("tickets", "csat", "resolved_at")).violations == ()


def test_a_column_that_the_settings_name_must_be_there_even_if_optional(tmp_path: Path) -> None:
    found = report(tmp_path, only("tickets"), sections='[tables.tickets.columns]\ncsat = "sat"\n')
    [violation] = found.of("K101", "tickets")
    assert "no column 'sat' for csat" in violation.sentence


def test_a_mapped_column_that_no_such_table_has_is_refused(tmp_path: Path) -> None:
    found = report(tmp_path, only("events"), sections='[tables.events.columns]\nuserid = "u"\n')
    [violation] = found.of("K107", "events")
    assert "Did you mean 'user_id'?" in violation.sentence


def test_every_refused_table_is_reported_at_once(tmp_path: Path) -> None:
    tables = sound()
    for table, column in (("tickets", "opened_at"), ("surveys", "kind")):
        tables[table] = [{k: v for k, v in r.items() if k != column} for r in tables[table]]
    found = report(tmp_path, tables)
    assert [v.table for v in found.refused] == ["tickets", "surveys"]
    with pytest.raises(TableError, match=r"no column 'opened_at'.*1 more: run `kenshin check`"):
        load_tables(company(tmp_path, tables), now=NOW)


def test_without_accounts_the_input_is_refused(tmp_path: Path) -> None:
    tables = sound()
    del tables["accounts"]
    assert [v.code for v in report(tmp_path, tables).refused] == ["K108"]


def test_without_the_table_that_tells_who_left_the_input_is_refused(tmp_path: Path) -> None:
    tables = sound()
    del tables["subscriptions"]
    [violation] = report(tmp_path, tables).refused
    assert "churn.source is 'subscriptions'" in violation.sentence


@pytest.mark.parametrize(
    ("table", "severity"),
    [("accounts", "refused"), ("subscriptions", "refused"), ("events", "warning")],
)
def test_an_empty_table_is_refused_where_it_is_needed(
    table: str, severity: str, tmp_path: Path
) -> None:
    tables = only("events")
    settings = company(tmp_path, tables)
    write_csv(tmp_path / f"{table}.csv", [], list(tables[table][0]))
    from features.sources import examine

    found = examine(settings, now=NOW)
    [violation] = found.report.of("K105", table)
    assert violation.severity == severity
    assert table not in found.tables


def test_a_table_of_which_no_row_is_left_says_so(tmp_path: Path) -> None:
    tables = only("events")
    for row in tables["events"]:
        row["occurred_at"] = "never"
    [violation] = report(tmp_path, tables).of("K105", "events")
    assert "none of them can be used" in violation.sentence


def test_a_single_account_is_refused(tmp_path: Path) -> None:
    tables = {table: rows[:1] for table, rows in sound().items()}
    found = report(tmp_path, tables)
    assert [v.code for v in found.refused] == ["K501"]


def test_two_accounts_are_not_a_single_one(tmp_path: Path) -> None:
    tables = {table: rows[:2] for table, rows in only("events").items()}
    assert report(tmp_path, tables).of("K501") == ()


def test_a_company_nobody_ever_left_is_told_so(tmp_path: Path) -> None:
    tables = only("events")
    for row in tables["subscriptions"]:
        row["ended_at"] = ""
    found = report(tmp_path, tables)
    [violation] = found.of("K502")
    assert "None of 40 accounts has left" in violation.sentence
    assert "Until then no model can be learned; a scorecard may serve" in violation.fix
    assert found.usable


def test_a_company_everybody_left_is_told_so(tmp_path: Path) -> None:
    tables = only("events")
    for row in tables["subscriptions"]:
        row["ended_at"] = "2025-03-01"
    assert len(report(tmp_path, tables).of("K503")) == 1


def test_leaving_by_inactivity_is_seen_in_the_events(tmp_path: Path) -> None:
    tables = {t: rows for t, rows in only("events").items() if t != "subscriptions"}
    tables["events"] = tables["events"][6:]  # the first two accounts never did anything
    inactive = '[churn]\nsource = "inactivity"\nactive_within_days = 30\n'
    assert report(tmp_path, tables, extra=inactive).of("K502")
    tables["events"] = [r for r in tables["events"] if r["account_id"] != "a07"] + [
        {**tables["events"][0], "account_id": "a07"}
    ]
    assert report(tmp_path, tables, extra=inactive).violations == ()


def test_leaving_by_churns_is_seen_in_the_churns(tmp_path: Path) -> None:
    tables = {t: rows for t, rows in only("events").items() if t != "subscriptions"}
    tables["churns"] = [{"account_id": "a01", "churned_at": "2025-08-01"}]
    assert report(tmp_path, tables, extra='[churn]\nsource = "churns"\n').violations == ()
