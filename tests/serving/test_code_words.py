from dataclasses import replace

import pytest

from features.catalog import Language
from serving import code_words
from serving.values import value_text
from tests.builders.small_catalogue import BY_NAME


@pytest.mark.parametrize(
    ("column", "code", "language", "said"),
    [
        ("industry", "real_estate", "ja", "不動産"),
        ("industry", "real_estate", "en", "Real estate"),
        ("industry", "Healthcare", "ja", "医療"),
        ("industry", "Fisheries", "ja", "Fisheries"),
        ("industry", "", "ja", ""),
        ("region", "chugoku_shikoku", "ja", "中国・四国"),
        ("region", "chugoku_shikoku", "en", "Chugoku and Shikoku"),
        ("region", "Hesse", "ja", "Hesse"),
        ("plan", "retail", "ja", "retail"),
    ],
)
def test_a_known_code_is_said_in_words_and_any_other_as_written(
    column: str, code: str, language: Language, said: str
) -> None:
    assert code_words.value(column, code, language) == said


def test_a_code_is_a_word_wherever_a_value_is_written() -> None:
    region = replace(BY_NAME["plan"], name="region")
    assert value_text(region, "kanto", "ja") == "関東"
    assert value_text(region, "kanto", "en") == "Kanto"
    assert value_text(BY_NAME["plan"], "kanto", "ja") == "kanto"


def test_codes_in_the_sentence_of_a_check_are_told_as_words() -> None:
    weakest = "最も弱いのは業種「real_estate」（640行）。地域「kanto」。業種「うち独自」。"
    assert code_words.in_sentence(weakest, "ja") == (
        "最も弱いのは業種「不動産」（640行）。地域「関東」。業種「うち独自」。"
    )
    assert code_words.in_sentence("scorecard fa20f6415f2eに対する", "ja").startswith(
        "スコアカードfa20"
    )
    assert code_words.in_sentence("industry real_estate, region kanto.", "en") == (
        "industry Real estate, region Kanto."
    )
    assert code_words.in_sentence("Gain over scorecard fa20f6415f2e", "en").endswith(
        "scorecard fa20f6415f2e"
    )
