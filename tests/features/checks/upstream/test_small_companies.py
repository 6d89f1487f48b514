"""Small sound companies are not refused: neither at first nor week after week."""

from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from features.simulator import CompanyPlan, simulate
from features.sources import examine
from tests.builders.deliveries import Company

END = datetime(2026, 3, 2)
TABLES = ("accounts", "subscriptions", "events", "tickets", "messages", "invoices")


def small(folder: Path, accounts: int, seed: int) -> Company:
    """Return a company of two years."""
    source = folder / "source"
    source.mkdir()
    plan = CompanyPlan(accounts=accounts, seed=seed, start=date(2024, 3, 2), end=END.date())
    simulate(plan, source)
    return Company(source, folder)


def refused(company: Company, end: datetime) -> list[str]:
    """Deliver what was known at ``end`` and return what the load refuses."""
    for table in TABLES:
        company.deliver(table, end)
    settings = company.settings(TABLES, f"[data]\nobserved_until = {end.isoformat()}\n")
    return [v.sentence for v in examine(settings, now=end).report.refused]


@pytest.mark.parametrize(("accounts", "seed"), [(10, 3), (24, 2), (60, 2)])
def test_a_first_delivery_of_a_sound_company_is_not_refused(
    tmp_path: Path, accounts: int, seed: int
) -> None:
    assert refused(small(tmp_path, accounts, seed), END) == []


def test_eleven_days_without_a_yearly_contract_are_no_frozen_column(tmp_path: Path) -> None:
    source, end = tmp_path / "source", datetime(2026, 11, 20)
    source.mkdir()
    plan = CompanyPlan(
        accounts=400, seed=5, start=date(2024, 11, 20), end=end.date(), events_scale=0.05
    )
    simulate(plan, source)
    assert refused(Company(source, tmp_path), end) == []


def test_an_account_that_ends_as_another_begins_is_no_renamed_category(tmp_path: Path) -> None:
    company = small(tmp_path, 24, 5)
    file = company.source / "tickets.parquet"
    in_turn = (
        "CASE WHEN hash(ticket_id) % 3 > 0 THEN 'A0000' || hash(ticket_id) % 3 "
        "WHEN opened_at < TIMESTAMP '2025-06-01' THEN 'A00003' ELSE 'A00004' END"
    )
    rewrite(file, f"* REPLACE ({in_turn} AS account_id)")
    assert refused(company, END) == []
    # The same in a column that does hold categories is one value in another's place.
    rewrite(file, f"* REPLACE ({in_turn} AS category)")
    assert any("Was it renamed?" in sentence for sentence in refused(company, END))


def test_week_after_week_of_sixty_accounts_is_not_refused(tmp_path: Path) -> None:
    company = small(tmp_path, 60, 2)
    for weeks in (52, 26, 2, 1, 0):
        assert refused(company, END - timedelta(weeks=weeks)) == [], weeks


def rewrite(file: Path, select: str) -> None:
    """Replace the rows of a Parquet file."""
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE t AS SELECT {select} FROM read_parquet('{file}')")
        con.execute(f"COPY t TO '{file}' (FORMAT parquet)")
