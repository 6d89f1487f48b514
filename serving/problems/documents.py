"""Problem documents after RFC 9457.

What was sent is never repeated: a body may hold a customer's data, and answers end up in logs.
"""

import re
from collections.abc import Sequence

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.types import Scope

from serving.problems.kinds import BY_SLUG, Kind

MEDIA_TYPE = "application/problem+json"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
SHOWN_FIELDS = 20
"""So many single faults are listed at most; the detail says how many there are."""


class Fault(BaseModel):
    """One fault of a request: where, a code for programs, a sentence for people."""

    model_config = ConfigDict(extra="forbid")

    field: str = Field(description="Place in the request, such as `body.accounts.0.account_id`.")
    code: str = Field(description="Stable code of the rule that was broken.")
    message: str


class Problem(BaseModel):
    """An error, after RFC 9457."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "type": "/problems/unknown-account",
                    "title": "No such account",
                    "status": 404,
                    "detail": "Expected an account of the latest scoring run; found that id is in "
                    "no run. Did you mean A00012?",
                    "instance": "urn:kenshin:request:0f8fad5bd9cb469fa16570867728950e",
                    "request_id": "0f8fad5bd9cb469fa16570867728950e",
                    "expected": "an account of the latest scoring run",
                    "found": "that id is in no run",
                    "fix": "Did you mean A00012?",
                }
            ]
        },
    )

    type: str = Field(description="Stable address of the kind of problem; open it to read more.")
    title: str
    status: int
    detail: str = Field(description="What was expected, what was found, what to do.")
    instance: str = Field(
        description="Names this one occurrence by its request id; what was asked for is not "
        "repeated, since an address may name a customer."
    )
    request_id: str = Field(description="The same as in the header `X-Request-ID`.")
    expected: str | None = None
    found: str | None = None
    fix: str | None = None
    errors: list[Fault] | None = None


class RequestFault(Exception):
    """A request that a route refuses although its schema would let it pass."""

    def __init__(self, *faults: Fault) -> None:
        self.faults = faults
        super().__init__(f"{len(faults)} faults")


def request_id(scope: Scope) -> str:
    """Return the id under which this request is logged; `Headers` has set it."""
    return str(scope.get("state", {}).get("request_id", ""))


def problem(
    scope: Scope,
    kind: Kind,
    detail: str | None = None,
    *,
    faults: Sequence[Fault] = (),
    headers: dict[str, str] | None = None,
    **members: str,
) -> Response:
    """Return one problem document.

    Parameters
    ----------
    scope : Scope
        Of the request that failed.
    detail : str, optional
        What happened this time; default: what the kind says in general.
    faults : sequence of Fault
        Single faults; the first 20 are listed.
    members : str
        ``expected``, ``found``, ``fix``.
    """
    content = Problem(
        type=f"/problems/{kind.slug}",
        title=kind.title,
        status=kind.status,
        detail=detail or f"{kind.meaning} {kind.fix}",
        instance=f"urn:kenshin:request:{request_id(scope)}",
        request_id=request_id(scope),
        errors=list(faults[:SHOWN_FIELDS]) or None,
        **members,
    )
    given = {"X-Request-ID": request_id(scope), **(headers or {})}
    scope.setdefault("state", {})["problem"] = kind.slug  # for the metrics and the log
    if _comes_upon(scope):
        return _page(scope, kind, detail, given)
    body = content.model_dump(mode="json", exclude_none=True)
    return JSONResponse(body, kind.status, given, MEDIA_TYPE)


def _comes_upon(scope: Scope) -> bool:
    from serving.problems.page import comes_upon  # templates stay out of what has no pages

    return comes_upon(scope)


def _page(scope: Scope, kind: Kind, detail: str | None, headers: dict[str, str]) -> Response:
    from serving.problems.page import page

    asked, name = Request(scope), request_id(scope)
    return page(asked, kind, kind.status, detail=detail or "", name=name, headers=headers)


def invalid(scope: Scope, faults: Sequence[Fault]) -> Response:
    """Return the 422 for ``faults``: field, code and sentence, never the value."""
    first = faults[0].field
    rules = [one.message for one in faults if one.field == first]  # several, where any would do
    more = len(faults) - len(rules)
    also = f" (and {more} more)" if more else ""
    said = f"{first}: {', or: '.join(rules)}{also}"
    detail = said if said.endswith("?") else f"{said}."
    return problem(scope, BY_SLUG["invalid-request"], detail, faults=faults)


def printable(part: object) -> str:
    """Return one step of a place as text; a caller's own key only where it is a plain name.

    Anything else may be a customer's data: an address, a telephone number, a sentence.
    """
    text = str(part)
    return text if isinstance(part, int) or _NAME.fullmatch(text) else "?"
