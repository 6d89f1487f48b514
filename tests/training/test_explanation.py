"""Points add up to the score, also where the calibration bends and where the score is clipped."""

import lightgbm as lgb
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.frames import learnable
from training import model
from training.calibration import SLOPES, Calibration
from training.explanation import explain, scored
from training.scale import Scale
from training.shares import Shares

ROWS = learnable(accounts=100, dates=3)
SHARES = Shares(lgb.Booster(model_str=model.fit(ROWS, folds=2, seed=1, threads=1).text))
SCALE = Scale(0.1, 0.6)
MATRIX = ROWS.matrix[:40]


@given(st.floats(*SLOPES), st.floats(*SLOPES), st.floats(-3, 3))
def test_baseline_points_bend_and_clip_are_the_score(
    low: float, high: float, intercept: float
) -> None:
    calibration = Calibration(low, intercept, "beta", bend=high - low)
    told = explain(SHARES, calibration, SCALE, MATRIX)
    bend = 0.0 if told.bend is None else told.bend
    total = told.baseline + told.points.sum(axis=1) + bend + told.clip
    np.testing.assert_allclose(total, told.score, rtol=0, atol=1e-9)
    probability, score = scored(SHARES, calibration, SCALE, MATRIX)
    np.testing.assert_array_equal(probability, told.probability)
    np.testing.assert_array_equal(score, told.score)


def test_a_straight_calibration_has_no_row_of_its_own() -> None:
    assert explain(SHARES, Calibration(0.9, -0.2), SCALE, MATRIX).bend is None


def test_a_bend_of_nothing_says_what_platt_says() -> None:
    platt = explain(SHARES, Calibration(0.9, -0.2), SCALE, MATRIX)
    bent = explain(SHARES, Calibration(0.9, -0.2, "beta", bend=1e-13), SCALE, MATRIX)
    np.testing.assert_allclose(bent.points, platt.points, rtol=0, atol=1e-9)
    assert bent.bend is not None
    assert np.abs(bent.bend).max() < 1e-9


def test_margins_known_already_change_no_bit() -> None:
    calibration = Calibration(0.9, -0.2)
    anew = explain(SHARES, calibration, SCALE, MATRIX)
    margin = model.margin(SHARES.booster, MATRIX)
    known = explain(SHARES, calibration, SCALE, MATRIX, margin=margin)
    np.testing.assert_array_equal(known.probability, anew.probability)
    np.testing.assert_array_equal(known.score, anew.score)
    np.testing.assert_array_equal(known.points, anew.points)
    np.testing.assert_array_equal(known.clip, anew.clip)
