"""A scorecard in a model's place: it says it was not gated, and learns from no leak."""

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from features.gate_settings import GateSettings
from features.settings import Churn, MLflow, Settings, Training
from features.snapshots import Snapshot
from tests.builders.frames import FEATURES, snapshot_table
from training import bundle, frames, recording, standing_in
from training.frames import Frame
from training.gate import LeakError
from training.result import TrainResult
from training.scorecard import parse

NOW = datetime(2026, 11, 22)
TABLE, LABELS = snapshot_table(accounts=200, dates=3)
HONEST = frames.frame(TABLE, FEATURES, LABELS, known=True)
CARD = parse("""
title = { ja = "見本", en = "Sample" }
[[card]]
code = "all"
title = { ja = "全社", en = "Everyone" }
success = { ja = "使っている", en = "Uses it" }
[[card.indicator]]
feature = "logins_28d"
weight = 50
bounded = { none_at = -2, all_at = 2 }
""")


def leaking(name: str, rows: Frame = HONEST) -> Frame:
    """Return the rows with a feature that is low for those who leave, all but a few."""
    matrix = rows.matrix.copy()
    place = [feature.name for feature in rows.features].index(name)
    noise = np.random.default_rng(2).normal(scale=0.4, size=len(rows))
    matrix[:, place] = np.where(rows.churned > 0, -1.0, 1.0) + noise
    return replace(rows, matrix=matrix)


def settings(root: Path, mlflow_folder: Path, **ignore: str) -> Settings:
    return Settings(
        root=root,
        churn=Churn(horizon_days=30, allowed_gap_days=0),
        training=Training(folds=3, minimum_churns=10_000),
        gate=GateSettings(ignore=ignore),
        mlflow=MLflow(folder=str(mlflow_folder), model=root.name),
    )


def by_card(given: Settings, rows: Frame) -> TrainResult:
    origin = recording.origin(given, Snapshot(TABLE, FEATURES))
    return standing_in.by_card(given, CARD, rows, rows, origin, NOW)


def test_a_card_that_would_learn_from_a_column_that_knows_the_future_does_not_serve(
    tmp_path: Path, mlflow_folder: Path
) -> None:
    given = settings(tmp_path, mlflow_folder)
    with pytest.raises(LeakError, match=r"T6 .*`logins_28d` alone tells who left"):
        by_card(given, leaking("logins_28d"))
    assert not bundle.bundles(given).exists()


@pytest.mark.parametrize(
    ("rows", "ignore"),
    [
        (HONEST, {}),
        (leaking("tickets_28d"), {}),
        (leaking("logins_28d"), {"logins_28d": "counted before the date, looked into"}),
    ],
    ids=["honest", "a leak the card does not read", "passed over by name"],
)
def test_a_learned_card_serves_with_its_leak_checks_and_says_no_gate_decided(
    rows: Frame, ignore: dict[str, str], tmp_path: Path, mlflow_folder: Path
) -> None:
    given = settings(tmp_path, mlflow_folder, **ignore)
    result = by_card(given, rows)
    assert result.champion
    assert result.evaluation["scorecard"]["stage"] == "learned"
    kept = json.loads((bundle.bundles(given) / "v1" / "evaluation.json").read_text("utf-8"))
    assert {check["code"]: check["result"] for check in kept["checks"]} == {
        "T1": "failed",
        "T6": "passed",
        "T7": "passed",
        "T18": "passed",
    }
    assert [check.json() for check in result.checks] == kept["checks"]
    assert kept["gate"]["verdict"] == "scorecard"


def test_a_card_as_given_learned_from_no_column_and_is_checked_for_none(
    tmp_path: Path, mlflow_folder: Path
) -> None:
    leavers = np.unique(HONEST.account_ids[HONEST.churned > 0].astype(str))[:9]
    few = np.where(np.isin(HONEST.account_ids.astype(str), leavers), HONEST.churned, 0.0)
    rows = replace(HONEST, churned=few)
    result = by_card(settings(tmp_path, mlflow_folder), leaking("logins_28d", rows))
    assert result.evaluation["scorecard"]["stage"] == "prior"
    assert [check.code for check in result.checks] == ["T1"]
