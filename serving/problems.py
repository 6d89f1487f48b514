"""Everything that can go wrong over HTTP, as RFC 9457 problem documents.

Each kind of problem has one stable address (``/problems/<slug>``) under which it is explained. What
was sent is never repeated: a body may hold a customer's data, and answers end up in logs.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, FastAPI, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.types import Scope

from features.errors import KenshinError, NotFoundError

MEDIA_TYPE = "application/problem+json"
SHOWN_FIELDS = 20
"""So many single faults are listed at most; the detail says how many there are."""

log = logging.getLogger("kenshin.http")


@dataclass(frozen=True)
class Kind:
    """One kind of problem and what its page says.

    Attributes
    ----------
    slug : str
        Last part of the stable address.
    status : int
        HTTP status it is answered with.
    meaning, fix : str
        What happened, and what the caller can do.
    """

    slug: str
    status: int
    title: str
    meaning: str
    fix: str


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
                    "instance": "/v1/accounts/A0012",
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
    instance: str = Field(description="The path that was asked for.")
    request_id: str = Field(description="The same as in the header `X-Request-ID`.")
    expected: str | None = None
    found: str | None = None
    fix: str | None = None
    errors: list[Fault] | None = None


class ProblemPage(BaseModel):
    """What one kind of problem means."""

    type: str
    title: str
    status: int
    meaning: str
    fix: str


HTTP_KINDS = (
    Kind(
        "malformed-request",
        400,
        "The request cannot be read",
        "The address or the body is not what the protocol allows: text that is not UTF-8, a body "
        "that is not JSON, a number that is not finite, a key given twice, a NUL character.",
        "Send plain JSON in UTF-8, as a JSON library writes it in its strict mode.",
    ),
    Kind(
        "no-such-route",
        404,
        "There is nothing at this address",
        "No route of this service has that path.",
        "See /docs for the routes.",
    ),
    Kind(
        "method-not-allowed",
        405,
        "This address does not take that method",
        "The path exists, the method does not; the header Allow names those that do.",
        "Use a method named in Allow.",
    ),
    Kind(
        "body-too-large",
        413,
        "The body is too large",
        "A body may have at most 1,000,000 bytes, declared or streamed.",
        "Send fewer accounts in one request.",
    ),
    Kind(
        "unsupported-media-type",
        415,
        "The body is not declared as JSON",
        "A body needs the content type application/json, in UTF-8 and not compressed.",
        "Set the header Content-Type: application/json.",
    ),
    Kind(
        "invalid-request",
        422,
        "The request breaks its schema",
        "The request is readable, but a field is missing, unknown, of another type or out of "
        'range. Types are strict: 12 is a number, "12" is a text.',
        "Compare with /openapi.json; `errors` names each field and rule.",
    ),
    Kind(
        "our-own-fault",
        500,
        "Something broke on our side",
        "The service failed in a way that nobody foresaw.",
        "Report it with the request id; the log has the whole story under the same id.",
    ),
    Kind(
        "store-unavailable",
        503,
        "The score store does not answer",
        "The database that keeps the scores is locked, full, read-only or away.",
        "Try again in a moment; if it stays, look at the database.",
    ),
)
_BY_SLUG = {kind.slug: kind for kind in HTTP_KINDS}
_BY_STATUS = {kind.status: kind for kind in HTTP_KINDS if kind.slug != "store-unavailable"}


class RequestFault(Exception):
    """A request that a route refuses although its schema would let it pass."""

    def __init__(self, *faults: Fault) -> None:
        self.faults = faults
        super().__init__(f"{len(faults)} faults")


def kinds() -> dict[str, Kind]:
    """Return every kind of problem by slug, those of `KenshinError` included."""
    ours = {error.slug: _kind_of(error) for error in _error_classes(KenshinError)}
    return {**ours, **_BY_SLUG}


def _error_classes(base: type[KenshinError]) -> Iterator[type[KenshinError]]:
    yield base
    for child in base.__subclasses__():
        yield from _error_classes(child)


def _kind_of(error: type[KenshinError]) -> Kind:
    meaning = (error.__doc__ or error.title).strip().splitlines()[0]
    return Kind(
        error.slug, error.status, error.title, meaning, "The field `fix` of the answer says it."
    )


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
        instance=quote(scope.get("path", ""), safe="/"),
        request_id=request_id(scope),
        errors=list(faults[:SHOWN_FIELDS]) or None,
        **members,
    )
    given = {"X-Request-ID": request_id(scope), **(headers or {})}
    body = content.model_dump(mode="json", exclude_none=True)
    return JSONResponse(body, kind.status, given, MEDIA_TYPE)


def answer_with_problems(app: FastAPI) -> None:
    """Make every error of ``app`` a problem document."""
    app.add_exception_handler(KenshinError, _on_refusal)
    app.add_exception_handler(RequestFault, _on_request_fault)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(DBAPIError, _on_store)
    app.add_exception_handler(Exception, _on_our_fault)


async def _on_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, KenshinError)
    return problem(
        request.scope,
        _kind_of(type(error)),
        str(error),
        expected=error.expected,
        found=error.found,
        fix=error.fix,
    )


async def _on_request_fault(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestFault)
    return invalid(request.scope, error.faults)


async def _on_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return invalid(request.scope, [_fault(dict(one)) for one in error.errors()])


def invalid(scope: Scope, faults: Sequence[Fault]) -> Response:
    """Return the 422 for ``faults``: field, code and sentence, never the value."""
    first, more = faults[0], len(faults) - 1
    also = f" (and {more} more)" if more else ""
    detail = f"{first.field}: {first.message}{also}."
    return problem(scope, _BY_SLUG["invalid-request"], detail, faults=faults)


def _fault(error: dict[str, Any]) -> Fault:
    where = ".".join(printable(part) for part in error["loc"])
    return Fault(field=where, code=str(error["type"]), message=str(error["msg"]).rstrip("."))


def printable(part: object) -> str:
    """Return one step of a place as text; a caller's own key is cut and made printable."""
    text = str(part)
    return "".join(c if c.isprintable() else "?" for c in text[:64]) + ("…" if text[64:] else "")


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    kind = _BY_STATUS.get(error.status_code)
    if kind is None:
        kind = Kind("http", error.status_code, error.detail, error.detail, "See /docs.")
    return problem(request.scope, kind, headers=dict(error.headers or {}))


