import json
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from features.errors import SettingsError
from features.settings import load_settings
from features.snapshots import read, read_by_id
from serving.cli import app
from serving.store.engine import open_store
from serving.store.scores import save_run
from tests.builders.daily import END, company
from tests.builders.runs import a_run
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


def test_a_second_run_builds_nothing(config: Path) -> None:
    first = json.loads(run(config, "--json").stdout)["snapshots"]
    assert [one["what"] for one in first] == ["written"] * 6
    again = json.loads(run(config, "--json").stdout)["snapshots"]
    assert [(one["what"], one["built"]) for one in again] == [("unchanged", False)] * 6
    assert [one["snapshot_id"] for one in again] == [one["snapshot_id"] for one in first]


def test_a_late_change_is_mended_and_told_with_the_accounts_it_touched(config: Path) -> None:
    run(config)
    contracts = CONTRACTS.replace("2026-03-15", "2026-05-15")
    (config.parent / "subscriptions.csv").write_text(contracts, encoding="utf-8")
    today = run(config, "--as-of", "2026-06-10")
    assert "May have changed since they were built: 2026-04-01, 2026-05-01" in today.stdout
    mended = run(config).stdout.splitlines()
    told = {line.split()[0]: " ".join(line.split()[4:]) for line in mended[1:-1]}
    assert told["2026-03-01"] == "unchanged"
    assert told["2026-04-01"] == told["2026-05-01"] == "repaired: 1 account changed"


def test_a_snapshot_that_scores_were_issued_from_stays(config: Path) -> None:
    [issued] = json.loads(run(config, "--as-of", "2026-04-01", "--json").stdout)["snapshots"]
    engine = open_store(load_settings(config))
    save_run(engine, a_run("r1", snapshot_id=issued["snapshot_id"]), [])
    engine.dispose()
    contracts = CONTRACTS.replace("2026-03-15", "2026-05-15")
    (config.parent / "subscriptions.csv").write_text(contracts, encoding="utf-8")
    result = run(config)
    assert "issued as it was; 1 account would differ today" in result.stdout
    assert read(load_settings(config), [at("2026-04-01")]).table.num_rows == 1


def test_a_past_day_rebuilt_from_raw_is_the_stored_one_bit_for_bit(tmp_path: Path) -> None:
    made = company(tmp_path / "company", 12, accounts=8)
    day = f"{END - timedelta(days=40):%Y-%m-%d}"
    [stored] = json.loads(run(made.config, "--as-of", day, "--json").stdout)["snapshots"]
    assert list((tmp_path / "company" / ".kenshin" / "digests").glob("*/*/rows.parquet"))
    result = run(made.config, "--as-of", day, "--verify", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["same"], told["cells"]) == (True, [])
    assert told["rebuilt_id"] == stored["snapshot_id"]


def test_a_cell_that_was_changed_on_disk_is_named(config: Path) -> None:
    [stored] = json.loads(run(config, "--as-of", "2026-03-10", "--json").stdout)["snapshots"]
    data = Path(stored["folder"]) / "data.parquet"
    table = pq.read_table(data, partitioning=None)
    place = table.column_names.index("tenure_months")
    values = [value + 1 if n else value for n, value in enumerate(table[place].to_pylist())]
    pq.write_table(table.set_column(place, "tenure_months", pa.array(values)), data)
    result = run(config, "--as-of", "2026-03-10", "--verify", "--json")
    assert result.exit_code == 1
    [cell] = json.loads(result.stdout)["cells"]
    assert (cell["account_id"], cell["column"]) == ("b", "tenure_months")
    assert cell["stored"] == cell["rebuilt"] + 1
    assert "1 cells differ" in run(config, "--as-of", "2026-03-10", "--verify").stdout


@pytest.mark.parametrize(
    ("options", "sentence"),
    [((), "a day to verify"), (("--as-of", "2026-03-10"), "a snapshot of 2026-03-10")],
)
def test_only_a_stored_day_can_be_verified(
    config: Path, options: tuple[str, ...], sentence: str
) -> None:
    result = run(config, *options, "--verify")
    assert sentence in str(result.exception)
