"""What the next delivery is held against, and what is taken for the new normal."""

import json
import re
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner, Result

from features.checks.upstream.findings import TITLES
from features.checks.upstream.store import acceptance_file, profile_file, recall
from features.errors import TableError
from features.sources import examine, load_tables
from features.sources.load import LoadedInput
from serving.cli import app
from tests.builders.deliveries import FIRST, SECOND, Company

SMALL = ("accounts", "subscriptions", "tickets", "surveys")
QUIET = f"[data]\nobserved_until = {FIRST.isoformat()}\n"
THOUSAND = "* REPLACE (mrr * 1000 AS mrr)"


def deliver(company: Company, end: datetime, **broken: str) -> None:
    for table in SMALL:
        company.deliver(table, end, broken.get(table, "*"))


def checked(company: Company, end: datetime) -> LoadedInput:
    settings = company.settings(SMALL, f"[data]\nobserved_until = {end.isoformat()}\n")
    return examine(settings, now=end)


@pytest.fixture(scope="module")
def first(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a company whose first delivery was checked and remembered."""
    company = Company(whole, tmp_path_factory.mktemp("first"))
    deliver(company, FIRST)
    assert codes(checked(company, FIRST)) == set()
    return company.folder


@pytest.fixture
def delivered(first: Path, whole: Path, tmp_path: Path) -> Company:
    """Return a copy of that company."""
    shutil.copytree(first, tmp_path, dirs_exist_ok=True)
    return Company(whole, tmp_path)


def codes(loaded: LoadedInput) -> set[tuple[str, str, str, str]]:
    assert loaded.report.delivery is not None
    return {(v.code, v.severity, v.table, v.column) for v in loaded.report.delivery.violations}


def run(company: Company, *arguments: str) -> Result:
    config = str(company.folder / "kenshin.toml")
    return CliRunner().invoke(app, [*arguments, "--config", config])


def test_the_same_delivery_again_is_silent(company: Company) -> None:
    deliver(company, FIRST)
    assert codes(checked(company, FIRST)) == set()
    assert codes(checked(company, FIRST)) == set()


def test_the_next_day_and_a_year_of_growth_are_silent(company: Company) -> None:
    for end in (SECOND - timedelta(days=365), SECOND - timedelta(days=1), SECOND):
        deliver(company, end)
        assert codes(checked(company, end)) == set()


def test_a_broken_delivery_is_refused_by_every_command_and_not_remembered(
    delivered: Company,
) -> None:
    before = profile_file(delivered.settings(SMALL)).read_bytes()
    deliver(delivered, SECOND, subscriptions=THOUSAND)
    delivered.settings(SMALL, f"[data]\nobserved_until = {SECOND.isoformat()}\n")
    for command in (["check"], ["snapshot"], ["train"]):
        done = run(delivered, *command)
        assert done.exit_code == 2 or isinstance(done.exception, TableError), command
        said = done.stdout + str(done.exception)
        assert "K705" in said
        assert "subscriptions.mrr is 1,0" in " ".join(said.split())
    assert profile_file(delivered.settings(SMALL)).read_bytes() == before


def test_an_accepted_delivery_is_the_new_normal_and_the_log_says_who(delivered: Company) -> None:
    deliver(delivered, SECOND, subscriptions=THOUSAND)
    settings = delivered.settings(SMALL, f"[data]\nobserved_until = {SECOND.isoformat()}\n")
    done = run(delivered, "check", "--accept", "--reason", "yen instead of thousands of yen")
    assert done.exit_code == 0
    [line] = acceptance_file(settings).read_text().splitlines()
    noted = json.loads(line)
    assert noted["reason"] == "yen instead of thousands of yen"
    assert {"at", "by"} <= set(noted)
    assert ("K705", "subscriptions") in {(a["code"], a["table"]) for a in noted["accepted"]}
    assert codes(checked(delivered, SECOND)) == set()
    load_tables(settings, now=SECOND)
    deliver(delivered, SECOND)
    assert ("K705", "refused", "subscriptions", "mrr") in codes(checked(delivered, SECOND))
    run(delivered, "check", "--accept")
    assert len(acceptance_file(settings).read_text().splitlines()) == 2


def test_another_mapping_starts_anew_and_says_so(delivered: Company) -> None:
    deliver(delivered, FIRST, subscriptions="* RENAME (mrr AS fee)")
    extra = QUIET + '[tables.subscriptions.columns]\nmrr = "fee"\n'
    settings = delivered.settings(SMALL, extra)
    loaded = examine(settings, now=FIRST)
    assert codes(loaded) == {("K720", "warning", "subscriptions", "")}
    assert codes(examine(settings, now=FIRST)) == set()


@pytest.mark.parametrize(
    ("broken", "code", "column"),
    [
        ("* REPLACE (CASE WHEN opened_at < '2026-09-01' THEN category END AS category)",
         "K704", "category"),
        ("* REPLACE (CASE WHEN opened_at < '2026-09-01' THEN priority ELSE 'low' END AS priority)",
         "K706", "priority"),
        ("* REPLACE (CASE WHEN category = 'bug' AND opened_at >= '2026-09-01' THEN 'defect' "
         "ELSE category END AS category)", "K709", "category"),
        ("* REPLACE (CASE WHEN opened_at >= '2026-09-01' THEN opened_at + INTERVAL 9 HOUR "
         "ELSE opened_at END AS opened_at)", "K710", "opened_at"),
    ],
)  # fmt: skip
def test_a_first_delivery_that_broke_on_some_day_is_named_with_that_day(
    company: Company, broken: str, code: str, column: str
) -> None:
    deliver(company, FIRST, tickets=broken)
    loaded = checked(company, FIRST)
    found = loaded.report.of(code, "tickets")
    assert [(v.severity, v.column) for v in found] == [("refused", column)]
    if code != "K710":
        assert "2026-09-0" in found[0].sentence or "2026-08-31" in found[0].sentence
    assert not profile_file(company.settings(SMALL)).exists()


def test_a_first_delivery_whose_amounts_jumped_is_named_with_that_day(company: Company) -> None:
    jumped = "* REPLACE (CASE WHEN started_at < '2026-09-01' THEN mrr ELSE mrr * 1000 END AS mrr)"
    deliver(company, FIRST, subscriptions=jumped)
    [found] = checked(company, FIRST).report.of("K705")
    assert (found.severity, found.column) == ("refused", "mrr")
    assert "since 2026-09-01" in found.sentence or "since 2026-08-31" in found.sentence


@pytest.mark.parametrize(
    ("broken", "code", "severity"),
    [
        ("* EXCLUDE (opened_at), opened_at + INTERVAL 9 HOUR AS opened_at", "K710", "refused"),
        ("* REPLACE (CASE category WHEN 'bug' THEN 'defect' ELSE category END AS category)",
         "K709", "refused"),
        ("* REPLACE (CASE WHEN hash(ticket_id) % 5 = 0 THEN NULL ELSE priority END AS priority)",
         "K704", "warning"),
    ],
)  # fmt: skip
def test_other_shifts_of_a_next_delivery_are_named(
    delivered: Company, broken: str, code: str, severity: str
) -> None:
    deliver(delivered, SECOND, tickets=broken)
    found = checked(delivered, SECOND).report.of(code, "tickets")
    assert severity in {v.severity for v in found}


def test_a_table_that_stops_is_named(company: Company) -> None:
    deliver(company, FIRST)
    checked(company, FIRST)
    for table in ("accounts", "subscriptions", "surveys"):
        company.deliver(table, SECOND)
    [found] = checked(company, SECOND).report.of("K707", "tickets")
    assert found.severity == "refused"
    assert "has nothing after 2026-10-" in found.sentence


def test_a_table_closed_since_long_before_the_first_delivery_only_warns_once(
    company: Company,
) -> None:
    deliver(company, SECOND)
    company.deliver("tickets", FIRST)
    assert codes(checked(company, SECOND)) == {("K707", "warning", "tickets", "opened_at")}
    assert codes(checked(company, SECOND)) == set()


def test_rows_delivered_twice_or_half_are_named(delivered: Company) -> None:
    file = delivered.folder / "surveys.parquet"
    for query in ("SELECT * FROM t UNION ALL SELECT * FROM t", "SELECT * FROM t LIMIT 500"):
        delivered.deliver("surveys", FIRST)
        with duckdb.connect() as con:
            con.execute(f"CREATE TABLE t AS SELECT * FROM read_parquet('{file}')")
            con.execute(f"COPY ({query}) TO '{file}' (FORMAT parquet)")
        assert ("K708", "refused", "surveys", "") in codes(checked(delivered, FIRST))


def test_other_account_ids_are_named_where_they_come_from(delivered: Company) -> None:
    deliver(delivered, FIRST, accounts="* REPLACE ('x' || account_id AS account_id)")
    found = codes(checked(delivered, FIRST))
    assert ("K713", "refused", "accounts", "account_id") in found
    assert ("K712", "refused", "tickets", "") in found


def test_a_table_that_is_absent_is_not_judged(delivered: Company) -> None:
    settings = delivered.settings(("accounts", "subscriptions"), QUIET)
    assert codes(examine(settings, now=FIRST)) == set()
    assert set(recall(settings).latest) == set(SMALL)


def test_a_small_table_does_not_cry_wolf(tmp_path: Path) -> None:
    from tests.builders.company_files import company as write
    from tests.builders.company_files import sound

    tables = sound()
    assert examine(write(tmp_path, tables)).report.refused == ()
    for row in tables["tickets"][:4]:
        row["csat"] = ""
    tables["tickets"] = tables["tickets"][:-3]
    assert examine(write(tmp_path, tables)).report.refused == ()


def test_every_code_is_explained() -> None:
    root = Path(__file__).parents[4]
    page = (root / "docs" / "upstream.md").read_text(encoding="utf-8")
    said = {
        code
        for file in (root / "features").rglob("*.py")
        for code in re.findall(r'"(K7\d\d)"', file.read_text(encoding="utf-8"))
    }
    assert {"K701", "K722"} | set(TITLES) <= said
    assert [code for code in sorted(said) if f"`{code}`" not in page] == []
