from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from features.catalog import Unit
from serving.values import money_text, number, reads_same, value_text
from tests.builders.small_catalogue import BY_NAME, FEATURES

PLAIN = BY_NAME["tickets_28d"]


@pytest.mark.parametrize(
    ("name", "value", "ja", "en"),
    [
        ("seats_in_use_28d", 0.37, "37%", "37%"),
        ("seats_in_use_28d", 0.0, "0%", "0%"),
        ("seats_in_use_28d", 0.004, "1%未満", "<1%"),
        ("seats_in_use_28d", 0.997, "99%超", ">99%"),
        ("seats_in_use_28d", 1.0, "100%", "100%"),
        ("seats_in_use_28d", 1.25, "125%", "125%"),
        ("events_28d_vs_prev_28d", -0.53, "−53%", "−53%"),
        ("events_28d_vs_prev_28d", 0.12, "+12%", "+12%"),
        ("events_28d_vs_prev_28d", 0.001, "±0%", "±0%"),
        ("logins_per_week_28d", 2.5, "週2.5回", "2.5 a week"),
        ("days_to_renewal", 21.0, "あと21日", "in 21 days"),
        ("days_to_renewal", 1.0, "あと1日", "in 1 day"),
        ("days_to_renewal", 0.0, "今日", "today"),
        ("days_to_renewal", -3.0, "3日前", "3 days ago"),
        ("days_overdue", 4.0, "4日", "4 days"),
        ("days_overdue", 1.0, "1日", "1 day"),
        ("tenure_months", 53.0, "53か月", "53 months"),
        ("resolution_hours_90d", 20.0, "20時間", "20 hours"),
        ("resolution_hours_90d", 0.5, "30分", "30 minutes"),
        ("resolution_hours_90d", 0.001, "1分未満", "under a minute"),
        ("nps_latest", 7.6, "7.6", "7.6"),
        ("tickets_28d", 1240.0, "1,240", "1,240"),
        ("plan", "Enterprise", "Enterprise", "Enterprise"),
        ("plan", "", "データなし", "no data"),
        ("tickets_28d", None, "データなし", "no data"),
        ("tickets_28d", float("nan"), "データなし", "no data"),
    ],
)
def test_a_value_is_written_in_its_unit(
    name: str, value: float | str | None, ja: str, en: str
) -> None:
    assert value_text(BY_NAME[name], value, "ja") == ja
    assert value_text(BY_NAME[name], value, "en") == en


@pytest.mark.parametrize(
    ("value", "ja", "en"),
    [
        (1.0, "はい", "yes"),
        (0.0, "いいえ", "no"),
        (0.5, "0.5", "0.5"),
        (None, "データなし", "no data"),
    ],
)
def test_a_truth_is_written_as_yes_or_no(value: float | None, ja: str, en: str) -> None:
    truth = replace(PLAIN, unit="truth")
    assert value_text(truth, value, "ja") == ja
    assert value_text(truth, value, "en") == en


@pytest.mark.parametrize(
    ("value", "currency", "ja", "en"),
    [
        (9_730_000, "JPY", "¥973万", "¥9.7M"),
        (123_456_789, "JPY", "¥1.2億", "¥123M"),
        (12_345, "JPY", "¥1.2万", "¥12.3K"),
        (950, "USD", "$950", "$950"),
        (2_710, "JPY", "¥2,710", "¥2.7K"),
        (0.5, "USD", "$0.50", "$0.50"),
        (999_960, "USD", "$100万", "$1M"),
        (-50_000, "JPY", "−¥5万", "−¥50K"),
        (0, "JPY", "¥0", "¥0"),
    ],
)
def test_money_is_short(value: float, currency: str, ja: str, en: str) -> None:
    assert money_text(value, currency, "ja") == ja
    assert money_text(value, currency, "en") == en
    assert value_text(BY_NAME["mrr"], float(value), "ja", currency) == ja


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"), (-0.0, "0"), (3.0, "3"), (-3.0, "−3"), (34.56, "34.6"), (1240.4, "1,240"),
        (0.0423, "0.042"), (0.5, "0.5"), (0.0001, "<0.001"), (-0.0001, ">−0.001"),
        (1e18, "1.0e+18"), (99.96, "100"), (0.999, "1"), (float("inf"), "∞"),
    ],
)  # fmt: skip
def test_a_number_has_as_many_digits_as_help(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize("unit", ["share", "change", "days", "hours", "months", "money"])
@pytest.mark.parametrize("value", [1e300, -1e300, 1e15, 5e-324, float("inf")])
def test_no_number_is_too_large_to_be_written(unit: Unit, value: float) -> None:
    assert len(value_text(replace(PLAIN, unit=unit), value, "en")) < 40


@pytest.mark.parametrize(
    ("value", "ja", "en"),
    [
        (3.2, "3.2倍", "3.2 times"),
        (1.0, "1倍", "1 time"),
        (0.37, "0.37倍", "0.37 times"),
        (None, "データなし", "no data"),
    ],
)
def test_how_many_times_the_peers_is_written_as_times(
    value: float | None, ja: str, en: str
) -> None:
    compared = replace(PLAIN, unit="times")
    assert value_text(compared, value, "ja") == ja
    assert value_text(compared, value, "en") == en


@given(
    one=st.floats(-1e16, 1e16),
    factor=st.sampled_from([1.0, 1.0004, 1.004, 1.04, 0.96, 0.9996, -1.0]) | st.floats(0.7, 1.4),
)
@settings(max_examples=400, deadline=None)
def test_money_reads_the_same_exactly_where_babel_writes_the_same(
    one: float, factor: float
) -> None:
    money = next(feature for feature in FEATURES if feature.unit == "money")
    other = one * factor
    assume(min(abs(one), abs(other)) >= 0.01)  # which sign nothing has is not told
    same = money_text(one, "USD", "en") == money_text(other, "USD", "en")
    assert reads_same(money, one, other) == same


@given(
    name=st.sampled_from([f.name for f in FEATURES if f.kind == "number"]),
    one=st.floats(-1e13, 1e13),
    apart=st.one_of(st.floats(-3, 3), st.floats(-1e13, 1e13)),
    smaller=st.sampled_from([1.0, 1e-9, 1e-12]),
)
@settings(max_examples=400, deadline=None)
def test_what_is_far_apart_is_told_apart_without_being_written(
    name: str, one: float, apart: float, smaller: float
) -> None:
    feature, other = BY_NAME[name], one * smaller + apart
    assume(feature.unit != "money")  # has a test of its own
    written = value_text(feature, one * smaller, "en") == value_text(feature, other, "en")
    assert reads_same(feature, one * smaller, other) == written


@given(
    unit=st.sampled_from(["count", "rating", "times", "per_week", "months"]),
    one=st.floats(-101, 101) | st.integers(-101, 101).map(float),
    apart=st.floats(-0.3, 0.3),
)
@settings(max_examples=400, deadline=None)
def test_numbers_a_tenth_apart_are_told_apart_where_tenths_are_written(
    unit: Unit, one: float, apart: float
) -> None:
    feature = replace(BY_NAME["seats_in_use_28d"], unit=unit)
    written = value_text(feature, one, "en") == value_text(feature, one + apart, "en")
    assert reads_same(feature, one, one + apart) == written
