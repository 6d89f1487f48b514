"""The search for a recipe: inside the development period, resumable, the same every time."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from features.errors import KenshinError
from features.settings import Churn, MLflow, Settings, Training
from features.snapshots import Snapshot
from tests.builders.frames import FEATURES, learnable, snapshot_table
from training import registry, tune
from training.frames import Frame
from training.recipe import Recipe
from training.split import split
from training.train import train

ROWS = learnable(accounts=150, dates=6)


def _settings(root: Path, mlflow: Path) -> Settings:
    return Settings(
        root=root,
        churn=Churn(horizon_days=30, allowed_gap_days=0),
        training=Training(folds=2, minimum_churns=20),
        mlflow=MLflow(folder=str(mlflow), experiment=root.name),
    )


def _tuned(rows: Frame, settings: Settings, trials: int) -> Recipe:
    return tune.tuned(rows, split(rows, settings), settings, trials, lambda what, done, steps: None)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, mlflow_folder: Path) -> Settings:
    return _settings(tmp_path_factory.mktemp("whole-search"), mlflow_folder)


@pytest.fixture(scope="module")
def whole(settings: Settings) -> Recipe:
    return _tuned(ROWS, settings, 4)


def test_the_chosen_recipe_is_never_worse_on_the_validation_than_the_proposed(
    whole: Recipe,
) -> None:
    assert whole.origin == "tuned"
    assert whole.tuning is not None
    assert whole.tuning["trials"] == 4
    assert whole.tuning["log_loss"] <= whole.tuning["log_loss_proposed"]


def test_every_parameter_stays_inside_its_bounds(settings: Settings, whole: Recipe) -> None:
    for name, (low, high) in tune.BOUNDS.items():
        assert low <= whole.parameters[name] <= high


def test_whatever_happens_in_the_test_period_changes_nothing(
    settings: Settings, whole: Recipe, tmp_path: Path, mlflow_folder: Path
) -> None:
    parts = split(ROWS, settings)
    later = ROWS.as_of > parts.development[-1]
    assert later.sum() >= 150
    matrix, churned = ROWS.matrix.copy(), ROWS.churned.copy()
    matrix[later, :3] = 1e6
    churned[later] = 1 - churned[later]
    poisoned = replace(ROWS, matrix=matrix, churned=churned)
    apart = _settings(tmp_path / "poisoned", mlflow_folder)
    other = tune.tuned(poisoned, parts, apart, 4, lambda what, done, steps: None)
    assert other == whole


def test_a_search_broken_off_goes_on_where_it_stopped_and_ends_the_same(
    whole: Recipe, tmp_path: Path, mlflow_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = _settings(tmp_path / "broken", mlflow_folder)
    _tuned(ROWS, settings, 2)
    fits: list[float] = []
    plain = tune.loss

    def counted(given: tune.Validation, parameters: dict[str, Any], asked: Settings) -> float:
        fits.append(plain(given, parameters, asked))
        return fits[-1]

    monkeypatch.setattr(tune, "loss", counted)
    assert _tuned(ROWS, settings, 4) == whole
    assert len(fits) == 2
    assert _tuned(ROWS, settings, 4) == whole
    assert len(fits) == 2


def test_other_data_never_take_up_a_search(settings: Settings, whole: Recipe) -> None:
    other = learnable(accounts=150, dates=6, seed=2)
    assert tune.study_name(other, settings) != tune.study_name(ROWS, settings)


def test_finished_trials_are_runs_in_mlflow(settings: Settings, whole: Recipe) -> None:
    client = registry.client(settings)
    experiment = client.get_experiment_by_name(f"{settings.mlflow.experiment} tuning")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id])
    assert sorted(run.data.tags["trial"] for run in runs) == ["0", "1", "2", "3"]
    assert all(set(tune.BOUNDS) == set(run.data.params) for run in runs)


def test_the_validation_lies_a_whole_label_window_after_what_is_fitted_on(
    settings: Settings,
) -> None:
    given = tune.validation(ROWS, settings)
    assert given.later is not None
    gap = np.timedelta64(30, "D")
    assert (given.earlier.as_of.max() + gap <= given.later.as_of.min()).all()


def test_a_history_too_short_to_be_parted_is_judged_on_held_out_accounts(
    settings: Settings,
) -> None:
    given = tune.validation(learnable(accounts=150, dates=1), settings)
    assert given.later is None
    assert "held-out accounts" in given.design


def test_a_table_without_time_is_refused(settings: Settings) -> None:
    with pytest.raises(KenshinError, match="several dates"):
        tune.tuned(ROWS, None, settings, 4, lambda what, done, steps: None)


def test_the_chosen_parameters_are_in_evaluation_manifest_and_mlflow(
    tmp_path: Path, mlflow_folder: Path
) -> None:
    settings = _settings(tmp_path / "trained", mlflow_folder)
    table, labels = snapshot_table(accounts=150)
    result = train(settings, Snapshot(table, FEATURES), labels, datetime(2026, 11, 22), trials=2)
    recipe = result.evaluation["recipe"]
    assert (recipe["origin"], recipe["tuning"]["trials"]) == ("tuned", 2)
    assert result.bundle is not None
    assert result.bundle.manifest["recipe"] == recipe
    logged = registry.client(settings).get_run(result.run_id).data.params
    assert logged["tuning_study"] == recipe["tuning"]["study"]
    assert logged["num_leaves"] == str(recipe["parameters"]["num_leaves"])
