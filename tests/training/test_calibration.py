import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.calibration import (
    SLOPES,
    Calibration,
    choose,
    fit_beta,
    fit_platt,
    later_check,
    level,
    probability,
)

RNG = np.random.default_rng(3)
MARGIN = RNG.normal(-1, 1.5, 20_000)


def _outcomes(slope: float, intercept: float) -> np.ndarray:
    p = probability(slope * MARGIN + intercept)
    return (np.random.default_rng(4).random(len(p)) < p).astype(float)


def test_the_line_that_made_the_outcomes_is_found_again() -> None:
    fitted = fit_platt(MARGIN, _outcomes(0.7, -0.4))
    assert fitted.method == "platt"
    assert fitted.slope == pytest.approx(0.7, abs=0.05)
    assert fitted.intercept == pytest.approx(-0.4, abs=0.05)


def test_a_ranking_upside_down_is_not_turned_round() -> None:
    fitted = fit_platt(MARGIN, _outcomes(-0.7, -0.4))
    assert (fitted.method, fitted.slope) == ("shift", 1.0)
    assert "slope" in fitted.note


def test_too_few_churns_move_only_the_level() -> None:
    churned = np.zeros(200)
    churned[:5] = 1
    fitted = fit_platt(MARGIN[:200], churned)
    assert (fitted.method, fitted.slope) == ("shift", 1.0)
    assert fitted.probability(MARGIN[:200]).mean() == pytest.approx(5.5 / 201, abs=1e-6)


def test_probabilities_stay_inside_zero_and_one() -> None:
    p = Calibration(1.0, 0.0).probability(np.array([-1e6, 0.0, 1e6]))
    assert (p > 0).all()
    assert (p < 1).all()


def test_perfect_separation_stays_finite() -> None:
    margin = np.concatenate([np.full(50, -2.0), np.full(50, 2.0)])
    churned = np.concatenate([np.zeros(50), np.ones(50)])
    fitted = fit_platt(margin, churned)
    assert np.isfinite([fitted.slope, fitted.intercept]).all()


def test_a_level_that_moved_beyond_noise_is_noticed() -> None:
    identity = Calibration(1.0, 0.0)
    earlier = [
        (MARGIN[k : k + 4000], _outcomes(1, 0)[k : k + 4000]) for k in range(0, 16_000, 4000)
    ]
    moved = later_check(identity, MARGIN, _outcomes(1.0, 1.0), earlier)
    still = later_check(identity, MARGIN, _outcomes(1.0, 0.0), earlier)
    assert moved.moved
    assert moved.shift == pytest.approx(1.0, abs=0.1)
    assert not still.moved


def test_the_level_makes_the_mean_the_share_who_left() -> None:
    churned = _outcomes(1.0, 0.5)
    shifted = MARGIN + level(MARGIN, churned)
    assert probability(shifted).mean() == pytest.approx(churned.mean(), abs=1e-4)


ACCOUNTS = np.array([f"a{k}" for k in range(len(MARGIN))], dtype=object)
BENT = Calibration(0.5, -0.3, "beta", bend=1.5)


def _bent_outcomes() -> np.ndarray:
    return (np.random.default_rng(4).random(len(MARGIN)) < BENT.probability(MARGIN)).astype(float)


def test_a_bend_in_the_outcomes_is_found_again_and_chosen() -> None:
    fitted = choose(MARGIN, _bent_outcomes(), ACCOUNTS)
    assert fitted.method == "beta"
    assert fitted.slope == pytest.approx(0.5, abs=0.1)
    assert fitted.bend == pytest.approx(1.5, abs=0.3)
    assert "below Platt's" in fitted.note


def test_a_straight_line_stays_platt() -> None:
    churned = _outcomes(0.7, -0.4)
    assert choose(MARGIN, churned, ACCOUNTS) == fit_platt(MARGIN, churned)


def test_below_a_thousand_leavers_platt_stays_however_bent_the_outcomes() -> None:
    churned = _bent_outcomes()
    few = int(np.searchsorted(churned.cumsum(), 999, side="right"))
    assert churned[:few].sum() == 999
    assert choose(MARGIN[:few], churned[:few], ACCOUNTS[:few]).method == "platt"
    assert fit_beta(MARGIN[:few], churned[:few]) is not None


def test_a_thousand_rows_of_few_accounts_are_not_a_thousand_leavers() -> None:
    few = np.array([f"a{k % 500}" for k in range(len(MARGIN))], dtype=object)
    assert choose(MARGIN, _bent_outcomes(), few).method == "platt"


@given(
    st.floats(*SLOPES),
    st.floats(*SLOPES),
    st.floats(-5, 5),
    st.lists(st.floats(-15, 15), min_size=2, max_size=30),
)
def test_beta_never_reorders_accounts(
    low: float, high: float, intercept: float, margins: list[float]
) -> None:
    calibration = Calibration(low, intercept, "beta", bend=high - low)
    margin = np.sort(np.array(margins))
    assert (np.diff(calibration.log_odds(margin)) >= 0).all()
    apart = np.diff(margin) > 1e-6
    assert (np.diff(calibration.log_odds(margin))[apart] > 0).all()
