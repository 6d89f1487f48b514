"""Training from end to end, on a company made by hand."""

import json
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from features.errors import KenshinError, NoSignalError
from features.settings import Churn, MLflow, Settings, Training
from features.snapshots import Snapshot
from tests.builders.frames import FEATURES, snapshot_table
from training import bundle, registry, scale
from training.seal import FILES, WITHHOLD
from training.shipment import git_commit
from training.train import TrainResult, train

NOW = datetime(2026, 11, 22)


def _settings(root: Path, mlflow_folder: Path) -> Settings:
    return Settings(
        root=root,
        churn=Churn(horizon_days=30, allowed_gap_days=0),
        training=Training(folds=3),
        mlflow=MLflow(folder=str(mlflow_folder), model=root.name),
    )


@pytest.fixture(scope="module")
def usable(
    tmp_path_factory: pytest.TempPathFactory, mlflow_folder: Path
) -> tuple[Settings, TrainResult]:
    settings = _settings(tmp_path_factory.mktemp("usable"), mlflow_folder)
    table, labels = snapshot_table()
    departures = pa.table({"account_id": ["A0001", "A0002"], "left_at": [datetime(2025, 9, 1)] * 2})
    later, _ = snapshot_table(dates=30, seed=9)
    weekly = [
        datetime(2025, 7, 7 + 7 * k) if k < 4 else datetime(2025, 8, 4 + 7 * (k - 4))
        for k in range(8)
    ]
    weekly_table = later.slice(0, 300 * 8).set_column(
        1, "as_of", pa.array(np.repeat(np.array(weekly, dtype="datetime64[us]"), 300))
    )
    result = train(
        settings,
        Snapshot(table, FEATURES),
        labels,
        NOW,
        history=lambda start: Snapshot(weekly_table, FEATURES),
        departures=departures,
        departures_until=datetime(2025, 9, 2),
    )
    return settings, result


def test_a_learnable_company_gets_a_champion(usable: tuple[Settings, TrainResult]) -> None:
    settings, result = usable
    assert (result.verdict, result.champion) == ("usable", True)
    assert bundle.champion(settings).version == "v1"
    assert scale.kept_at(settings).exists()
    assert [c.code for c in result.checks if c.severity != "warning" and c.result == "failed"] == []


def test_the_evaluation_has_its_contract(usable: tuple[Settings, TrainResult]) -> None:
    _, result = usable
    document = result.evaluation
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert document["train"]["to"] < document["test"]["from"]
    assert document["calibration"]["to"] < document["test"]["from"]
    assert {line["name"] for line in document["baselines"]} == {
        "constant",
        "logistic regression",
        "best single indicator",
    }
    assert len(document["reliability"]) == 12
    assert sum(span["rows"] for span in document["ranges"]) == document["test"]["rows"]
    assert document["answer_check"]["left"] == 2
    assert document["importance"][0]["feature"] == "logins_28d"
    assert document["metrics"]["auc"]["low"] > 0.6


def test_the_champion_predicts_what_was_judged(usable: tuple[Settings, TrainResult]) -> None:
    settings, result = usable
    table, _ = snapshot_table()
    test = table.slice(300 * 5)
    champion = bundle.champion(settings)
    p = champion.predict(champion.encode(test))
    assert p.mean() == pytest.approx(
        np.average(
            [g["predicted"] for g in result.evaluation["reliability"]],
            weights=[g["rows"] for g in result.evaluation["reliability"]],
        ),
        abs=1e-12,
    )


