import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from features.errors import SettingsError
from features.settings import load_settings
from features.snapshots import read, read_by_id
from serving.cli import app
from tests.builders.tables import at

ACCOUNTS = "account_id,name\na,Aoba\nb,Kita\n"
CONTRACTS = "account_id,started_at,ended_at\na,2026-01-05,\nb,2026-01-05,2026-03-15\n"
SETTINGS = """\
[data]
observed_until = 2026-06-10T00:00:00
[snapshots]
start = 2026-02-01T00:00:00
[tables.accounts]
file = "accounts.csv"
[tables.subscriptions]
file = "subscriptions.csv"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "accounts.csv").write_text(ACCOUNTS, encoding="utf-8")
    (tmp_path / "subscriptions.csv").write_text(CONTRACTS, encoding="utf-8")
    (tmp_path / "kenshin.toml").write_text(SETTINGS, encoding="utf-8")
    return tmp_path / "kenshin.toml"


def run(config: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["snapshot", "--config", str(config), *options])


def test_the_regular_days_and_the_end_of_the_data_are_written(config: Path) -> None:
    result = run(config)
    assert result.exit_code == 0, result.output
    days = [line.split()[0] for line in result.stdout.splitlines()[1:-1]]
    assert days == [
        *("2026-02-01", "2026-03-01", "2026-04-01", "2026-05-01", "2026-06-01"),
        "2026-06-10",
    ]
    assert read(load_settings(config), [at("2026-03-01")]).table.num_rows == 2
    assert read(load_settings(config), [at("2026-06-10")]).table.num_rows == 1


def test_one_day_as_json_names_a_snapshot_that_can_be_read(config: Path) -> None:
    result = run(config, "--as-of", "2026-03-10", "--json")
    [told] = json.loads(result.stdout)["snapshots"]
    assert (told["as_of"], told["rows"]) == ("2026-03-10T00:00:00Z", 2)
    snapshot = read_by_id(load_settings(config), told["snapshot_id"])
    assert snapshot.table["account_id"].to_pylist() == ["a", "b"]
    assert told["features"] == len(snapshot.features)


def test_a_range_is_walked_in_the_rhythm_asked_for(config: Path) -> None:
    result = run(config, "--from", "2026-03-01", "--to", "2026-03-20", "--every", "week")
    days = [line.split()[0] for line in result.stdout.splitlines()[1:-1]]
    assert days == ["2026-03-02", "2026-03-09", "2026-03-16"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--as-of", "2026-06-11"), "days up to 2026-06-10"),
        (("--as-of", "2026-03-01", "--to", "2026-04-01"), "either --as-of or a range"),
        (("--from", "2026-03-02", "--to", "2026-03-20"), "none every month"),
        (("--from", "2026-03-01", "--every", "fortnight"), "found 'fortnight'"),
        (("--from", "2026-03-01", "--every", "0d"), "rhythm of at least a day"),
    ],
)
def test_days_that_make_no_sense_are_refused(
    config: Path, options: tuple[str, ...], sentence: str
) -> None:
    result = run(config, *options)
    assert isinstance(result.exception, SettingsError)
    assert sentence in str(result.exception)


def test_a_flat_table_has_its_rows_already(config: Path) -> None:
    flat = '[flat]\nfile = "accounts.csv"\naccount_id = "account_id"\nlabel = "name"\n'
    config.write_text(flat, encoding="utf-8")
    result = run(config)
    assert isinstance(result.exception, SettingsError)
    assert "kenshin train" in str(result.exception)
