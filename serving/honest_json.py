r"""JSON read strictly: no NaN, no key given twice, no half of a surrogate pair, no NUL.

Nearly every body is honest, so it is read once at C speed and the proof that nothing was dropped
is arithmetic: without an escaped colon, each colon of the text is one of a key or one inside a
text. A key given twice loses its colon on reading, so the counts agree exactly where no key was
lost. Whatever is not proven that way is read again by the strict reader, which finds the rule that
was broken; it alone decides.
"""

import json
from typing import Any

import msgspec

from serving.request_head import MalformedError

_decode = msgspec.json.Decoder().decode
_SAFE_INTEGER = 1 << 1000
"""Below it an integer is a float64 as well; Python's own limit lies at 2¹⁰²⁴."""


def check_json(body: bytes, *, nan_is_missing: bool = False) -> object:
    """Return what ``body`` holds, read strictly.

    Parameters
    ----------
    nan_is_missing : bool
        Read ``NaN`` as null: not JSON, and yet what Python writes for a missing number.

    Raises
    ------
    MalformedError
        For text that is not UTF-8 (a byte order mark included) or not JSON, numbers that are not
        finite in 64 bits, a key given twice, lone surrogates, NUL, or nesting beyond reason.
    """
    # \u00.. may be a colon or a NUL: the arithmetic below does not see through them.
    if b"\\u00" not in body:
        try:
            document = _decode(body)
            if _colons(document) == body.count(b":"):
                return document
        except (ValueError, RecursionError):
            pass
    return read_strictly(body, nan_is_missing=nan_is_missing)


def _colons(value: object) -> int:
    """Return the colons of the text of ``value``; below 0 where a number needs a closer look."""
    if isinstance(value, str):
        return value.count(":")
    if isinstance(value, dict):
        return _colons_of_members(value)
    if isinstance(value, list):
        return sum(map(_colons, value))
    if isinstance(value, float):
        return 0 if value - value == 0.0 else _NEVER
    if isinstance(value, int):
        return 0 if -_SAFE_INTEGER < value < _SAFE_INTEGER else _NEVER
    return 0


_NEVER = -(10**9)
"""More than any body has bytes, so that no sum with it can agree."""


def _colons_of_members(members: dict[str, Any]) -> int:
    found = len(members)
    for key, value in members.items():
        if ":" in key:
            found += key.count(":")
        kind = type(value)
        if kind is str:
            found += value.count(":")
        elif kind is int:
            if not -_SAFE_INTEGER < value < _SAFE_INTEGER:
                return _NEVER
        elif value is not None and (kind is not float or value - value != 0.0):
            found += _colons(value)
    return found


def read_strictly(body: bytes, *, nan_is_missing: bool = False) -> object:
    """Return what ``body`` holds; see `check_json`, which is the same and faster."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedError("not-utf-8", "the body is not valid UTF-8") from None
    if text.startswith("\ufeff"):
        raise MalformedError("byte-order-mark", "the body starts with a byte order mark")
    try:
        document = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_nan_or_refused if nan_is_missing else _not_finite,
            parse_float=_finite,
            parse_int=_integer,
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise MalformedError("not-json", f"the body is not JSON ({where})") from None
    except RecursionError:
        raise MalformedError("too-deep", "the body is nested too deeply") from None
    if "\\u" in text:
        _check_texts(document)
    return document


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise MalformedError("duplicate-key", "an object has the same key twice")
    return document


def _nan_or_refused(constant: str) -> float | None:
    return None if constant == "NaN" else _not_finite(constant)


def _not_finite(_: str) -> float:
    raise MalformedError("not-finite", "NaN and Infinity are not JSON numbers; use null")


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise MalformedError("not-finite", "a number is too large for 64 bits")
    return number


def _integer(digits: str) -> int:
    # 309 digits are more than the largest float64; int() itself refuses only from 4,300 on.
    if len(digits) > 309:
        raise MalformedError("not-finite", "a number is too large for 64 bits")
    number = int(digits)
    try:
        float(number)
    except OverflowError:
        raise MalformedError("not-finite", "a number is too large for 64 bits") from None
    return number


def _check_texts(document: object) -> None:
    r"""Refuse what only a ``\u`` escape can smuggle in: lone surrogates and NUL."""
    waiting: list[object] = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += [*value.keys(), *value.values()]
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, str):
            _check_text(value)


def _check_text(text: str) -> None:
    if "\0" in text:
        raise MalformedError("nul-character", "a text holds a NUL character")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise MalformedError("lone-surrogate", "a text holds half of a surrogate pair") from None
