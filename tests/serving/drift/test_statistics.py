import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from serving.drift import statistics
from training import distance
from training.profile import number_profile


def sample(seed: int, rows: int, shift: float = 0.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(shift, 1, rows)


@given(
    st.lists(st.integers(-5, 5), min_size=1, max_size=200),
    st.lists(st.integers(-5, 5), min_size=1, max_size=200),
)
@settings(max_examples=50, deadline=None)
def test_few_distinct_values_give_the_distance_of_all_rows(a: list[int], b: list[int]) -> None:
    before, now = np.array(a, float), np.array(b, float)
    grid_distance = statistics.ks_distance(number_profile(before), now)
    places = np.union1d(before, now)
    exact = max(abs((before <= place).mean() - (now <= place).mean()) for place in places)
    # Every distinct value of the reference is on the grid; values of now between them are not.
    assert grid_distance <= exact + 1e-12
    if set(b) <= set(a):
        assert grid_distance == pytest.approx(exact, abs=1e-12)


def test_the_distance_on_the_grid_is_close_to_that_of_all_rows_and_never_above() -> None:
    before, now = sample(1, 20_000), sample(2, 3_000, 0.2)
    exact = stats.ks_2samp(before, now).statistic
    on_grid = statistics.ks_distance(number_profile(before), now)
    assert exact - 0.01 <= on_grid <= exact + 1e-12


def test_the_p_value_is_that_of_the_two_sample_test() -> None:
    exact = stats.ks_2samp(sample(1, 1_000), sample(2, 1_000, 0.08))
    ours = statistics.ks_p_value(float(exact.statistic), 1_000, 1_000)
    assert ours == pytest.approx(exact.pvalue, rel=0.1)


def test_bins_hold_a_tenth_each_and_add_up() -> None:
    before, now = distance.bin_shares(number_profile(sample(1, 10_000)), sample(2, 1_000))
    assert before.sum() == pytest.approx(1)
    assert now.sum() == pytest.approx(1)
    assert before == pytest.approx(np.full(10, 0.1), abs=0.001)


def test_values_that_outgrow_the_range_a_little_are_no_change() -> None:
    ages = np.arange(0.0, 100.0, 0.1)
    before, now = distance.bin_shares(number_profile(ages), ages + 4)
    assert len(before) == 10
    assert distance.stability_index(before, now, 1_000, 1_000) < 0.1


@pytest.mark.parametrize("share", [0.02, 0.05, 0.5, 0.95, 0.98])
def test_a_column_of_two_values_has_two_bins(share: float) -> None:
    ones = np.array([float(n >= 1_000 * share) for n in range(1_000)])
    before, now = distance.bin_shares(number_profile(ones), np.ones(10))
    assert before == pytest.approx([share, 1 - share])
    assert now.tolist() == [0, 1]


def test_a_reference_that_never_varied_sees_what_lies_outside_it() -> None:
    before, now = distance.bin_shares(number_profile(np.zeros(1_000)), np.array([0.0, 0.0, 1.0]))
    assert before.tolist() == [0, 1, 0]
    assert now == pytest.approx([0, 2 / 3, 1 / 3])
    assert distance.stability_index(before, now, 1_000, 1_000) > 1


def test_the_stability_index_of_known_shares() -> None:
    index = distance.stability_index(np.array([0.5, 0.5]), np.array([0.6, 0.4]), 10**6, 10**6)
    assert index == pytest.approx(0.1 * np.log(1.2) + -0.1 * np.log(0.8), abs=1e-5)
    assert distance.stability_index(np.array([1.0]), np.array([1.0]), 10, 10) == 0


def test_wasserstein_of_a_shifted_sample_is_the_shift() -> None:
    shift = distance.normed_wasserstein(number_profile(sample(1, 50_000)), sample(2, 50_000, 0.5))
    assert shift == pytest.approx(0.5, abs=0.02)


def test_wasserstein_of_the_same_rows_is_zero() -> None:
    for rows in (1, 7, 99, 1_000):
        values = sample(rows, rows) if rows > 1 else np.array([1.0])
        found = distance.normed_wasserstein(number_profile(values), values)
        assert found in (None, 0.0)


def test_wasserstein_cannot_apply_where_the_reference_never_varied() -> None:
    assert distance.normed_wasserstein(number_profile(np.ones(50)), sample(1, 50)) is None


def test_chi_square_agrees_with_scipy_where_counts_are_large() -> None:
    before, now = np.array([300.0, 500.0, 200.0]), np.array([60.0, 90.0, 50.0])
    exact = stats.chi2_contingency(np.vstack([before, now]), correction=False).pvalue
    assert statistics.chi_square_p_value(before, now) == pytest.approx(exact)


def test_rare_values_are_pooled_and_a_single_value_says_nothing() -> None:
    many = np.append(np.full(200, 2.0), 600.0)
    assert statistics.chi_square_p_value(many, many) == 1.0
    assert statistics.chi_square_p_value(np.array([10.0, 0.0]), np.array([5.0, 0.0])) == 1.0


def test_hundreds_of_levels_without_change_are_not_flagged() -> None:
    rng = np.random.default_rng(3)
    names = [f"level_{i}" for i in range(500)]
    shares = dict.fromkeys(names, 1 / 500)
    now = rng.choice(names, 5_000).tolist()
    before, counts = distance.category_counts({"shares": shares}, 50_000, now)
    assert distance.stability_index(before / before.sum(), counts / 5_000, 50_000, 5_000) < 0.1


def test_q_values_are_those_of_scipy() -> None:
    p_values = [0.001, 0.2, 0.03, 0.04, 0.9]
    exact = stats.false_discovery_control(p_values)
    assert statistics.benjamini_hochberg(p_values) == pytest.approx(exact.tolist())
    assert statistics.benjamini_hochberg([]) == []


def test_equal_shares_are_no_change() -> None:
    assert statistics.share_change_p_value(0.0, 100, 0.0, 100) == 1.0
    assert statistics.share_change_p_value(0.1, 1_000, 0.3, 1_000) < 1e-9