async def _on_store(request: Request, error: Exception) -> Response:
    log.error("request %s: the store failed: %s", request_id(request.scope), error)
    return problem(request.scope, _BY_SLUG["store-unavailable"], headers={"Retry-After": "1"})


async def _on_our_fault(request: Request, error: Exception) -> Response:
    log.error("request %s failed: %s", request_id(request.scope), type(error).__name__)
    return problem(request.scope, _BY_SLUG["our-own-fault"])


_DOCUMENTED = {
    400: "The request cannot be read: text that is not UTF-8, or a body that is not honest JSON.",
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


routes = APIRouter(prefix="/problems", tags=["problems"])


@routes.get(
    "/{slug}",
    operation_id="explainProblem",
    summary="What a kind of problem means",
    responses=documented(400, 404, 422),
)
async def explain(
    slug: Annotated[str, Path(pattern=r"^[a-z-]{1,64}$", examples=["unknown-account"])],
) -> ProblemPage:
    """Return the explanation that an error's ``type`` points to."""
    known = kinds()
    if slug not in known:
        raise NotFoundError("a known problem", "another name", f"Known: {', '.join(known)}.")
    kind = known[slug]
    return ProblemPage(
        type=f"/problems/{kind.slug}",
        title=kind.title,
        status=kind.status,
        meaning=kind.meaning,
        fix=kind.fix,
    )
