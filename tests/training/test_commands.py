"""``kenshin train`` and ``kenshin models`` as their user meets them."""

import csv
import json
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from features.catalog import Words
from features.errors import KenshinError
from features.settings import load_settings
from serving.cli import app
from serving.store.engine import open_url
from serving.store.promotions import history
from tests.builders.frames import snapshot_table
from training.bundle import write_verdict
from training.result import NO_SIGNAL

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
    _listed_in_the_language_of_the_company(Path(config))
    engine = open_url(f"sqlite:///{tmp_path / '.kenshin' / 'store.db'}")
    (promotion,) = history(engine)
    engine.dispose()
    assert (promotion.action, promotion.from_version, promotion.to_version) == (
        "trained",
        None,
        "v1",
    )


def _listed_in_the_language_of_the_company(config: Path) -> None:
    text = config.read_text(encoding="utf-8")
    spoken = {
        "ja": ("学習日", "稼働中", "変更した人", "リリース検査をすべて通過"),
        "en": ("serves as", "champion", "in place of", "It passed every release check."),
    }
    for language, other in (("ja", "en"), ("en", "ja")):
        speaking = text.replace("[company]", f'[company]\nlanguage = "{language}"')
        config.write_text(speaking, encoding="utf-8")
        for asked, wanted in ((language, ()), (other, ("--lang", other))):
            told = _run("models", "--config", str(config), *wanted)
            assert all(word in told for word in spoken[asked]), told
            assert not any(word in told for word in spoken["en" if asked == "ja" else "ja"]), told
    config.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("ja", "モデルはまだありません。`kenshin train`"),
        ("en", "No model yet. Run `kenshin train`"),
    ],
)
def test_models_of_an_untrained_company_say_what_to_do(
    tmp_path: Path, language: str, said: str
) -> None:
    config = str(_company(tmp_path))
    assert said in _run("models", "--config", config, "--lang", language)
    verdict = Words("兆候がありません。", "There is no signal.")
    write_verdict(load_settings(Path(config)), NO_SIGNAL, verdict, datetime(2026, 11, 1))
    told = _run("models", "--config", config, "--lang", language)
    assert {"ja": verdict.ja, "en": verdict.en}[language] in told
    assert {"ja": verdict.en, "en": verdict.ja}[language] not in told
    assert "2026-11-01" in told
    assert not (tmp_path / "mlruns").exists()


def test_a_company_nobody_left_is_refused_with_a_reason(tmp_path: Path) -> None:
    config = str(_company(tmp_path, left="no"))
    with pytest.raises(KenshinError):
        CliRunner().invoke(app, ["train", "--config", config], catch_exceptions=False)
