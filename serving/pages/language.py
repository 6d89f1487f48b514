"""Which language a reader gets, and the catalogue behind it."""

import io
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from features.catalog import Language

LANGUAGES: tuple[Language, ...] = ("ja", "en")


@cache
def translations(language: Language, domain: str = "kenshin") -> NullTranslations:
    """Return the catalogue of ``language``; message ids are the English sentences.

    ``kenshin`` has what the pages say, ``problems`` what `serving.problems.kinds` says.

    The catalogue is compiled in memory from the committed ``.po``, so that a clone, a wheel and an
    editable install behave alike without a build step.
    """
    if language == "en":
        return NullTranslations()
    source = files("serving") / "locale" / language / "LC_MESSAGES" / f"{domain}.po"
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(source.read_bytes()), locale=language))
    compiled.seek(0)
    return Translations(compiled)


def choose(
    query: Mapping[str, str], cookies: Mapping[str, str], accept: str, default: Language
) -> Language:
    """Return the reader's language: the address wins over the cookie, that over the browser."""
    for asked in (query.get("lang"), cookies.get("lang")):
        for language in LANGUAGES:
            if asked == language:
                return language
    return accepted(accept) or default


def accepted(header: str) -> Language | None:
    """Return the best known language of an ``Accept-Language`` header, None where it names none.

    >>> accepted("fr-CH, en;q=0.7, ja;q=0.9")
    'ja'
    """
    ranked: list[tuple[float, int, Language]] = []
    for place, part in enumerate(header.split(",")):
        tag, _, weight = part.strip().partition(";q=")
        for language in LANGUAGES:
            if tag.split("-")[0].lower() == language and (rank := _weight(weight)) > 0:
                ranked.append((-rank, place, language))
    return min(ranked)[2] if ranked else None


def _weight(text: str) -> float:
    """Return a quality value; what is no number between 0 and 1 counts as not wanted."""
    if not text:
        return 1.0
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return value if 0 <= value <= 1 else 0.0
