"""Every error of the application becomes a problem document."""

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import iter_route_contexts
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoFreeConnectionError
from starlette._utils import get_route_path
from starlette.exceptions import HTTPException

from features.errors import KenshinError
from serving.problems.documents import RequestFault, invalid, problem, request_id
from serving.problems.faults import faults_of
from serving.problems.kinds import BY_SLUG, HTTP_KINDS, Kind, kind_of

log = logging.getLogger("kenshin.http")

_BY_STATUS = {kind.status: kind for kind in HTTP_KINDS if kind.status != 503}


def answer_with_problems(app: FastAPI) -> None:
    """Make every error of ``app`` a problem document."""
    app.add_exception_handler(KenshinError, _on_refusal)
    app.add_exception_handler(RequestFault, _on_request_fault)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(DBAPIError, _on_store)
    app.add_exception_handler(NoFreeConnectionError, _on_store)
    app.add_exception_handler(Exception, _on_our_fault)


async def _on_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, KenshinError)
    return problem(
        request.scope,
        kind_of(type(error)),
        str(error),
        headers={"Retry-After": "5"} if error.status == 503 else None,
        expected=error.expected,
        found=error.found,
        fix=error.fix,
    )


async def _on_request_fault(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestFault)
    return invalid(request.scope, error.faults)


async def _on_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return invalid(request.scope, faults_of(request, error.errors()))


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    kind = _BY_STATUS.get(error.status_code)
    if kind is None:
        kind = Kind("http", error.status_code, error.detail, error.detail, "See /docs.")
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_methods_at(request))
    return problem(request.scope, kind, headers=headers)


def _methods_at(request: Request) -> list[str]:
    """Return what the address takes by all routes that it fits; the router names those of one."""
    path, found = get_route_path(request.scope), set[str]()
    for route in iter_route_contexts(request.app.routes):
        if route.path_regex.match(path):
            found |= route.methods or set()
    return sorted(found | ({"HEAD"} if "GET" in found else set()))


async def _on_store(request: Request, error: Exception) -> Response:
    log.error("request %s: the store failed: %s", request_id(request.scope), error)
    return problem(request.scope, BY_SLUG["store-unavailable"], headers={"Retry-After": "1"})


async def _on_our_fault(request: Request, error: Exception) -> Response:
    log.error("request %s failed: %s", request_id(request.scope), type(error).__name__)
    return problem(request.scope, BY_SLUG["our-own-fault"])
