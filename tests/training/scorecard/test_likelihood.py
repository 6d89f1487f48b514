import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.scorecard import margin, probability


def at(calibration_of: tuple[np.ndarray, np.ndarray], score: float) -> float:
    fitted = probability(*calibration_of)
    return float(fitted.probability(margin(np.array([score])))[0])


NOTHING = (np.array([]), np.array([]))


def test_before_anything_is_known_80_points_are_worth_the_base_rate() -> None:
    assert at(NOTHING, 80) == pytest.approx(0.05, abs=1e-6)
    odds = at(NOTHING, 50) / (1 - at(NOTHING, 50)) / (0.05 / 0.95)
    assert odds == pytest.approx(4.9 * 1.4, rel=1e-4)


def test_stayers_lower_the_level_and_leavers_raise_it() -> None:
    stayed = (np.full(200, 80.0), np.zeros(200))
    left = (np.full(200, 80.0), np.r_[np.ones(60), np.zeros(140)])
    assert at(stayed, 80) < 0.01
    assert at(left, 80) == pytest.approx(0.28, abs=0.03)


def test_with_a_long_history_it_is_what_happened() -> None:
    rng = np.random.default_rng(1)
    scores = rng.uniform(0, 100, 20_000)
    truth = 1 / (1 + np.exp(-(1 - 0.07 * (scores - 30))))
    history = (scores, (rng.random(20_000) < truth).astype(float))
    for score in (20.0, 40.0, 60.0):
        expected = 1 / (1 + np.exp(-(1 - 0.07 * (score - 30))))
        assert at(history, score) == pytest.approx(expected, abs=0.03)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 100), st.booleans()), max_size=30))
def test_a_lower_score_is_never_less_likely_to_leave(rows: list[tuple[float, bool]]) -> None:
    scores = np.array([score for score, _ in rows])
    churned = np.array([float(left) for _, left in rows])
    fitted = probability(scores, churned)
    p = fitted.probability(margin(np.linspace(0, 100, 11)))
    assert fitted.slope > 0
    assert np.all(np.diff(p) <= 0)
    assert np.all((p > 0) & (p < 1))


def test_unknown_outcomes_and_withheld_scores_are_left_out() -> None:
    scores, churned = np.array([20.0, 90.0, np.nan, 50.0]), np.array([1.0, 0.0, 1.0, np.nan])
    assert probability(scores, churned) == probability(scores[:2], churned[:2])


def test_rows_of_one_account_count_as_one() -> None:
    rng = np.random.default_rng(2)
    scores = rng.uniform(0, 100, 100)
    churned = (rng.random(100) < 0.2).astype(float)
    ids = np.arange(100).astype(str).astype(object)
    once = probability(scores, churned, ids)
    thrice = probability(np.tile(scores, 3), np.tile(churned, 3), np.tile(ids, 3))
    assert thrice.slope == pytest.approx(once.slope, rel=1e-4)
    assert thrice.intercept == pytest.approx(once.intercept, rel=1e-4)
