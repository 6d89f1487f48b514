"""Which scope each route asks for: one table, and the rule that finds a request's line in it.

A route that is not in the table asks for ``admin``, and a test fails until it is.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from re import Pattern
from typing import Final

from fastapi.routing import iter_route_contexts
from starlette._utils import get_route_path
from starlette.routing import BaseRoute
from starlette.types import Scope as Request

from serving.access.caller import Scope

OPEN: Final = frozenset(
    {
        "GET /livez",
        "GET /readyz",
        "GET /ping",
        "GET /health",
        "GET /problems/{slug}",
        "* /static/{path}",
        "GET /sign-in",
        "POST /sign-in",
        "POST /sign-out",
    }
)
"""Needs no key: probes, explanations of errors, the look of the pages, and the door."""

PAGES: Final[dict[str, Scope]] = {
    "GET /": "read",
    "GET /portfolio.csv": "read",
    "GET /model-check": "read",
    "GET /drift": "read",
    "GET /leavers": "read",
    "GET /leavers.csv": "read",
    "GET /alerts": "read",
    "GET /report": "read",
    "GET /segments": "read",
    "GET /segments.csv": "read",
    "GET /drivers": "read",
    "GET /effect": "read",
    "GET /accounts/{account_id}": "read",
    "POST /feedback": "feedback",
    "POST /override": "feedback",
    "GET /docs": "read",
    "GET /docs/{name}": "read",
}
"""Opened by people: without a session a browser is led to the sign-in."""

API: Final[dict[str, Scope]] = {
    "GET /openapi.json": "read",
    "GET /metrics": "read",
    "GET /version": "read",
    "POST /v1/predictions": "predict",
    "POST /invocations": "predict",
    "GET /v1/accounts": "read",
    "GET /v1/accounts.csv": "read",
    "GET /v1/accounts.parquet": "read",
    "GET /v1/accounts/{account_id}": "read",
    "GET /v1/accounts/{account_id}/history": "read",
    "GET /v1/accounts/{account_id}/explanation": "read",
    "POST /v1/accounts/{account_id}/feedback": "feedback",
    "POST /v1/accounts/{account_id}/override": "feedback",
    "DELETE /v1/accounts/{account_id}/override": "feedback",
    "GET /v1/scores/{score_id}": "read",
    "GET /v1/model": "read",
    "GET /v1/drift": "read",
    "GET /v1/forecast": "read",
    "GET /v1/answer-check": "read",
    "GET /v1/leavers": "read",
    "GET /v1/subjects/{account_id}": "admin",
    "DELETE /v1/subjects/{account_id}": "admin",
}
"""Called by programs: without a key a 401."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What one route asks for.

    Attributes
    ----------
    scope : str or None
        None where any live key will do: an unknown address, a method that no route has.
    is_open : bool
        Whether it is answered without a key.
    is_page : bool
        Whether a browser without a session is led to the sign-in.
    """

    scope: Scope | None
    is_open: bool = False
    is_page: bool = False


NOWHERE: Final = Rule(None)

LONGEST_KEPT: Final = 512
"""Characters of a path whose rule is remembered: whoever asks, without a key too, chooses it."""


@dataclass(frozen=True, slots=True)
class _Line:
    pattern: Pattern[str]
    methods: frozenset[str] | None
    rule: Rule


def rule_of(method: str, template: str) -> Rule:
    """Return what the table says of one route.

    Examples
    --------
    >>> rule_of("POST", "/v1/predictions").scope
    'predict'
    >>> rule_of("DELETE", "/new").scope
    'admin'
    """
    name = _name(method, template)
    if name in OPEN:
        return Rule(None, is_open=True)
    if name in PAGES:
        return Rule(PAGES[name], is_page=True)
    return Rule(API.get(name, "admin"))


def declared(method: str, template: str) -> bool:
    """Return whether the table names this route."""
    name = _name(method, template)
    return name in OPEN or name in PAGES or name in API


def _name(method: str, template: str) -> str:
    """Return how the table calls a route; asking for the head alone needs what asking needs."""
    return f"{'GET' if method == 'HEAD' else method} {template}"


def routes_of(routes: Iterable[BaseRoute]) -> list[tuple[str, str]]:
    """Return method and template of every route; a mounted part has the method ``*``."""
    return [
        (method, str(route.path_format))
        for route in iter_route_contexts(list(routes))
        for method in sorted(route.methods or ("*",))
    ]


class Rules:
    """Finds the rule of a request by the very patterns, in the very order, of the router.

    Parameters
    ----------
    routes : callable
        Gives the application's routes; asked once, at the first request.
    """

    def __init__(self, routes: Callable[[], list[BaseRoute]]) -> None:
        self._routes = routes
        self._lines: list[_Line] = []
        self._found = lru_cache(maxsize=8192)(self._find)

    def of(self, request: Request) -> Rule:
        """Return what ``request`` needs; `serving.guard` lets HEAD ask every route that GET may."""
        method, path = request["method"], get_route_path(request)
        find = self._found if len(path) <= LONGEST_KEPT else self._find
        return find("GET" if method == "HEAD" else method, path)

    def _find(self, method: str, path: str) -> Rule:
        if not self._lines:
            self._lines = list(_lines(self._routes()))
        for line in self._lines:
            if (line.methods is None or method in line.methods) and line.pattern.match(path):
                return line.rule
        return NOWHERE


def _lines(routes: list[BaseRoute]) -> Iterable[_Line]:
    for route in iter_route_contexts(routes):
        template = str(route.path_format)
        for method in sorted(route.methods or ("*",)):
            methods = None if method == "*" else frozenset({method})
            yield _Line(route.path_regex, methods, rule_of(method, template))