def test_the_run_is_recorded_with_lineage_figures_card_and_bundle(
    usable: tuple[Settings, TrainResult],
) -> None:
    settings, result = usable
    client = registry.client(settings)
    run = client.get_run(result.run_id)
    assert run.info.status == "FINISHED"
    assert {"auc", "auc_low", "auc_high", "baseline/constant/log_loss"} <= set(run.data.metrics)
    assert run.inputs is not None
    assert {tag.value for entry in run.inputs.dataset_inputs for tag in entry.tags} == {
        "all",
        "training",
        "testing",
    }
    drawn = {file.path for file in client.list_artifacts(result.run_id, "figures")}
    wanted = ("reliability", "precision_recall", "gain", "score_by_outcome", "beeswarm")
    assert {f"figures/{name}.png" for name in (*wanted, "dependence", "answer_check")} == drawn
    shipped = {file.path for file in client.list_artifacts(result.run_id, "bundle")}
    assert {f"bundle/{name}" for name in (*FILES, WITHHOLD, "manifest.json")} == shipped
    (version,) = registry.versions(settings)
    assert (version.version, version.aliases) == ("v1", ("champion",))


def test_an_interrupted_training_leaves_the_old_champion_and_no_half_bundle(
    usable: tuple[Settings, TrainResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, _ = usable
    table, labels = snapshot_table(seed=2)

    def stopped(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(bundle, "_write_files", stopped)
    with pytest.raises(KeyboardInterrupt):
        train(settings, Snapshot(table, FEATURES), labels, NOW)
    assert bundle.champion(settings).version == "v1"
    assert sorted(path.name for path in bundle.bundles(settings).iterdir()) == [
        "champion.json",
        "v1",
        "verdict.json",
    ]


def test_shuffled_labels_carry_no_usable_signal(tmp_path: Path, mlflow_folder: Path) -> None:
    settings = _settings(tmp_path, mlflow_folder)
    table, labels = snapshot_table()
    shuffled = np.random.default_rng(8).permutation(labels.column("churned").to_numpy())
    labels = labels.set_column(2, "churned", pa.array(shuffled))
    result = train(settings, Snapshot(table, FEATURES), labels, NOW)
    assert (result.verdict, result.bundle) == ("no usable signal", None)
    assert registry.versions(settings) == []
    with pytest.raises(NoSignalError, match="base rate"):
        bundle.champion(settings)


def test_a_table_of_constants_carries_no_usable_signal(tmp_path: Path, mlflow_folder: Path) -> None:
    table, labels = snapshot_table()
    for name in ("logins_28d", "tickets_28d", "noise_28d"):
        place = table.column_names.index(name)
        table = table.set_column(place, name, pa.array(np.ones(table.num_rows)))
    place = table.column_names.index("plan_type")
    table = table.set_column(place, "plan_type", pa.array(["team"] * table.num_rows))
    result = train(_settings(tmp_path, mlflow_folder), Snapshot(table, FEATURES), labels, NOW)
    assert result.verdict == "no usable signal"


def test_a_flat_table_is_judged_in_folds_and_says_so(tmp_path: Path, mlflow_folder: Path) -> None:
    table, labels = snapshot_table(accounts=500, dates=1)
    flat = table.drop_columns(["as_of"]).append_column("churned", labels.column("churned"))
    result = train(_settings(tmp_path, mlflow_folder), Snapshot(flat, FEATURES), None, NOW)
    assert result.evaluation["out_of_time"] is False
    assert result.evaluation["design"].startswith("Not out of time")
    assert (result.evaluation["test"]["from"], result.evaluation["answer_check"]) == (None, None)
    assert result.champion


@pytest.mark.parametrize("left", [0, 1])
def test_a_company_without_a_single_churn_or_account_is_told_what_is_missing(
    tmp_path: Path, mlflow_folder: Path, left: int
) -> None:
    table, labels = snapshot_table(accounts=1 if left else 50)
    nobody = pa.array([False] * labels.num_rows)
    labels = labels.set_column(2, "churned", nobody)
    with pytest.raises(KenshinError, match="0 that left"):
        train(_settings(tmp_path, mlflow_folder), Snapshot(table, FEATURES), labels, NOW)


def test_the_commit_is_that_of_the_code() -> None:
    assert len(git_commit()) in (40, 7)
