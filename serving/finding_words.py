"""What a check of the tables found, in the reader's language.

A finding is said in English where it is found. The catalogue ``checks`` has each such sentence
with places in it: ``{1}`` is something of the finding's own and stays (a table, a count, a value),
``<1>`` is a sentence of the catalogue itself. A sentence is looked up by its shape, so that one
that was stored by an earlier version is found as well. One that the catalogue does not have stays
in English; a test reads the checks' source and fails where there is such a one.
"""

import io
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

from babel.messages.pofile import read_po

from features.catalog import Language

if TYPE_CHECKING:
    from features.checks import Violation

_PLACE = re.compile(r"\{(\d)\}|<(\d)>")
DELIVERED = "K7"
"""Codes of findings that begin with what they are about: `features.checks.upstream.findings`."""
_ENDS = re.compile(r"[。？]$")


class Said(NamedTuple):
    """A finding in one language."""

    title: str
    sentence: str
    fix: str


class _Shape(NamedTuple):
    pattern: re.Pattern[str]
    weight: int
    japanese: str


def of(violation: "Violation", language: Language) -> Said:
    """Return the words of a violation."""
    if language == "en":
        return Said(violation.title, violation.sentence, violation.fix)
    title, fix = japanese(violation.title), japanese(violation.fix)
    return Said(title, _sentence(violation), fix)


def said(sentence: str, language: Language) -> str:
    """Return a sentence of a check in ``language``.

    >>> said("subscriptions.plan knows the future: it is emptied in 3 of 4 ended subscriptions. "
    ...      "No feature is made from it.", "ja")
    'subscriptions.planは将来を知っています：終了した契約4件のうち3件で空になっている。この列から特徴量は作りません。'
    """
    return sentence if language == "en" else japanese(sentence)


@cache
def japanese(sentence: str) -> str:
    """Return the sentence in Japanese, or as it is where the catalogue does not have it."""
    for shape in _shapes():
        found = shape.pattern.fullmatch(sentence)
        if found is not None:
            return _filled(shape.japanese, found.groupdict())
    return sentence


def _sentence(violation: "Violation") -> str:
    whole = japanese(violation.sentence)
    if whole != violation.sentence or not violation.code.startswith(DELIVERED):
        return whole
    column = violation.column
    where = f"{violation.table}.{column}" if column else violation.table
    if not violation.sentence.startswith(f"{where} "):
        return whole
    rest = violation.sentence[len(where) + 1 :].removesuffix(".")
    found = japanese(rest)
    if found == rest:
        return whole
    return f"{where}：{found}" + ("" if _ENDS.search(found) else "。")


def _filled(text: str, found: Mapping[str, str]) -> str:
    def put(place: re.Match[str]) -> str:
        own, named = place.groups()
        return found[f"own{own}"] if own else japanese(found[f"said{named}"])

    return _PLACE.sub(put, text)


@cache
def _shapes() -> tuple[_Shape, ...]:
    """Return the catalogue's sentences, those with most words of their own first."""
    source = files("serving") / "locale" / "ja" / "LC_MESSAGES" / "checks.po"
    catalogue = read_po(io.BytesIO(source.read_bytes()), locale="ja")
    shapes = [_shape(str(one.id), str(one.string)) for one in catalogue if one.id]
    return tuple(sorted(shapes, key=lambda shape: -shape.weight))


def _shape(english: str, text: str) -> _Shape:
    parts, end, weight = [], 0, 0
    for place in _PLACE.finditer(english):
        literal = english[end : place.start()]
        own, named = place.groups()
        number = english.startswith(" %", place.end())
        name, held = f"own{own}" if own else f"said{named}", r"[\d.,]+" if number else ".+?"
        parts += [re.escape(literal), f"(?P<{name}>{held})"]
        weight, end = weight + len(literal), place.end()
    parts.append(re.escape(english[end:]))
    pattern = re.compile("".join(parts), re.DOTALL)
    return _Shape(pattern, weight + len(english) - end, text)
