"""The same rows and settings give the same bundle, byte for byte, but for time and run."""

import hashlib
from datetime import datetime
from pathlib import Path

import pytest

from features.settings import Churn, MLflow, Settings, Training
from features.snapshots import Snapshot
from tests.builders.frames import FEATURES, snapshot_table
from training import model, recording
from training.train import train

CARRIES_TIME = {"manifest.json"}
"""Run id, version and date; and the hashes of the others, which are compared here."""


def bundle(folder: Path, mlflow_folder: Path, day: int, threads: int) -> Path:
    folder.mkdir()
    settings = Settings(
        root=folder,
        churn=Churn(horizon_days=30, allowed_gap_days=0),
        training=Training(folds=2, threads=threads),
        mlflow=MLflow(folder=str(mlflow_folder), model=folder.name),
    )
    table, labels = snapshot_table(accounts=150, dates=5)
    made = train(settings, Snapshot(table, FEATURES), labels, datetime(2026, 11, day)).bundle
    assert made is not None
    return made.folder


def test_training_twice_gives_equal_bytes_with_one_thread_or_two(
    tmp_path: Path, mlflow_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "record", lambda *given: None)
    monkeypatch.setattr(model, "ROUNDS", 15)
    first, second = (
        bundle(tmp_path / name, mlflow_folder, day, threads)
        for name, day, threads in (("once", 1, 1), ("again", 2, 2))
    )
    names = {path.name for path in first.iterdir()}
    assert names == {path.name for path in second.iterdir()}
    assert {"booster.txt", "evaluation.json", "golden.json"} <= names
    for name in sorted(names - CARRIES_TIME):
        one, other = (hashlib.sha256((f / name).read_bytes()).hexdigest() for f in (first, second))
        assert one == other, name
