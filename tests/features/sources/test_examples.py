"""The six public data sets: what the check says of them, and who is asked about."""

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from features.flat import examine_flat
from features.settings import Settings, load_settings
from features.sources import LoadedInput, load_tables

EXAMPLES = Path(__file__).parents[3] / "examples"
DATA = Path(os.environ.get("KENSHIN_SHARED_DATA", EXAMPLES.parent / "../shared/data")).resolve()

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"the public data sets are not at {DATA}"),
]


Load = Callable[..., Settings]


@pytest.fixture
def settings_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Return a function from an example's name to its settings, writing into the test's folder."""
    monkeypatch.setenv("KENSHIN_SHARED_DATA", str(DATA))

    def load(example: str, file: str = "kenshin.toml") -> Settings:
        settings = load_settings(EXAMPLES / example / file)
        return settings.model_copy(update={"workspace_folder": str(tmp_path)})

    return load


def subscribed(loaded: LoadedInput, as_of: datetime, days: int, tenure: int) -> tuple[int, int]:
    """Return how many are subscribed at ``as_of`` and how many of them end within ``days``."""
    con = loaded.tables.backend.con
    until = as_of + timedelta(days=days)
    found = con.execute(
        "SELECT count(*), count(*) FILTER (WHERE last_end < ?) FROM ("
        "SELECT account_id, max(ended_at) AS last_end, min(started_at) AS first_start, "
        "bool_or(started_at < ? AND ended_at >= ?) AS live FROM subscriptions GROUP BY 1) "
        "WHERE live AND first_start <= ?",
        [until, as_of, as_of, as_of - timedelta(days=tenure)],
    ).fetchall()[0]
    return found[0], found[1]


def buyers(loaded: LoadedInput, as_of: datetime, days: int) -> tuple[int, int]:
    """Return who bought in the 90 days before ``as_of`` and who of them did not in ``days``."""
    con = loaded.tables.backend.con
    found = con.execute(
        "SELECT count(*), count(*) FILTER (WHERE NOT later) FROM (SELECT account_id, "
        "bool_or(occurred_at >= ? AND occurred_at < ?) AS live, "
        "bool_or(occurred_at >= ? AND occurred_at < ?) AS later "
        "FROM events WHERE event = 'purchase' GROUP BY 1) WHERE live",
        [as_of - timedelta(days=90), as_of, as_of, as_of + timedelta(days=days)],
    ).fetchall()[0]
    return found[0], found[1]


def test_crm6_asks_about_1803_accounts(settings_of: Load) -> None:
    settings = settings_of("crm6")
    loaded = load_tables(settings)
    assert subscribed(loaded, datetime(2023, 5, 1), 60, 0) == (1803, 69)
    assert {(v.code, v.table) for v in loaded.report.violations} == {
        ("K202", "subscriptions"),
        ("K202", "events"),
    }
    assert loaded.report.of("K202", "events")[0].rows == 77_362
    assert loaded.report.rows_read["events"] == 2_019_024


def test_socialnet7_asks_about_4666_accounts(settings_of: Load) -> None:
    loaded = load_tables(settings_of("socialnet7"))
    assert subscribed(loaded, datetime(2020, 5, 1), 30, 14) == (4666, 74)
    assert loaded.report.rows_read["events"] == 2_234_045
    assert {v.code for v in loaded.report.violations} == {"K202"}


def test_the_ends_of_crm6_as_they_stand_in_the_file_are_seen_to_be_overwritten(
    settings_of: Load, tmp_path: Path
) -> None:
    text = (EXAMPLES / "crm6" / "kenshin.toml").read_text()
    text = text.replace('ended_at = "paid_until"', 'ended_at = "end_date"')
    text = text.replace("AS paid_until", "AS paid_until, end_date")
    (tmp_path / "kenshin.toml").write_text(text)
    found = load_tables(load_settings(tmp_path / "kenshin.toml")).report
    assert found.of("K406")[0].rows == 4


@pytest.mark.parametrize(
    ("file", "as_of", "days", "asked"),
    [
        ("kenshin.toml", datetime(2011, 10, 10), 60, (2219, 891)),
        ("kenshin-30.toml", datetime(2011, 11, 9), 30, (2566, 1463)),
    ],
)
def test_online_retail_asks_about_those_who_bought(
    file: str, as_of: datetime, days: int, asked: tuple[int, int], settings_of: Load
) -> None:
    settings = settings_of("online_retail", file)
    loaded = load_tables(settings)
    assert buyers(loaded, as_of, days) == asked
    assert settings.churn.horizon_days == days
    assert loaded.tables.observed_until == datetime(2011, 12, 9)
    assert loaded.report.rows_kept["accounts"] == 4371


def test_online_retail_leaves_out_lines_without_customer_and_credit_notes(
    settings_of: Load,
) -> None:
    con = load_tables(settings_of("online_retail")).tables.backend.con
    file = DATA / "online_retail" / "online_retail.parquet"
    nobody, credit = con.execute(
        "SELECT count(*) FILTER (WHERE CustomerID IS NULL), count(*) FILTER (WHERE CustomerID IS "
        f"NOT NULL AND InvoiceNo LIKE 'C%' AND InvoiceDate < '2011-12-09') FROM '{file}'"
    ).fetchall()[0]
    assert nobody == 135_080
    [(returns,)] = con.execute("SELECT count(*) FROM events WHERE event = 'return'").fetchall()
    assert returns == credit


def test_ravenstack_has_impossible_timelines_and_a_flag_that_knows_the_future(
    settings_of: Load,
) -> None:
    found = load_tables(settings_of("ravenstack")).report
    [usage] = found.of("K206", "events")
    [tickets] = found.of("K205", "tickets")
    assert (usage.rows, tickets.rows) == (19_142, 1_077)
    assert "(76.6 %)" in usage.sentence
    assert "(53.9 %)" in tickets.sentence
    assert found.leaking_columns == {("accounts", "churn_flag")}
    assert found.rows_kept["events"] == 25_000 - 19_142


@pytest.mark.parametrize(
    ("example", "rows", "left", "features"),
    [("ibm_telco", 7043, 1869, 19), ("cell2cell", 51_047, 14_711, 56)],
)
def test_the_flat_examples_are_read_whole(
    example: str, rows: int, left: int, features: int, settings_of: Load
) -> None:
    flat = examine_flat(settings_of(example))
    assert flat.report.violations == ()
    assert flat.table.num_rows == rows
    assert sum(flat.table["churned"].to_pylist()) == left
    assert len(flat.features) == features
