"""Entity tags: an answer that has not changed is not sent again."""

from typing import Any

from fastapi import Request, Response

Documented = dict[int | str, dict[str, Any]]

_HEADERS = {
    "ETag": {"description": "Changes with the scoring run.", "schema": {"type": "string"}},
}
TAGGED: Documented = {
    200: {"headers": _HEADERS},
    304: {"description": "The answer is still the one with that `If-None-Match`."},
}
"""OpenAPI entries of a route that calls `unchanged`."""


def unchanged(request: Request, response: Response, *parts: str) -> Response | None:
    """Return a 304 where the caller already has this answer; else tag ``response``.

    Parameters
    ----------
    parts : str
        What the answer depends on beside its address.
    """
    tag = '"' + ".".join(parts) + '"'
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = "private, no-cache"
    given = request.headers.get("if-none-match", "")
    held = {one.strip().removeprefix("W/") for one in given.split(",")}
    if tag in held or "*" in held:
        return Response(status_code=304, headers=dict(response.headers))
    return None
