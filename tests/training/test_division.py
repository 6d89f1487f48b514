"""What is fitted on and what is judged by, as the training itself divides it."""

from dataclasses import replace

import numpy as np

from features.settings import Churn, Settings, Training
from tests.builders.frames import learnable
from training import judging
from training.division import OUTER_FOLDS, divided

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
