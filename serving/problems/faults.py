"""What pydantic finds wrong with a request, in the words of JSON and of our own names."""

import re
from collections.abc import Sequence
from typing import Any, Final, get_args

from fastapi import Request
from pydantic import BaseModel

from serving.problems.documents import Fault, printable
from serving.problems.near import SURELY, did_you_mean

_ONE_NAME: Final = {"model_attributes_type": "model_type"}
"""pydantic's name for "no object" depends on how a route reads its body; ours does not."""

_WORDS: Final = {
    "model_type": "Input should be an object",
    "dict_type": "Input should be an object",
    "list_type": "Input should be an array",
    "date_type": "Input should be a date as YYYY-MM-DD",
    "date_parsing": "Input should be a date as YYYY-MM-DD",
}
"""Instead of what Python calls them: dictionaries, lists and instances of classes."""

_LIMITS: Final = {
    "less_than_equal": ("le", "Input should be at most {0}, found more: send {0} or less"),
    "greater_than_equal": ("ge", "Input should be at least {0}, found less: send {0} or more"),
    "string_too_long": (
        "max_length",
        "Input should be a text of at most {0} characters, found a longer one: shorten it",
    ),
    "string_too_short": (
        "min_length",
        "Input should be a text of at least {0} character(s), found a shorter one: "
        "write it out or leave the field away",
    ),
}
"""The sentence on a limit, and under which name pydantic tells what it is."""

PATTERNS: Final = {
    r"^[^\x00]*$": "Input should be a text without the NUL character: take it out",
    "^[0-9a-f]{32}$": (
        "Input should be the id of a score: 32 digits from 0 to 9 and a to f, found another text: "
        "copy `score_id` from /v1/accounts or from an account's history"
    ),
    "^[a-z-]{1,64}$": (
        "Input should be the name of a problem: 1 to 64 small letters and hyphens, found another "
        "text: open the address in `type` of a problem document as it is"
    ),
    r"^[\x21-\x7e]{1,255}$": (
        "Input should be a key of 1 to 255 ASCII letters, digits and signs without spaces, found "
        "another text: send a new UUID"
    ),
}
"""What a text may be, by the regular expression that a route checks it with."""

_SIZE = re.compile("(?:List|Dictionary) should have at (.*) after validation, not ")
_WAY_OF_A_UNION = re.compile(r"(literal|constrained-|function-|lax-or-strict|nullable)\W?")


def faults_of(request: Request, errors: Sequence[Any]) -> list[Fault]:
    """Return each error of a validation as the caller is told it, never the value."""
    return [_fault(request, dict(error)) for error in errors]


def _fault(request: Request, error: dict[str, Any]) -> Fault:
    code = _ONE_NAME.get(str(error["type"]), str(error["type"]))
    # Which of several types a value was held against is no place in the request.
    place = [part for part in error["loc"] if not _WAY_OF_A_UNION.match(str(part))]
    where = ".".join(printable(part) for part in place)
    return Fault(field=where, code=code, message=_message(request, code, error))


def _message(request: Request, code: str, error: dict[str, Any]) -> str:
    place, message = error["loc"], str(error["msg"]).removeprefix("Value error, ").rstrip(".")
    if code == "extra_forbidden" and (known := _known_at(request, place)):
        return did_you_mean(str(place[-1]), known, SURELY)
    given = error.get("ctx", {})
    if code in _LIMITS:
        name, sentence = _LIMITS[code]
        return sentence.format(given[name])
    if code == "string_pattern_mismatch":
        return PATTERNS.get(given["pattern"], message)
    return _WORDS.get(code, _SIZE.sub(r"Input should have at \1, not ", message))


def _known_at(request: Request, place: Sequence[int | str]) -> tuple[str, ...]:
    """Return the names of the fields beside an unknown one; none where that cannot be told."""
    field = getattr(request.scope.get("route"), "body_field", None)
    model = None if field is None else _model_in(field.field_info.annotation)
    for part in place[1:-1]:
        if model is None or isinstance(part, int):
            continue
        known = model.model_fields.get(part)
        model = None if known is None else _model_in(known.annotation)
    return () if model is None else tuple(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401
    """Return the model that an annotation is, or is a list or an option of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for one in get_args(annotation) if (found := _model_in(one))), None)
