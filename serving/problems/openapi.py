"""What the OpenAPI document says about problems."""

from typing import Any

from serving.problems.documents import MEDIA_TYPE, Problem

_DOCUMENTED = {
    400: "The request cannot be read: text that is not UTF-8, or a body that is not honest JSON.",
    401: "No valid key was sent; which of unknown, wrong, expired and revoked is not told.",
    403: "The key has not the scope that `expected` names.",
    404: "There is no such thing; `fix` names the nearest ones.",
    409: "The history carries no usable signal, so no score is given.",
    413: "The body has more than 1,000,000 bytes.",
    415: "The body is not declared as plain JSON in UTF-8.",
    422: "The request breaks its schema; `errors` names each field and rule.",
    500: "Something broke on our side; the log has it under the request id.",
    503: "Nothing is trained or scored yet, the model is damaged, or the store does not answer.",
}


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entries of the problems a route may answer with; 500 is always one."""
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        status: {"description": _DOCUMENTED[status], "content": {MEDIA_TYPE: schema}}
        for status in (*statuses, 500)
    }


def schemas() -> dict[str, Any]:
    """Return the OpenAPI schemas of problem documents."""
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs"), "Problem": schema}
