"""Between the horizons: rising, through every horizon, with a step only where it belongs."""

from datetime import date, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.curve import chance, chances, days_to, expected_loss

DAYS = (30, 90, 180, 365)
rising = st.lists(st.floats(1e-6, 1 - 1e-6), min_size=4, max_size=4).map(sorted)


@settings(max_examples=60, deadline=None)
@given(rising, st.floats(-30, 500) | st.just(float("nan")), st.floats(0.5, 1) | st.none())
def test_it_rises_from_nothing_through_every_horizon_wherever_the_renewal_is(
    told: list[float], renewal: float, share: float | None
) -> None:
    known = np.array([told])
    at = np.unique([0.0, *np.linspace(0, 365, 60), *DAYS])
    found = chances(DAYS, known, at, np.array([renewal]), share)[0]
    assert found[0] == 0
    assert (np.diff(found) >= -1e-12).all()
    np.testing.assert_array_equal(found[np.isin(at, DAYS)], told)


@settings(max_examples=200, deadline=None)
@given(
    rising,
    st.floats(0, 365) | st.sampled_from((0.0, *DAYS)),
    st.floats(-30, 500) | st.sampled_from(DAYS) | st.just(float("nan")),
    st.floats(0.5, 1) | st.none(),
)
def test_one_account_at_one_day_is_told_the_very_bits_of_many(
    told: list[float], at: float, renewal: float, share: float | None
) -> None:
    many = chances(DAYS, np.array([told]), at, np.array([float(renewal)]), share)[0, 0]
    assert chance(DAYS, told, at, float(renewal), share) == many


def test_without_a_step_the_hazard_is_the_same_all_through_a_segment() -> None:
    found = chances((90,), np.array([[0.19]]), [45], np.array([80.0]), None)
    assert found[0, 0] == pytest.approx(0.1)


def test_a_step_lies_within_a_week_of_the_date_and_nowhere_else() -> None:
    known = np.array([[0.01, 0.5, 0.6, 0.7]])
    at = [60.0, 83.0, 84.0 - 7 + 14]
    plain = chances(DAYS, known, at, np.array([84.0]), None)[0]
    stepped = chances(DAYS, known, at, np.array([84.0]), 0.8)[0]
    assert stepped[0] < plain[0] / 3
    assert stepped[1] < plain[1]
    later = chances(DAYS, known, [100.0, 200.0], np.array([84.0]), 0.8)
    np.testing.assert_allclose(later, chances(DAYS, known, [100.0, 200.0]))


def test_the_loss_of_each_month_sums_to_revenue_times_the_chance() -> None:
    known = np.array([[0.01, 0.05, 0.1, 0.2], [0.1, 0.2, 0.3, 0.4], [np.nan] * 4, [0.1] * 4])
    mrr = np.array([1000.0, 50.0, 70.0, np.nan])
    nowhere = np.full(4, np.nan)
    found = expected_loss(DAYS, known, mrr, ["JPY", "USD", "JPY", "JPY"], nowhere, None)
    assert len(found["JPY"]["months"]) == 12
    assert sum(found["JPY"]["months"]) == pytest.approx(200)
    assert sum(found["JPY"]["months"][:3]) == pytest.approx(1000 * 0.05, rel=0.03)
    assert (found["JPY"]["unknown_accounts"], found["JPY"]["unknown_mrr"]) == (1, 70.0)
    assert sum(found["USD"]["months"]) == pytest.approx(20)


def test_months_reach_as_far_as_the_horizons() -> None:
    known = np.array([[0.05, 0.1]])
    found = expected_loss((30, 90), known, np.array([10.0]), ["JPY"], np.array([np.nan]), None)
    assert len(found["JPY"]["months"]) == 2
    assert (
        expected_loss((), np.empty((1, 0)), np.array([10.0]), ["JPY"], np.ones(1), None)["JPY"][
            "months"
        ]
        == []
    )


def test_days_are_counted_from_the_instant_of_the_score() -> None:
    assert days_to(date(2026, 11, 30), datetime(2026, 11, 20)) == 10
    assert np.isnan(days_to(None, datetime(2026, 11, 20)))


def test_a_date_just_a_week_beyond_a_horizon_raises_no_warning() -> None:
    known = np.array([[0.01, 0.5, 0.6, 0.7]])
    found = chances(DAYS, known, [100.0, 120.0], np.array([DAYS[2] + 7.0]), 0.8)
    np.testing.assert_allclose(found, chances(DAYS, known, [100.0, 120.0]))
