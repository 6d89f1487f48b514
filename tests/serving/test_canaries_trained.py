"""``kenshin train``, also after an erasure: nothing personal in runs, artifacts and bundles."""

import csv
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from features.simulator import CompanyPlan, simulate
from serving.cli import app
from tests.builders.canaries import MARK, every, planted, seen
from tests.builders.forgotten import traces
from tests.builders.frames import snapshot_table

pytestmark = pytest.mark.scale

SETTINGS = """
[company]
name = "Canaries"
[flat]
file = "customers.csv"
account_id = "id"
label = "left"
[training]
folds = 3
"""
ERASED = f"{MARK}account0007"
NAMES = ("logins_28d", "tickets_28d", "noise_28d", "plan_type")


@dataclass(frozen=True)
class Trained:
    """A company and what its commands said."""

    folder: Path
    said: dict[str, str]


def _write(folder: Path) -> None:
    """Write a table of which every id is a canary."""
    table, labels = snapshot_table(accounts=500, dates=1)
    ids = [f"{MARK}account{n:04d}" for n in range(table.num_rows)]
    columns = [ids, *(table.column(name).to_pylist() for name in NAMES)]
    left = ["yes" if gone else "no" for gone in labels.column("churned").to_pylist()]
    with (folder / "customers.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", *NAMES, "left"])
        writer.writerows(zip(*columns, left, strict=True))
    (folder / "kenshin.toml").write_text(SETTINGS, encoding="utf-8")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = Path(tmp_path_factory.mktemp("trained"))
    _write(folder)
    made = Trained(folder, {})
    erase = ("subject", "erase", ERASED, "--why", "asked", "--yes")
    for command in (("train",), ("score",), erase, ("train",), ("score",), ("models",)):
        config = ["--config", str(folder / "kenshin.toml")]
        done = CliRunner().invoke(app, [*command, *config], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        made.said[f"{len(made.said)} {command[0]}"] = done.output + done.stderr
    return made


def test_two_models_were_trained_and_logged(trained: Trained) -> None:
    assert "Verdict: usable" in trained.said["0 train"]
    assert "v1" in trained.said["5 models"]
    runs = [file for file in (trained.folder / "mlruns").rglob("*") if file.is_file()]
    assert any(file.suffix == ".db" for file in runs)
    assert sum(file.name == "booster.txt" for file in runs) >= 2


def test_the_runs_database_and_artifacts_hold_no_account(trained: Trained) -> None:
    places = [trained.folder / "mlruns", trained.folder / ".kenshin" / "bundles"]
    for file in (file for place in places for file in place.rglob("*") if file.is_file()):
        assert seen(file.read_bytes(), [MARK]) == set(), file
        assert MARK not in str(file)


def test_a_training_after_an_erasure_brings_nothing_back(trained: Trained) -> None:
    from features.settings import load_settings

    settings = load_settings(trained.folder / "kenshin.toml")
    assert traces(settings, [ERASED]) == set()
    assert traces(settings, [f"{MARK}account0008"]) != set()  # the search would find one
    second = trained.said["3 train"]
    assert re.search(r"1 (erased )?account", second), second
    assert ERASED not in "".join(trained.said.values())


def test_no_personal_field_of_a_company_reaches_its_runs_its_artifacts_or_its_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = CompanyPlan(400, date(2025, 1, 1), date(2026, 11, 20), seed=11, events_scale=0.05)
    config = str(simulate(plan, tmp_path).settings)
    planted(tmp_path)
    monkeypatch.setenv("KENSHIN_TRAINING__FOLDS", "2")
    monkeypatch.setenv("KENSHIN_TRAINING__MINIMUM_CHURNS", "10")
    done = CliRunner().invoke(app, ["train", "--config", config], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert seen(done.output + done.stderr) == set()
    runs = [file for file in (tmp_path / "mlruns").rglob("*") if file.is_file()]
    kept = [file for file in (tmp_path / ".kenshin" / "bundles").rglob("*") if file.is_file()]
    assert any(file.suffix == ".png" or file.suffix == ".svg" for file in runs)
    assert len(kept) > 5
    for file in [*runs, *kept]:
        assert seen(file.read_bytes(), [*every(), MARK]) == set(), file
    snapshots = [f for f in (tmp_path / ".kenshin").rglob("*.parquet") if f.is_file()]
    assert any(seen(file.read_bytes()) for file in snapshots)  # the search would find one
