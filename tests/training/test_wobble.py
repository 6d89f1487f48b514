import numpy as np

from training.wobble import category_wobble, dates_of, number_wobble

DATES = np.repeat(np.array(["2026-01-01", "2026-02-01", "2026-03-01"], "datetime64[us]"), 400)


def test_fewer_than_three_dates_or_no_time_say_nothing() -> None:
    assert dates_of(None) == []
    assert dates_of(DATES[:800]) == []
    assert dates_of(np.full(900, np.datetime64("NaT"))) == []
    assert len(dates_of(DATES)) == 3


def test_one_odd_date_is_measured_against_all_others() -> None:
    values = np.random.default_rng(1).normal(0, 1, 1_200)
    calm = number_wobble(values, dates_of(DATES))
    values[:400] += 1.0
    odd = number_wobble(values, dates_of(DATES))
    assert calm["wasserstein"] < 0.15
    assert odd["wasserstein"] > 0.9
    assert odd["stability_index"] > 0.5 > calm["stability_index"]
    assert 0.9 < odd["mean"] < 1.1


def test_the_mix_of_a_category_is_measured_likewise() -> None:
    codes = np.tile([0.0, 1.0], 600)
    assert category_wobble(codes, ("a", "b"), dates_of(DATES))["stability_index"] < 0.01
    codes[:300] = 0.0
    assert category_wobble(codes, ("a", "b"), dates_of(DATES))["stability_index"] > 0.1


def test_a_date_with_few_values_is_left_out() -> None:
    values = np.random.default_rng(1).normal(0, 1, 1_200)
    values[50:400] = np.nan
    values[:50] = 99.0
    assert number_wobble(values, dates_of(DATES))["wasserstein"] < 0.5
