"""What is fitted on and what is judged by, as the training itself divides it."""

from dataclasses import replace

import numpy as np

from features.settings import Churn, Settings, Training
from tests.builders.frames import learnable
from training import examination, judging
from training.division import OUTER_FOLDS, divided
from training.frames import Frame
from training.split import split

SETTINGS = Settings(
    churn=Churn(horizon_days=60, allowed_gap_days=0), training=Training(folds=2, minimum_churns=10)
)


def test_out_of_time_the_one_trial_is_the_period_the_training_judges() -> None:
    rows = learnable(accounts=60, dates=8)
    division = divided(rows, SETTINGS)
    assert division.parts is not None
    ((fitted, test, places),) = division.trials()
    judged = judging.out_of_time(rows, division.parts, SETTINGS, lambda *told: None)
    assert test.digest() == judged.test.digest()
    assert fitted.digest() == judged.development.digest()
    np.testing.assert_array_equal(rows.as_of[places], test.as_of)
    assert fitted.as_of.max() + np.timedelta64(60, "D") <= test.as_of.min()


def test_without_time_the_folds_hold_every_row_once_and_no_account_twice() -> None:
    rows = learnable(accounts=60, dates=1)
    rows = replace(rows, as_of=np.full(len(rows), np.datetime64("NaT", "us")))
    trials = list(divided(rows, SETTINGS).trials())
    assert len(trials) == OUTER_FOLDS
    assert sorted(np.concatenate([places for _, _, places in trials])) == list(range(len(rows)))
    for fitted, judged, _ in trials:
        assert not set(fitted.account_ids) & set(judged.account_ids)


def launched_with(rows: Frame, first: np.datetime64) -> Frame:
    """Return rows in which nobody has the plan ``team`` before ``first``."""
    matrix, column = rows.matrix.copy(), [one.name for one in rows.features].index("plan_type")
    team = rows.categories["plan_type"].index("team")
    matrix[(rows.as_of < first) & (matrix[:, column] == team), column] = 0.0
    return replace(rows, matrix=matrix)


def test_a_plan_launched_in_the_slice_held_back_is_unknown_and_does_not_stop_the_training() -> None:
    settings = SETTINGS.model_copy(update={"churn": Churn(horizon_days=30, allowed_gap_days=0)})
    rows = learnable(accounts=60, dates=30)
    planned = split(rows, settings)
    assert planned.held_back
    rows = launched_with(rows, planned.calibration[0])
    division = divided(rows, settings)
    assert division.parts is not None
    assert division.parts.held_back
    judged = judging.out_of_time(rows, division.parts, settings, lambda *told: None)
    found = {check.code: check.result for check in examination.folds(judged)}
    assert found == {"T11": "passed", "T12": "passed"}
    column = [one.name for one in rows.features].index("plan_type")
    assert np.isnan(judged.test.matrix[:, column]).any()
