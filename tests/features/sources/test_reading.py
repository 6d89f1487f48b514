"""CSV, Parquet, DuckDB, SQL, zip archives and several files give the same clean table."""

import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.errors import SettingsError, TableError
from features.settings import Settings, load_settings
from features.sources import examine, load_tables
from features.sources.connection import expand
from tests.builders.company_files import NOW, Row, company, only, sound, write_csv


def events(settings: Settings) -> list[Row]:
    table = load_tables(settings, now=NOW).tables["events"]
    rows: list[Row] = table.order_by("account_id", "occurred_at").to_pyarrow().to_pylist()
    return rows


def as_parquet(folder: Path) -> str:
    rows = f"SELECT * FROM read_csv('{folder}/events.csv')"
    duckdb.execute(f"COPY ({rows}) TO '{folder}/events.parquet'")
    return 'file = "events.parquet"'


def as_duckdb_table(folder: Path) -> str:
    with duckdb.connect(str(folder / "company.db")) as con:
        con.execute(f"CREATE TABLE log AS SELECT * FROM read_csv('{folder}/events.csv')")
    return 'database = "duckdb:company.db"\ntable = "log"'


def as_duckdb_sql(folder: Path) -> str:
    as_duckdb_table(folder)
    return 'database = "duckdb:company.db"\nsql = "SELECT * FROM log WHERE event IS NOT NULL"'


def as_sql_on_files(folder: Path) -> str:
    return "sql = \"SELECT * FROM read_csv('events.csv');\""


def as_zip(folder: Path) -> str:
    with zipfile.ZipFile(folder / "events.csv.zip", "w") as archive:
        archive.write(folder / "events.csv", "inner/events.csv")
    return 'file = "events.csv.zip"'


def as_member(folder: Path) -> str:
    with zipfile.ZipFile(folder / "all.zip", "w") as archive:
        archive.write(folder / "events.csv", "events.csv")
        archive.write(folder / "accounts.csv", "accounts.csv")
    return 'file = "all.zip/events.csv"'


def as_several(folder: Path) -> str:
    rows = sound()["events"]
    for part in range(3):
        write_csv(folder / f"log-{part}.csv", rows[part::3])
    return 'file = "log-*.csv"'


def as_several_parquet(folder: Path) -> str:
    as_parquet(folder)
    table = pq.read_table(folder / "events.parquet")
    pq.write_table(table.slice(0, 50), folder / "log-1.parquet")
    pq.write_table(table.slice(50), folder / "log-2.parquet")
    return 'file = "log-*.parquet"'


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    """Return the events as one CSV file gives them."""
    return events(company(tmp_path_factory.mktemp("csv"), only("events")))


@pytest.mark.parametrize(
    "source",
    [
        as_parquet,
        as_duckdb_table,
        as_duckdb_sql,
        as_sql_on_files,
        as_zip,
        as_member,
        as_several,
        as_several_parquet,
    ],
)
def test_every_kind_of_source_gives_the_same_table(
    source: Callable[[Path], str], expected: list[Row], tmp_path: Path
) -> None:
    company(tmp_path, only("events"))
    text = (tmp_path / "kenshin.toml").read_text()
    (tmp_path / "kenshin.toml").write_text(text.replace('file = "events.csv"', source(tmp_path)))
    found = events(load_settings(tmp_path / "kenshin.toml"))
    # Events in many files are stored by day, and carry the days that were stored.
    assert [{name: row[name] for name in expected[0]} for row in found] == expected
    assert set(found[0]) - set(expected[0]) <= {"day", "known"}
    assert len(expected) == 120


def test_an_unchanged_archive_is_unpacked_once(tmp_path: Path) -> None:
    settings = company(tmp_path, only("events"))
    text = (tmp_path / "kenshin.toml").read_text()
    (tmp_path / "kenshin.toml").write_text(text.replace('file = "events.csv"', as_zip(tmp_path)))
    settings = load_settings(tmp_path / "kenshin.toml")
    events(settings)
    [unpacked] = (settings.workspace / "cache" / "unpacked").rglob("*.csv")
    before = unpacked.stat().st_mtime_ns
    events(settings)
    assert unpacked.stat().st_mtime_ns == before


