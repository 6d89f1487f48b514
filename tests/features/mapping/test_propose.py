"""Proposing a settings file: what is recognised, what is left open, and that it then works."""

from pathlib import Path

import pytest

from features.errors import NotFoundError
from features.mapping import proposal, propose
from features.settings import Settings, load_settings
from features.sources import examine
from tests.builders.company_files import NOW, Row, sound, write_csv


def written(folder: Path, tables: dict[str, list[Row]]) -> Path:
    data = folder / "data"
    data.mkdir()
    for name, rows in tables.items():
        write_csv(data / f"{name}.csv", rows)
    return data


def proposed(folder: Path, data: Path) -> Settings:
    (folder / "kenshin.toml").write_text(proposal(data, folder).text, encoding="utf-8")
    return load_settings(folder / "kenshin.toml")


def renamed(rows: list[Row], names: dict[str, str]) -> list[Row]:
    return [{names.get(key, key): value for key, value in row.items()} for row in rows]


def test_canonical_files_need_no_mapping_and_pass_the_check(tmp_path: Path) -> None:
    settings = proposed(tmp_path, written(tmp_path, sound()))
    assert {name: source.file for name, source in settings.tables.items()} == {
        name: f"data/{name}.csv" for name in sound()
    }
    assert all(not source.columns for source in settings.tables.values())
    assert examine(settings, now=NOW).report.violations == ()


def test_other_names_are_recognised_and_the_proposal_passes_the_check(tmp_path: Path) -> None:
    tables = sound()
    data = written(
        tmp_path,
        {
            "Customers": renamed(
                tables["accounts"], {"account_id": "CustomerID", "created_at": "Signup Date"}
            ),
            "contracts_2025": renamed(
                tables["subscriptions"],
                {"account_id": "customer_id", "started_at": "start_date", "ended_at": "end_date"},
            ),
            "usage_log": renamed(
                tables["events"],
                {"account_id": "CustomerID", "occurred_at": "timestamp", "event": "feature_name"},
            ),
            "support_cases": renamed(
                tables["tickets"], {"account_id": "customer", "opened_at": "created_at"}
            ),
        },
    )
    settings = proposed(tmp_path, data)
    assert set(settings.tables) == {"accounts", "subscriptions", "events", "tickets"}
    assert settings.tables["accounts"].columns["account_id"] == "CustomerID"
    assert settings.tables["subscriptions"].columns["ended_at"] == "end_date"
    found = examine(settings, now=NOW)
    assert found.report.violations == ()
    assert len(found.tables.tables) == 4


def test_japanese_names_are_recognised(tmp_path: Path) -> None:
    tables = sound()
    data = written(
        tmp_path,
        {
            "顧客一覧": renamed(
                tables["accounts"],
                {"account_id": "顧客ID", "name": "会社名", "created_at": "登録日"},
            ),
            "契約": renamed(
                tables["subscriptions"],
                {
                    "account_id": "顧客ID",
                    "started_at": "契約開始日",
                    "ended_at": "契約終了日",
                    "mrr": "月額",
                },
            ),
        },
    )
    settings = proposed(tmp_path, data)
    assert settings.tables["subscriptions"].columns["mrr"] == "月額"
    assert examine(settings, now=NOW).report.violations == ()


def test_numbered_files_become_one_table(tmp_path: Path) -> None:
    tables = sound()
    events = tables.pop("events")
    data = written(tmp_path, tables)
    for part in range(3):
        write_csv(data / f"events-2025-0{part + 1}.csv", events[part::3])
    settings = proposed(tmp_path, data)
    assert settings.tables["events"].file == "data/events-*.csv"
    assert examine(settings, now=NOW).report.rows_read["events"] == len(events)


def test_usage_that_names_only_its_subscription_finds_its_account(tmp_path: Path) -> None:
    tables = {name: sound()[name] for name in ("accounts", "subscriptions", "events")}
    for row in (*tables["subscriptions"], *tables["events"]):
        row["subscription_id"] = f"s-{row['account_id']}"
    for row in tables["events"]:
        del row["account_id"]
    settings = proposed(tmp_path, written(tmp_path, tables))
    found = examine(settings, now=NOW)
    assert found.report.violations == ()
    assert found.report.rows_kept["events"] == 120


def test_without_an_accounts_file_the_ids_of_the_others_make_one(tmp_path: Path) -> None:
    tables = {name: sound()[name] for name in ("subscriptions", "events")}
    settings = proposed(tmp_path, written(tmp_path, tables))
    assert examine(settings, now=NOW).report.rows_kept["accounts"] == 40


def test_one_table_with_a_label_is_taken_as_flat(tmp_path: Path) -> None:
    rows = [
        {"customerID": n, "Churn": ("No", "Yes")[n % 2], "tenure": n, "fee": 2 * n, "plan": n % 3}
        for n in range(20)
    ]
    flat = proposed(tmp_path, written(tmp_path, {"telco": rows})).flat
    assert flat is not None
    assert (flat.file, flat.account_id, flat.label) == ("data/telco.csv", "customerID", "Churn")
    assert (flat.churned_values, flat.stayed_values) == (("Yes",), ("No",))


def test_a_label_with_unknown_words_is_asked_about(tmp_path: Path) -> None:
    rows = [
        {"customer_id": n, "churn": ("rot", "grün")[n % 2], "tenure": n, "fee": 2 * n}
        for n in range(20)
    ]
    found = proposal(written(tmp_path, {"telco": rows}), tmp_path)
    assert any("Which of grün and rot in churn means left?" in line for line in found.unknown)


def test_what_was_not_recognised_is_listed(tmp_path: Path) -> None:
    tables = {"accounts": sound()["accounts"], "weather": [{"town": "Oslo", "sun": 3}] * 3}
    tables["usage"] = [{"account_id": "a01", "occurred_at": "2025-01-01"}] * 3
    data = written(tmp_path, tables)
    (data / "broken.parquet").write_bytes(b"PAR1")
    unknown = "\n".join(proposal(data, tmp_path).unknown)
    assert "weather.csv: no table recognised" in unknown
    assert "events: no column of data/usage.csv looks like event" in unknown
    assert "broken.parquet cannot be read" in unknown
    assert "No source of churn" in unknown


def test_looking_leaves_nothing_behind(tmp_path: Path) -> None:
    data = written(tmp_path, sound())
    before = sorted(tmp_path.rglob("*"))
    propose(data)
    assert sorted(tmp_path.rglob("*")) == before


def test_an_empty_or_absent_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="CSV or Parquet"):
        propose(tmp_path)
    with pytest.raises(NotFoundError, match="a folder with data files"):
        propose(tmp_path / "nothing")
