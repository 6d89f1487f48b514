"""What the OpenAPI document says about problems."""

from typing import Any

from serving.problems.documents import MEDIA_TYPE, Problem

_DOCUMENTED = {
    400: "The request cannot be read: text that is not UTF-8, or a body that is not honest JSON.",
    401: "No valid key was sent; which of unknown, wrong, expired and revoked is not told.",
    403: "The key has not the scope that `expected` names.",
    404: "There is no such thing; `fix` names the nearest ones.",
    408: "The body did not come before the deadline; the connection is closed.",
    409: "The history carries no usable signal, so no score is given; or the first request with "
    "this Idempotency-Key is still under way.",
    413: "The body has more bytes than the route takes: 8,000,000 where it holds accounts, "
    "else 1,000,000.",
    414: "Path and query have more than 8,192 bytes.",
    415: "The body is not declared as what the route takes, in UTF-8 and not compressed.",
    421: "Without any key the server answers only to the names of this machine, and to no request "
    "that a proxy sent on.",
    422: "The request breaks its schema, `errors` names each field and rule; or the "
    "Idempotency-Key belongs to another request.",
    429: "More than this caller's share of requests; `Retry-After` says when to come back.",
    431: "More than 100 headers, or 16,384 bytes of them.",
    500: "Something broke on our side; the log has it under the request id.",
    503: "Nothing is trained or scored yet, the model is damaged, the store does not answer, too "
    "many requests are under way, or this one took too long.",
}


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entries of the problems a route may answer with; 500 is always one."""
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        status: {"description": _DOCUMENTED[status], "content": {MEDIA_TYPE: schema}}
        for status in (*statuses, 500)
    }


def document_limits(document: dict[str, Any]) -> None:
    """Add to every operation of ``document`` what the middlewares in front of it may answer."""
    for operations in document["paths"].values():
        for operation in operations.values():
            statuses = (408, *_OF_ANY) if "requestBody" in operation else _OF_ANY
            for status, response in documented(*statuses).items():
                operation["responses"].setdefault(str(status), response)


_OF_ANY = (400, 414, 421, 429, 431, 503)


def schemas() -> dict[str, Any]:
    """Return the OpenAPI schemas of problem documents."""
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs"), "Problem": schema}
