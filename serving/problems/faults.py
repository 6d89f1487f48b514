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
