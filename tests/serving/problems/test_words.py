"""Every kind of problem can be told in Japanese, and no translation is left over."""

import importlib
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import features
import serving
import training
from serving.pages.language import translations
from serving.problems.kinds import Kind, kinds
from serving.problems.words import in_language

CATALOGUE = Path(str(serving.__file__)).parent / "locale" / "ja" / "LC_MESSAGES" / "problems.po"
REFUSAL = re.compile(r"^class \w+\(\w*Error\):", re.MULTILINE)


@pytest.fixture(scope="module")
def known() -> dict[str, Kind]:
    """Every kind there is, whichever modules are loaded so far."""
    for package in (features, training, serving):
        root = Path(str(package.__file__)).parent
        for file in root.rglob("*.py"):
            if REFUSAL.search(file.read_text(encoding="utf-8")):
                name = ".".join(file.relative_to(root.parent).with_suffix("").parts)
                importlib.import_module(name)
    # Other tests may define refusals of their own.
    return {slug: kind for slug, kind in kinds().items() if slug != "made-up"}


def said(kind: Kind) -> tuple[str, str, str]:
    return kind.title, kind.meaning, kind.fix


def test_every_text_is_translated_and_none_is_left_over(known: dict[str, Kind]) -> None:
    with CATALOGUE.open("rb") as file:
        there = {message.id: message for message in read_po(file, locale="ja") if message.id}
    assert set(there) == {text for kind in known.values() for text in said(kind)}
    for message in there.values():
        assert message.string, message.id
        assert not message.fuzzy
        assert "%" not in str(message.string)


def test_a_kind_is_told_in_japanese_and_stays_the_same_kind(known: dict[str, Kind]) -> None:
    for kind in known.values():
        told, language = in_language(kind, "ja")
        assert language == "ja"
        assert (told.slug, told.status) == (kind.slug, kind.status)
        assert all(re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", text) for text in said(told))
        # What is to be typed is the same in both languages.
        assert set(re.findall(r"`([^`]+)`", kind.fix)) <= set(re.findall(r"`([^`]+)`", told.fix))


def test_in_english_and_where_nothing_is_known_it_is_told_as_it_is() -> None:
    kind = kinds()["not-found"]
    assert in_language(kind, "en") == (kind, "en")
    strange = Kind("http", 418, "A teapot", "Short and stout.", "See /docs.")
    assert in_language(strange, "ja") == (strange, "en")


def test_the_general_kind_of_a_slug_is_told_not_a_special_case_of_it(
    known: dict[str, Kind],
) -> None:
    assert known["table"].meaning.startswith("A table breaks its contract")
    assert known["invalid-input"].meaning.startswith("A refusal")
    assert translations("ja", "problems").gettext("Not found") == "見つかりません"