def test_columns_and_values_are_mapped(tmp_path: Path) -> None:
    tables = only("events")
    tables["events"] = [
        {"kunde": r["account_id"], "wann": r["occurred_at"], "was": "L"} for r in tables["events"]
    ]
    mapping = (
        '[tables.events.columns]\naccount_id = "kunde"\noccurred_at = "WANN"\nevent = "was"\n'
        '[tables.events.values.event]\nL = "login"\n'
    )
    row = events(company(tmp_path, tables, sections=mapping))[0]
    assert row == {
        "account_id": "a01",
        "occurred_at": datetime(2025, 3, 15, 9, 30),
        "event": "login",
    }


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("2025-03-15 09:30", datetime(2025, 3, 15, 0, 30)),
        ("2025-03-15T09:30:00Z", datetime(2025, 3, 15, 9, 30)),
        ("2025-03-15T09:30:00-05:00", datetime(2025, 3, 15, 14, 30)),
        ("2025-03-15", datetime(2025, 3, 14, 15)),
        ("20250315", datetime(2025, 3, 14, 15)),
    ],
)
def test_a_time_without_offset_is_the_companys_and_stored_as_utc(
    written: str, stored: datetime, tmp_path: Path
) -> None:
    tables = only("events")
    tables["events"][0]["occurred_at"] = written
    settings = company(tmp_path, tables, extra='[company]\ntimezone = "Asia/Tokyo"\n')
    assert events(settings)[0]["occurred_at"] == stored


def test_times_with_and_without_zone_in_parquet_are_stored_as_utc(tmp_path: Path) -> None:
    settings = company(tmp_path, only("events"), extra='[company]\ntimezone = "America/New_York"\n')
    local = datetime(2025, 7, 1, 12)
    text = (tmp_path / "kenshin.toml").read_text()
    (tmp_path / "kenshin.toml").write_text(text.replace("events.csv", "events.parquet"))
    settings = load_settings(tmp_path / "kenshin.toml")
    for kind, stored in ((pa.timestamp("us"), 16), (pa.timestamp("us", "UTC"), 12)):
        table = {"account_id": ["a01"], "event": ["login"], "occurred_at": pa.array([local], kind)}
        pq.write_table(pa.table(table), tmp_path / "events.parquet")
        first = settings.model_copy(update={"workspace_folder": f".first-{stored}"})
        assert events(first)[0]["occurred_at"] == datetime(2025, 7, 1, stored)


def test_another_way_of_writing_times_is_given_by_date_format(tmp_path: Path) -> None:
    tables = only("events")
    for row in tables["events"]:
        row["occurred_at"] = "31/12/2025 23:15"
    settings = company(tmp_path, tables)
    text = (tmp_path / "kenshin.toml").read_text()
    text = text.replace('"events.csv"', '"events.csv"\ndate_format = "%d/%m/%Y %H:%M"')
    (tmp_path / "kenshin.toml").write_text(text)
    settings = load_settings(tmp_path / "kenshin.toml")
    assert events(settings)[0]["occurred_at"] == datetime(2025, 12, 31, 23, 15)


def test_account_ids_match_whether_written_as_text_or_number(tmp_path: Path) -> None:
    tables = only("events")
    for rows in tables.values():
        for row in rows:
            row["account_id"] = int(row["account_id"][1:])
    company(tmp_path, tables)
    as_parquet(tmp_path)
    con = duckdb.connect()
    con.execute(
        f"COPY (SELECT * REPLACE (CAST(account_id AS DOUBLE) AS account_id) "
        f"FROM '{tmp_path}/events.parquet') TO '{tmp_path}/doubles.parquet'"
    )
    text = (tmp_path / "kenshin.toml").read_text()
    (tmp_path / "kenshin.toml").write_text(text.replace("events.csv", "doubles.parquet"))
    assert {row["account_id"] for row in events(load_settings(tmp_path / "kenshin.toml"))} == {
        str(n) for n in range(1, 41)
    }


def test_a_line_with_too_few_values_is_kept_out_and_later_rows_keep_their_numbers(
    tmp_path: Path,
) -> None:
    tables = only("events")
    tables["events"][5]["event"] = ""
    settings = company(tmp_path, tables)
    lines = (tmp_path / "events.csv").read_text().splitlines()
    lines.insert(3, "a01,2025-03-15")
    (tmp_path / "events.csv").write_text("\n".join(lines) + "\n")
    found = examine(settings, now=NOW).report
    [unread] = found.of("K106", "events")
    assert (unread.rows, unread.example_row, unread.severity) == (1, 4, "quarantined")
    assert found.of("K103", "events")[0].example_row == 8
    assert (found.rows_read["events"], found.rows_kept["events"]) == (121, 119)


