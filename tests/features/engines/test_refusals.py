"""What an engine cannot do is refused with the way out, and no number is ever made of it."""

import builtins
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.engines.database import Database
from features.engines.failing import QueryError
from features.engines.postgres_database import PostgresDatabase
from features.engines.spark_session import session
from features.engines.translation import as_iso
from features.errors import KenshinError, SettingsError, TableError
from features.settings import Data, Settings, Source, load_settings
from features.sources import examine, in_place, in_place_spark, load_tables
from features.sources.in_place_postgres import connect
from serving import cli
from tests.builders.in_postgres import put

ACCOUNTS = pa.table({"account_id": ["a1", "a2"], "joined": ["1 Jan 2024", "2 Jan 2024"]})
SUBSCRIPTIONS = pa.table(
    {
        "account_id": ["a1", "a2"],
        "started_at": [datetime(2024, 1, 1)] * 2,
        "ended_at": pa.array([None, datetime(2024, 9, 1)], pa.timestamp("us")),
    }
)


def settings(root: Path, tables: dict[str, Any], **data: Any) -> Settings:  # noqa: ANN401
    named = {name: Source.model_validate(given) for name, given in tables.items()}
    return Settings(root=root, tables=named, data=Data.model_validate(data))


def test_the_file_or_the_environment_names_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "kenshin.toml"
    file.write_text('[data]\nengine = "spark"\n[spark]\nmaster = "local[3]"\n')
    assert load_settings(file).data.engine == "spark"
    assert load_settings(file).spark.master == "local[3]"
    monkeypatch.setenv("KENSHIN_DATA__ENGINE", "postgres")
    assert load_settings(file).data.engine == "postgres"
    file.write_text('[data]\nengine = "oracle"\n')
    monkeypatch.delenv("KENSHIN_DATA__ENGINE")
    with pytest.raises(SettingsError, match=r"data\.engine"):
        load_settings(file)


def test_postgresql_without_a_database_is_refused(tmp_path: Path) -> None:
    ours = settings(tmp_path, {"accounts": {"table": "accounts"}}, engine="postgres")
    with pytest.raises(SettingsError, match=r"\[data\]\.database"):
        load_tables(ours)


def test_a_server_that_is_not_there_is_named_without_its_password(tmp_path: Path) -> None:
    url = "postgresql://me:secret@127.0.0.1:1/x"
    ours = settings(tmp_path, {"accounts": {"table": "a"}}, engine="postgres", database=url)
    with pytest.raises(TableError, match=r"127\.0\.0\.1") as refused:
        load_tables(ours)
    assert "secret" not in str(refused.value)


@pytest.mark.postgres
def test_tables_outside_the_one_database_are_refused(postgres_url: str, tmp_path: Path) -> None:
    put(postgres_url, {"accounts": ACCOUNTS, "subscriptions": SUBSCRIPTIONS})
    pq.write_table(SUBSCRIPTIONS, tmp_path / "subscriptions.parquet")
    there = {"accounts": {"table": "accounts"}}
    data = {"engine": "postgres", "database": postgres_url}
    elsewhere = {"table": "subscriptions", "database": "postgresql://127.0.0.1/other"}
    for source, word in (({"file": "subscriptions.parquet"}, "file"), (elsewhere, "other")):
        report = examine(settings(tmp_path, {**there, "subscriptions": source}, **data)).report
        assert not report.usable
        assert word in report.of("K100", "subscriptions")[0].sentence


def connected_to(url: str, **tables: dict[str, str]) -> PostgresDatabase:
    return connect(settings(Path(), tables, engine="postgres", database=url))


@pytest.mark.postgres
def test_a_query_of_ours_that_postgresql_refuses_is_our_own_fault(postgres_url: str) -> None:
    put(postgres_url, {"accounts": ACCOUNTS})
    database = connected_to(postgres_url, accounts={"table": "accounts"})
    for query in ("SELECT nothing_there(1)", "SELECT missing FROM accounts", "SELECT 1 / 0"):
        with pytest.raises(QueryError) as ours:
            database.fetch(query)
        assert not isinstance(ours.value, KenshinError)


@pytest.mark.postgres
def test_a_value_that_their_query_cannot_read_is_not(postgres_url: str) -> None:
    put(postgres_url, {"accounts": ACCOUNTS})
    theirs = "SELECT account_id, CAST(joined AS integer) AS employees FROM accounts"
    database = connected_to(postgres_url, accounts={"sql": theirs})
    with pytest.raises(TableError, match=r"accounts.*1 Jan 2024.*\[tables\.accounts\]"):
        database.fetch(f"SELECT max(employees) FROM ({theirs}) q")


@pytest.mark.postgres
def test_commands_end_with_one_for_our_fault(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        connected_to(postgres_url).fetch("SELECT nothing_there(1)")

    monkeypatch.setattr(cli, "built", lambda commands: broken)
    with pytest.raises(SystemExit) as ended:
        cli.command_line()
    assert ended.value.code == 1
    assert "our own fault" in capsys.readouterr().err


def test_a_fault_of_ours_on_opening_a_source_is_no_fault_of_the_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("ours")

    monkeypatch.setattr(in_place_spark, "open_source", broken)
    ours = settings(tmp_path, {"accounts": {"file": "a.parquet"}}, engine="spark")
    source = ours.tables["accounts"]
    with pytest.raises(KeyError):
        in_place.open_source(Mock(spec=Database), ours, "accounts", source)


@pytest.mark.postgres
def test_a_query_that_fails_and_a_format_with_words_are_named(
    postgres_url: str, tmp_path: Path
) -> None:
    put(postgres_url, {"accounts": ACCOUNTS, "subscriptions": SUBSCRIPTIONS})
    tables = {
        "accounts": {
            "table": "accounts",
            "columns": {"created_at": "joined"},
            "date_format": "%d %b %Y",
        },
        "subscriptions": {"sql": "SELECT nothing FROM subscriptions"},
    }
    report = examine(settings(tmp_path, tables, engine="postgres", database=postgres_url)).report
    assert "%d %b %Y" in report.of("K100", "accounts")[0].sentence
    assert "nothing" in report.of("K100", "subscriptions")[0].sentence


def test_a_format_without_words_is_read_by_its_parts() -> None:
    assert as_iso("x", "%d/%m/%y") is None
    assert as_iso("x", "%d/%d/%Y") is None
    assert "regexp_extract" in (as_iso("x", "%d/%m/%Y %H:%M:%S.%f") or "")


def test_spark_without_pyspark_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *given: Any, **more: Any) -> Any:  # noqa: ANN401
        if name.startswith("pyspark"):
            raise ImportError(name)
        return real(name, *given, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(KenshinError, match=r"kenshin\[spark\]"):
        session(Settings(root=tmp_path))


@pytest.mark.spark
def test_spark_without_java_says_what_to_install(tmp_path: Path) -> None:
    pytest.importorskip("pyspark")
    (tmp_path / "kenshin.toml").write_text(
        '[data]\nengine = "spark"\n[tables.accounts]\nfile = "accounts.parquet"\n'
    )
    kenshin = Path(sys.executable).with_name("kenshin")
    done = subprocess.run(
        [kenshin, "check", "--config", tmp_path / "kenshin.toml"],
        env={**os.environ, "JAVA_HOME": str(tmp_path / "no-java")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 2
    assert "Install a Java runtime" in done.stderr
    assert "Traceback" not in done.stderr
