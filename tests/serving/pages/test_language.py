import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import serving.pages
from serving.amendments import words as amendments
from serving.answer_words import _BASIS, _VERDICTS
from serving.opinions import words as opinions
from serving.pages.language import accepted, choose, translations

PAGES = Path(str(serving.pages.__file__)).parent
CATALOGUE = PAGES.parent / "locale" / "ja" / "LC_MESSAGES" / "kenshin.po"
CODE = re.compile(r"`[^`]*`|%\(\w+\)s|<[^>]*>")
HALF_WIDTH = re.compile(r"[()〜]|[\u3041-\u9fff）」]:|:[\u3041-\u9fff「]")
POLITE = re.compile(r"(?:ます|です|ません|でした|ました|\})(?:（[^）]*）)?。$")
PLACE = re.compile(r"%\((\w+)\)s")


def said_in_pages() -> set[str | tuple[str, ...]]:
    """Return every message of the code and the templates."""
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2), "say": None, "N_": None}
    options = {
        "templates/**.html": {
            "newstyle_gettext": "true",
            "trim_blocks": "true",
            "lstrip_blocks": "true",
            "silent": "false",
        }
    }
    found = extract_from_dir(
        PAGES,
        [("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")],
        options,
        keywords,
        (),
    )
    return {
        message if isinstance(message, str) else tuple(message) for _, _, message, _, _ in found
    }


def catalogue() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="ja")


def test_every_message_is_translated_and_none_is_left_over() -> None:
    known = {message.id for message in catalogue() if message.id}
    assert known == said_in_pages()
    assert len(known) > 200


def strings(message: Message) -> list[str]:
    """Return what a message is translated to, one for each plural."""
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def test_no_translation_is_fuzzy_or_empty() -> None:
    for message in catalogue():
        assert not message.fuzzy or not message.id
        assert strings(message), message.id
        assert all(strings(message)), message.id


@pytest.mark.parametrize("domain", ["kenshin", "problems", "checks"])
def test_japanese_has_brackets_and_colons_of_full_width(domain: str) -> None:
    with CATALOGUE.with_name(f"{domain}.po").open("rb") as file:
        said = [text for message in read_po(file, locale="ja") for text in strings(message)]
    assert said
    assert [text for text in said if HALF_WIDTH.search(CODE.sub("", text))] == []


@pytest.mark.parametrize("text", ["理由:なし", "10社(前回)", "1〜3", "%(by)sによる判断:%(band)s"])
def test_brackets_of_half_width_beside_japanese_are_found(text: str) -> None:
    assert HALF_WIDTH.search(CODE.sub("", text))


def test_sentences_of_the_words_on_the_pages_are_polite() -> None:
    said = [*_BASIS.values(), *_VERDICTS.values(), *opinions._SAID.values(),
            *amendments._SAID.values()]  # fmt: skip
    sentences = [one for words in said for one in re.findall(r"[^。]+。", words.ja)]
    assert len(sentences) > 20
    assert [one for one in sentences if not POLITE.search(one)] == []


@pytest.mark.parametrize("text", ["まだ判定できない。", "モデルのほうが多く当たった。"])
def test_plain_sentences_are_found(text: str) -> None:
    assert not POLITE.search(text)


def test_every_message_formats_in_both_languages_with_the_same_places() -> None:
    for message in catalogue():
        if not message.id:
            continue
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        places = set(PLACE.findall(ids[-1]))
        for text in (*ids, *strings(message)):
            assert set(PLACE.findall(text)) == places, message.id
            # A bare per cent sign would be a failure at run time.
            assert text % dict.fromkeys(places, "x") is not None


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("ja", "ja"),
        ("en-GB,en;q=0.9,ja;q=0.8", "en"),
        ("fr, ja;q=0.2, en;q=0.1", "ja"),
        ("fr-FR,de", None),
        ("ja;q=0, en;q=0.1", "en"),
        ("ja;q=much", None),
        ("", None),
    ],
)
def test_the_browser_s_wish_is_read_by_weight(header: str, language: str | None) -> None:
    assert accepted(header) == language


def test_the_address_wins_over_the_cookie_and_that_over_the_browser() -> None:
    assert choose({"lang": "en"}, {"lang": "ja"}, "ja", "ja") == "en"
    assert choose({}, {"lang": "en"}, "ja", "ja") == "en"
    assert choose({"lang": "xx"}, {"lang": "yy"}, "", "ja") == "ja"


def test_english_messages_stand_for_themselves() -> None:
    assert translations("en").gettext("Portfolio") == "Portfolio"
    assert translations("ja").gettext("Model check") == "答え合わせ"