def test_a_row_in_one_of_several_files_is_named_with_its_file(tmp_path: Path) -> None:
    tables = only("events")
    settings = company(tmp_path, tables)
    rows = sound()["events"]
    rows[100]["event"] = ""
    write_csv(tmp_path / "log-1.csv", rows[:90])
    write_csv(tmp_path / "log-2.csv", rows[90:])
    text = (tmp_path / "kenshin.toml").read_text()
    (tmp_path / "kenshin.toml").write_text(text.replace("events.csv", "log-*.csv"))
    settings = load_settings(tmp_path / "kenshin.toml")
    [violation] = examine(settings, now=NOW).report.of("K103", "events")
    assert "row 12 of log-2.csv" in violation.sentence


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ('file = "nothing.csv"', "nothing at"),
        ('file = "broken.zip"', "zip"),
        ('file = "broken.parquet"', "broken.parquet"),
        ("sql = \"SELECT * FROM read_csv('nothing.csv')\"", "nothing.csv"),
        ('sql = "SELEKT 1"', "syntax error"),
        ('table = "log"', "names none"),
        ('table = "log"\ndatabase = "duckdb:nothing.db"', "nothing at"),
        ('table = "log"\ndatabase = "mysql://root:secret@host/db"', "mysql:…"),
    ],
)
def test_a_source_that_cannot_be_read_ends_in_one_sentence(
    source: str, said: str, tmp_path: Path
) -> None:
    company(tmp_path, only("events"))
    (tmp_path / "broken.zip").write_bytes(b"no archive")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 no parquet PAR1")
    text = (tmp_path / "kenshin.toml").read_text()
    (tmp_path / "kenshin.toml").write_text(text.replace('file = "events.csv"', source))
    settings = load_settings(tmp_path / "kenshin.toml")
    with pytest.raises(TableError, match="K100") as raised:
        load_tables(settings, now=NOW)
    assert said in str(raised.value)
    assert "secret" not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_an_archive_with_several_files_asks_which(tmp_path: Path) -> None:
    company(tmp_path, only("events"))
    as_member(tmp_path)
    text = (tmp_path / "kenshin.toml").read_text()
    (tmp_path / "kenshin.toml").write_text(text.replace("events.csv", "all.zip"))
    with pytest.raises(TableError, match=r"Name the file: 'all\.zip/events\.csv'"):
        load_tables(load_settings(tmp_path / "kenshin.toml"), now=NOW)


def test_variables_of_the_environment_are_replaced() -> None:
    assert expand("${A}/${B:-b}/$C", {"A": "a"}) == "a/b/$C"
    assert expand("${A:-b}", {"A": ""}) == "b"
    with pytest.raises(SettingsError, match="the environment variable A"):
        expand("${A}", {})


def test_a_file_may_lie_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    company(tmp_path, only("events"))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "events.csv").rename(tmp_path / "elsewhere" / "events.csv")
    text = (tmp_path / "kenshin.toml").read_text()
    (tmp_path / "kenshin.toml").write_text(
        text.replace("events.csv", "${KENSHIN_PLACE}/events.csv")
    )
    monkeypatch.setenv("KENSHIN_PLACE", str(tmp_path / "elsewhere"))
    assert len(events(load_settings(tmp_path / "kenshin.toml"))) == 120


def test_the_last_row_of_what_happened_ends_the_observation(tmp_path: Path) -> None:
    loaded = load_tables(company(tmp_path, only("events")), now=NOW)
    assert loaded.tables.observed_until == datetime(2025, 9, 16)


def test_where_there_are_only_subscriptions_their_last_end_does_as_well(tmp_path: Path) -> None:
    tables = {name: rows for name, rows in only("events").items() if name != "events"}
    loaded = load_tables(company(tmp_path, tables), now=NOW)
    assert loaded.tables.observed_until == datetime(2025, 5, 2)


def test_a_date_mistyped_into_the_far_future_does_not_stretch_the_observation(
    tmp_path: Path,
) -> None:
    tables = only("events")
    tables["events"][0]["occurred_at"] = "2052-03-15"
    loaded = load_tables(company(tmp_path, tables), now=NOW)
    assert loaded.tables.observed_until == datetime(2025, 9, 16)
    assert len(loaded.report.of("K202", "events")) == 1


def test_the_settings_may_end_the_observation_earlier(tmp_path: Path) -> None:
    extra = "[data]\nobserved_until = 2025-09-01T00:00:00+09:00\n"
    loaded = load_tables(company(tmp_path, only("events"), extra=extra), now=NOW)
    assert loaded.tables.observed_until == datetime(2025, 8, 31, 15)
    assert loaded.report.of("K202", "events")[0].rows == 40


def test_progress_names_each_table(tmp_path: Path) -> None:
    seen: list[str] = []
    examine(company(tmp_path, only("events")), progress=seen.append, now=NOW)
    assert seen == ["accounts", "subscriptions", "events"]
