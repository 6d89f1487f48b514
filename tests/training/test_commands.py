"""``kenshin train`` and ``kenshin models`` as their user meets them."""

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from features.errors import KenshinError
from serving.cli import app
from serving.store.engine import open_url
from serving.store.promotions import history
from tests.builders.frames import snapshot_table

SETTINGS = """
[company]
name = "Handmade"
[flat]
file = "customers.csv"
account_id = "id"
label = "left"
[training]
folds = 3
"""


def _company(folder: Path, left: str | None = None) -> Path:
    table, labels = snapshot_table(accounts=500, dates=1)
    names = ("logins_28d", "tickets_28d", "noise_28d", "plan_type")
    columns = [table.column(name).to_pylist() for name in ("account_id", *names)]
    outcomes = ["yes" if gone else "no" for gone in labels.column("churned").to_pylist()]
    columns.append([left] * len(outcomes) if left else outcomes)
    with (folder / "customers.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", *names, "left"])
        writer.writerows(zip(*columns, strict=True))
    (folder / "kenshin.toml").write_text(SETTINGS, encoding="utf-8")
    return folder / "kenshin.toml"


def _run(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_training_prints_figures_baselines_checks_and_the_bundle_and_notes_the_promotion(
    tmp_path: Path, mlflow_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KENSHIN_MLFLOW__FOLDER", str(mlflow_folder))
    monkeypatch.setenv("KENSHIN_MLFLOW__MODEL", "handmade")
    config = str(_company(tmp_path))
    told = _run("train", "--config", config)
    for expected in ("AUC", "logistic regression", "Verdict: usable", "v1", "Not out of time"):
        assert expected in told
    assert "v1" in _run("models", "--config", config)
    found = json.loads(_run("models", "--config", config, "--json"))
    assert [(m["version"], m["aliases"], m["serves"]) for m in found["models"]] == [
        ("v1", ["champion"], True)
    ]
    engine = open_url(f"sqlite:///{tmp_path / '.kenshin' / 'store.db'}")
    (promotion,) = history(engine)
    engine.dispose()
    assert (promotion.action, promotion.from_version, promotion.to_version) == (
        "trained",
        None,
        "v1",
    )


def test_models_of_an_untrained_company_say_what_to_do(tmp_path: Path) -> None:
    assert "kenshin train" in _run("models", "--config", str(_company(tmp_path)))
    assert not (tmp_path / "mlruns").exists()


def test_a_company_nobody_left_is_refused_with_a_reason(tmp_path: Path) -> None:
    config = str(_company(tmp_path, left="no"))
    with pytest.raises(KenshinError):
        CliRunner().invoke(app, ["train", "--config", config], catch_exceptions=False)
