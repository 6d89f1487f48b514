"""Tables from a real PostgreSQL server, and what its refusals look like."""

from datetime import datetime
from pathlib import Path

import psycopg
import pytest

from features.errors import TableError
from features.settings import Settings, load_settings
from features.sources import load_tables
from features.sources.postgres import read_postgres, shown
from tests.builders.company_files import NOW, company, only

pytestmark = pytest.mark.postgres

SECRET = "s3cret/pw"


@pytest.fixture
def filled_url(postgres_url: str) -> str:
    with psycopg.connect(postgres_url) as connection:
        connection.execute(
            "CREATE TABLE log (id integer, account text, at timestamptz, day date, "
            "event text, amount numeric(10, 2))"
        )
        connection.execute(
            "INSERT INTO log VALUES "
            "(1, 'a01', '2025-03-15 18:30+09', '2025-03-15', 'login', 1.25), "
            "(2, 'a02', '2025-03-16 09:30+00', '2025-03-16', NULL, NULL)"
        )
    return postgres_url


def with_events_from(folder: Path, source: str) -> Settings:
    company(folder, only("events"))
    text = (folder / "kenshin.toml").read_text().replace('file = "events.csv"', source)
    (folder / "kenshin.toml").write_text(text)
    return load_settings(folder / "kenshin.toml")


def test_a_table_is_read_with_its_types(filled_url: str, tmp_path: Path) -> None:
    mapping = (
        f'database = "{filled_url}"\ntable = "log"\n[tables.events.columns]\n'
        'account_id = "account"\noccurred_at = "at"\nquantity = "amount"\n'
    )
    loaded = load_tables(with_events_from(tmp_path, mapping), now=NOW)
    assert loaded.tables["events"].to_pyarrow().to_pylist() == [
        {
            "account_id": "a01",
            "occurred_at": datetime(2025, 3, 15, 9, 30),
            "event": "login",
            "quantity": 1.25,
        }
    ]
    [violation] = loaded.report.of("K103", "events")
    assert violation.example_row == 2


def test_sql_runs_on_the_server_and_the_url_may_come_from_the_environment(
    filled_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMPANY_DATABASE", filled_url)
    source = (
        'database = "${COMPANY_DATABASE}"\n'
        "sql = \"SELECT account AS account_id, at AT TIME ZONE 'UTC' AS occurred_at, "
        "coalesce(event, 'other') AS event FROM log WHERE amount IS NULL\""
    )
    [row] = (
        load_tables(with_events_from(tmp_path, source), now=NOW)
        .tables["events"]
        .to_pyarrow()
        .to_pylist()
    )
    assert row == {
        "account_id": "a02",
        "occurred_at": datetime(2025, 3, 16, 9, 30),
        "event": "other",
    }


@pytest.mark.parametrize(
    ("change", "query", "said"),
    [
        (("/test_", "/no_such_test_"), "SELECT 1", "does not exist"),
        (("kenshin@", f"nobody:{SECRET.replace('/', '%2F')}@"), "SELECT 1", "nobody"),
        (("127.0.0.1", "no.such.host.invalid"), "SELECT 1", "no.such.host.invalid"),
        (("", ""), "SELECT * FROM nothing", 'relation "nothing" does not exist'),
        (("", ""), "SELEKT 1", "syntax error"),
    ],
)
def test_a_refusal_is_one_sentence_without_the_password(
    change: tuple[str, str], query: str, said: str, postgres_url: str
) -> None:
    with pytest.raises(TableError) as raised:
        read_postgres(postgres_url.replace(*change), query)
    sentence = str(raised.value)
    assert said in sentence
    assert "\n" not in sentence
    assert "s3cret" not in sentence


def test_a_wrong_password_is_refused_without_being_repeated(postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE ROLE visitor LOGIN PASSWORD 'right'")
        file = connection.execute("SHOW hba_file").fetchone()
        assert file is not None
        hba = Path(file[0])
        kept = hba.read_text()
        hba.write_text("host all visitor 127.0.0.1/32 scram-sha-256\n" + kept)
        connection.execute("SELECT pg_reload_conf()")
        url = postgres_url.replace("kenshin@", f"visitor:{SECRET.replace('/', '%2F')}@")
        try:
            with pytest.raises(TableError, match="password authentication failed") as raised:
                read_postgres(url, "SELECT 1")
        finally:
            hba.write_text(kept)
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("DROP ROLE visitor")
    assert "s3cret" not in str(raised.value)


def test_a_url_that_cannot_be_read_is_not_repeated() -> None:
    with pytest.raises(TableError, match="one that cannot be read") as raised:
        read_postgres("postgresql://me:se/cret@host:5432/db", "SELECT 1")
    assert "cret" not in str(raised.value)


def test_a_url_is_shown_without_its_password() -> None:
    assert (
        shown("postgresql://me:pw@host:5432/db?sslmode=require") == "postgresql://me@host:5432/db"
    )
