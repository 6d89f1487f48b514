"""``kenshin features``: the list, one in full, and its SQL."""

import json
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner, Result

from features.catalogue import everything
from features.errors import NotFoundError, SettingsError
from features.settings import Settings
from features.snapshots.statement import ENGINES
from serving.cli import app

FILES = {
    "accounts": "account_id,name,industry\na,Aoba,retail\nb,Kita,media\nc,Mori,\n",
    "subscriptions": (
        "account_id,started_at,ended_at,plan\n"
        "a,2026-01-05,,Pro\nb,2026-01-05,,Pro\nc,2026-01-05,2026-03-01,Pro\n"
    ),
    "events": (
        "account_id,occurred_at,event,user_id\n"
        "a,2026-06-01,report,u\na,2026-06-02,report,v\nb,2026-06-03,login,w\n"
    ),
}
SETTINGS = """\
[company]
language = "ja"
[data]
observed_until = 2026-06-10T00:00:00
[features.authors]
measure = "users"
event = "report"
window_days = 28
good = "up"
label = { ja = "レポート作成者数", en = "Report authors" }
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    text = SETTINGS
    for name, rows in FILES.items():
        (tmp_path / f"{name}.csv").write_text(rows, encoding="utf-8")
        text += f'[tables.{name}]\nfile = "{name}.csv"\n'
    (tmp_path / "kenshin.toml").write_text(text, encoding="utf-8")
    return tmp_path / "kenshin.toml"


def run(*options: str) -> Result:
    return CliRunner().invoke(app, ["features", *options])


def test_without_a_settings_file_the_catalogue_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("--json")
    listed = json.loads(result.stdout)["features"]
    assert [one["name"] for one in listed] == [d.feature.name for d in everything(Settings())]
    assert {one["exists"] for one in listed} == {None}
    shown = run().stdout
    for one in listed:
        assert one["name"] in shown
        assert one["definition"] in shown


def test_a_company_sees_what_exists_here_and_why_the_rest_does_not(config: Path) -> None:
    listed = json.loads(run("--config", str(config), "--json").stdout)["features"]
    by_name = {one["name"]: one for one in listed}
    assert by_name["authors_28d"]["exists"]
    assert by_name["authors_28d"]["label"] == "レポート作成者数"
    assert by_name["industry"]["group"] == "profile"
    assert by_name["quantity_28d"]["absent"] == ["events.quantity"]
    shown = run("--config", str(config), "--lang", "en").stdout
    assert "quantity_28d  [I03, count, 28 d, more; no: needs events.quantity]" in shown


def test_one_feature_is_shown_in_full_in_the_language_of_the_company(config: Path) -> None:
    shown = run("--config", str(config), "authors_28d").stdout
    assert "定義: イベント「report」の利用者数 [as_of - 28 d, as_of)。" in shown
    assert "悪いときの文: レポート作成者数が少ない" in shown
    english = run("--config", str(config), "authors_28d", "--lang", "en").stdout
    assert "definition: Users of report in [as_of - 28 d, as_of)." in english
    assert "here: yes" in english


def test_a_japanese_reader_meets_no_english_rule_group_or_unit(config: Path) -> None:
    listed = run("--config", str(config)).stdout
    assert "\n利用\n" in f"\n{listed}"
    assert "authors_28d  [product, 件数, 28 d, 多い; あり]" in listed
    assert "欠測しない。" in listed
    assert "欠測のとき「" in listed
    assert "issing" not in listed
    assert listed.rstrip().endswith("個")
    shown = run("--config", str(config), "industry").stdout
    assert ("分類: 属性" in shown, "単位: 文字" in shown, "issing" in shown) == (True, True, False)
    english = run("--config", str(config), "--lang", "en").stdout
    assert "Never missing: without rows it is 0." in english


def test_the_printed_sql_runs_on_the_canonical_tables(config: Path, tmp_path: Path) -> None:
    sql = run("--config", str(config), "--sql", "authors_28d").stdout
    tables = duckdb.connect()
    for name in FILES:
        file = tmp_path / f"{name}.csv"
        tables.execute(f"CREATE VIEW {name} AS SELECT * FROM read_csv('{file}', header = true)")
    found = {account: value for account, _, value in tables.execute(sql).fetchall()}
    assert found == {"a": 2.0, "b": 0.0}


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_has_its_sql_even_without_a_company(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("--sql", "nps_latest", "--engine", engine, "--as-of", "2026-04-01", "--json")
    said = json.loads(result.stdout)
    assert (said["engine"], said["as_of"]) == (engine, "2026-04-01T00:00:00Z")
    assert "surveys" in said["sql"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["authors_28"], "Did you mean authors_28d"),
        (["--sql"], "the name of a feature with --sql"),
        (["--sql", "authors_28d", "--engine", "oracle"], "one of duckdb, postgres, spark"),
        (["--sql", "quantity_28d"], "which needs events.quantity"),
        (["--lang", "fr"], "ja or en for --lang"),
    ],
)
def test_a_wrong_question_is_refused_with_what_was_meant(
    config: Path, options: list[str], sentence: str
) -> None:
    result = run("--config", str(config), *options)
    assert isinstance(result.exception, (NotFoundError, SettingsError))
    assert sentence in str(result.exception)
