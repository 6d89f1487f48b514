import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.catalog import Feature, Language
from features.catalogue import everything
from serving import words
from serving.values import value_text
from tests.builders.small_catalogue import BY_NAME, FEATURES
from tests.features.catalogue.golden.case import SETTINGS

CATALOGUE: tuple[Feature, ...] = (
    *(declared.feature for declared in everything(SETTINGS)),
    *FEATURES,
)
LANGUAGES: tuple[Language, ...] = ("ja", "en")
SEATS, RENEWAL = BY_NAME["seats_in_use_28d"], BY_NAME["days_to_renewal"]

NUMBERS = st.one_of(
    st.floats(allow_nan=True, allow_infinity=False),
    st.floats(-3, 3),
    st.integers(-5, 400).map(float),
    st.none(),
)


@st.composite
def reasons(draw: st.DrawFn) -> tuple[Feature, float | str | None, float | str | None, float]:
    """A feature with an account's value, the typical one and points."""
    feature = draw(st.sampled_from(CATALOGUE))
    values = st.one_of(st.none(), st.text(max_size=12)) if feature.kind == "category" else NUMBERS
    points = draw(st.one_of(st.integers(-40, 40).map(float), st.floats(-40, 40)))
    return feature, draw(values), draw(values), points


@settings(max_examples=800, deadline=None)
@given(reasons(), st.sampled_from(LANGUAGES))
def test_a_sentence_never_contradicts_the_value_or_the_sign(
    reason: tuple[Feature, float | str | None, float | str | None, float], language: Language
) -> None:
    feature, value, typical, points = reason
    said = words.sentence(feature, value, typical, points, language)
    assert said.strip()
    if words.is_missing(value):
        assert said not in (feature.worse.of(language), feature.better.of(language))
        return
    bad, good = feature.worse.of(language), feature.better.of(language)
    if bad != good and said == bad:
        assert points < 0
        assert isinstance(value, float)
        assert isinstance(typical, float)
        assert value < typical if feature.good == "up" else value > typical
        assert feature.good != "none"
    if bad != good and said == good:
        assert points > 0
        assert isinstance(value, float)
        assert isinstance(typical, float)
        assert value > typical if feature.good == "up" else value < typical
        assert feature.good != "none"


@settings(max_examples=800, deadline=None)
@given(reasons(), st.sampled_from(LANGUAGES))
def test_nothing_said_is_empty_or_raw(
    reason: tuple[Feature, float | str | None, float | str | None, float], language: Language
) -> None:
    feature, value, typical, points = reason
    said = words.sentence(feature, value, typical, points, language)
    written = value_text(feature, value, language, "JPY")
    assert written
    for text in (said, written if isinstance(value, float | None) else said):
        assert "%%" not in text
        assert "nan" not in re.findall("[a-z]+", text.lower())
        assert not re.search(r"[{}_]", text)
        assert not re.search(r"(^|\D)-\d", text)
        assert "-0" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_feature_speaks_both_languages(language: Language) -> None:
    for feature in CATALOGUE:
        for points in (-3.0, 0.0, 3.0):
            said = words.sentence(feature, "x" if feature.kind == "category" else 1.0, 1.0, points,
                                  language)  # fmt: skip
            assert bool(re.search(r"[぀-ヿ一-鿿]", said)) == (language == "ja"), feature.name


FOR_JA, FOR_EN = "有効ライセンス率はプラスに働いている", "Seats in use: counts in its favour"
AGAINST_JA, AGAINST_EN = "有効ライセンス率はマイナスに働いている", "Seats in use: counts against it"


