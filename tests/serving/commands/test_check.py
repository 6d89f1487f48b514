"""`kenshin check` and `kenshin init` as their user sees them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from features.errors import SettingsError, TableError
from serving.cli import app
from tests.builders.company_files import changed, company, only, sound, write_csv


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_a_sound_company_is_usable_and_ends_with_0(tmp_path: Path) -> None:
    company(tmp_path, only("events"))
    done = run("check", "--config", str(tmp_path / "kenshin.toml"))
    assert done.exit_code == 0
    assert "Usable: nothing was found wrong." in done.stdout
    assert "Observed until 2025-09-16 00:00 UTC." in done.stdout


def test_rows_kept_out_are_counted_and_their_file_is_named(tmp_path: Path) -> None:
    company(tmp_path, changed("events", 0, account_id="nobody", quantity="[red]x"))
    done = run("check", "--config", str(tmp_path / "kenshin.toml"))
    assert done.exit_code == 0
    assert "K301 quarantined: unknown account" in done.stdout
    assert "'[red]x'" in " ".join(done.stdout.split())
    assert "Usable: 1 row kept out, 2 violations to look at." in done.stdout
    assert str(tmp_path / ".kenshin" / "quarantine" / "events.parquet") in done.stdout


def test_a_refused_company_ends_with_2_and_all_its_violations(tmp_path: Path) -> None:
    tables = sound()
    for row in tables["tickets"]:
        del row["opened_at"]
    for row in tables["surveys"]:
        del row["rating"]
    company(tmp_path, tables)
    done = run("check", "--config", str(tmp_path / "kenshin.toml"))
    assert done.exit_code == 2
    assert done.stdout.count("K101 refused: missing column") == 2
    assert "Refused: 2 reasons, first K101 in tickets." in done.stdout


def test_json_holds_every_number(tmp_path: Path) -> None:
    company(tmp_path, changed("events", 0, account_id="nobody"))
    done = run("check", "--json", "--config", str(tmp_path / "kenshin.toml"))
    document = json.loads(done.stdout)
    assert document["usable"] is True
    assert document["tables"]["events"]["rows_quarantined"] == 1
    [violation] = document["violations"]
    assert (violation["code"], violation["rows"], violation["example_row"]) == ("K301", 1, 2)


def test_a_flat_table_is_checked_too(tmp_path: Path) -> None:
    rows = [{"id": n, "left": n % 2, "x": n % 7, "same": 1} for n in range(40)]
    write_csv(tmp_path / "flat.csv", rows)
    (tmp_path / "kenshin.toml").write_text(
        '[flat]\nfile = "flat.csv"\naccount_id = "id"\nlabel = "left"\n'
    )
    done = run("check", "--config", str(tmp_path / "kenshin.toml"))
    assert done.exit_code == 0
    assert "K604 warning: constant column" in done.stdout


def test_check_without_settings_says_how_to_get_some(tmp_path: Path) -> None:
    done = run("check", "--config", str(tmp_path / "kenshin.toml"))
    assert isinstance(done.exception, SettingsError)
    assert "kenshin init FOLDER" in str(done.exception)


def test_init_writes_a_settings_file_that_check_accepts(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for name, rows in sound().items():
        write_csv(tmp_path / "data" / f"{name}.csv", rows)
    config = str(tmp_path / "kenshin.toml")
    done = run("init", str(tmp_path / "data"), "--config", config)
    assert done.exit_code == 0
    assert "accounts: data/accounts.csv." in done.stdout
    assert "churn.success is empty" in done.stdout
    assert run("check", "--config", config).exit_code == 0


def test_init_never_overwrites(tmp_path: Path) -> None:
    write_csv(tmp_path / "accounts.csv", sound()["accounts"])
    (tmp_path / "kenshin.toml").write_text("# mine\n")
    done = run("init", str(tmp_path), "--config", str(tmp_path / "kenshin.toml"))
    assert isinstance(done.exception, SettingsError)
    assert (tmp_path / "kenshin.toml").read_text() == "# mine\n"


def test_an_unusable_input_is_one_sentence_for_every_other_command(tmp_path: Path) -> None:
    from features.sources import load_tables

    tables = only("events")
    del tables["accounts"]
    with pytest.raises(TableError, match=r"K108.*\[tables.accounts\]"):
        load_tables(company(tmp_path, tables))


def test_findings_are_in_the_language_asked_for_and_json_has_both(tmp_path: Path) -> None:
    company(tmp_path, changed("events", 0, account_id="nobody"))
    config = ("--config", str(tmp_path / "kenshin.toml"))
    said = " ".join(run("check", "--lang", "ja", *config).stdout.split())
    assert "K301 除外：知らない顧客" in said
    assert "使えます：除外した行1行、確かめるべき指摘1件。" in said
    assert "unknown account" not in said
    [violation] = json.loads(run("check", "--json", *config).stdout)["violations"]
    assert violation["title"] == "unknown account"
    assert violation["title_ja"] == "知らない顧客"
    assert "accountsにない顧客の行である" in violation["sentence_ja"]


def test_a_japanese_company_reads_japanese_without_asking(tmp_path: Path) -> None:
    settings = tmp_path / "kenshin.toml"
    company(tmp_path, only("events"))
    settings.write_text('[company]\nlanguage = "ja"\n\n' + settings.read_text(encoding="utf-8"),
                        encoding="utf-8")  # fmt: skip
    done = run("check", "--config", str(settings))
    assert "使えます：問題は見つかりませんでした。" in done.stdout
    assert "Usable" not in done.stdout
