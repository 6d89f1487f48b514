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