@pytest.mark.parametrize(
    ("value", "typical", "points", "ja", "en"),
    [
        (0.37, 0.79, -27.9, "使われていないライセンスが多い", "Many paid seats are asleep"),
        (0.95, 0.79, 4.0, "ライセンスがよく使われている", "Most paid seats are in use"),
        (0.37, 0.79, 4.0, FOR_JA, FOR_EN),
        (0.95, 0.79, -4.0, AGAINST_JA, AGAINST_EN),
        (0.79, 0.79, -4.0, AGAINST_JA, AGAINST_EN),
        (0.37, None, -4.0, AGAINST_JA, AGAINST_EN),
        (0.37, 0.79, 0.0, "有効ライセンス率は影響していない", "Seats in use: makes no difference"),
        (None, 0.79, -4.0, "ライセンス数が不明", "Number of seats unknown"),
        (float("nan"), 0.79, 4.0, "ライセンス数が不明", "Number of seats unknown"),
    ],
)
def test_an_adjective_needs_value_and_sign(
    value: float | None, typical: float | None, points: float, ja: str, en: str
) -> None:
    assert words.sentence(SEATS, value, typical, points, "ja") == ja
    assert words.sentence(SEATS, value, typical, points, "en") == en


def test_values_that_read_the_same_give_no_adjective() -> None:
    assert words.licence(SEATS, 0.7901, 0.7899) is None
    assert words.licence(SEATS, 0.78, 0.79) == "worse"


def test_a_feature_without_good_direction_gets_the_neutral_sentence() -> None:
    assert words.sentence(RENEWAL, 21.0, 170.0, 3.5, "ja") == "更新日はプラスに働いている"
    assert words.sentence(RENEWAL, 21.0, 170.0, -3.5, "en") == "Renewal date: counts against it"


@pytest.mark.parametrize(
    ("probability", "ja", "en"),
    [
        (0.19, "100社中およそ19社が90日以内に解約します", "about 19 leave within 90 days"),
        (0.012, "100社中およそ1社が90日以内に解約します", "about 1 leaves within 90 days"),
        (0.0004, "100社中1社未満が90日以内に解約します", "fewer than 1 leave within 90 days"),
        (0.9999, "100社中99社以上が90日以内に解約します", "99 or more leave within 90 days"),
    ],
)
def test_a_probability_is_said_in_companies(probability: float, ja: str, en: str) -> None:
    assert ja in words.probability_sentence(probability, 90, "ja")
    assert en in words.probability_sentence(probability, 90, "en")


@pytest.mark.parametrize(
    ("probability", "ja", "en"),
    [
        (1e-9, "1%未満", "<1%"),
        (0.005, "1%未満", "<1%"),
        (0.006, "1%", "1%"),
        (0.9951, "99%超", ">99%"),
    ],
)
def test_nobody_is_certain_to_stay_or_leave(probability: float, ja: str, en: str) -> None:
    assert words.probability_text(probability, "ja") == ja
    assert words.probability_text(probability, "en") == en


def test_points_carry_a_real_minus_sign() -> None:
    assert words.points_text(-28) == "−28"
    assert words.points_text(9) == "+9"
    assert words.points_text(0) == "±0"
    assert words.points_text(-27.94, digits=1) == "−27.9"
    assert words.points_text(-0.04, digits=1) == "±0.0"


def test_the_range_contains_what_it_was_given() -> None:
    assert words.range_sentence(0.151, 0.249, "en").endswith("15 to 25 of 100.")
    assert "15〜25社" in words.range_sentence(0.151, 0.249, "ja")


def test_every_band_group_and_abstention_has_words() -> None:
    for language in LANGUAGES:
        assert words.band_word("red", language) in ("要対応", "Act now")
        assert all(words.group_word(f.group, language) for f in CATALOGUE)
        for reason in ("no_data_for_usage", "no_data_at_all"):
            assert words.abstain_sentence(reason, language)


def test_one_small_reason_is_singular() -> None:
    assert words.smaller_reasons(1, "en") == "1 smaller signal"
    assert words.smaller_reasons(8, "en") == "8 smaller signals"
    assert words.smaller_reasons(8, "ja") == "ほか8項目"
