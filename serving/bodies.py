"""What each route takes as its body: media types and bytes, written at the route itself."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeVar

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

LIMIT: Final = 1_000_000
"""Bytes a body may have where a route says nothing else."""

MANY_ROWS: Final = 8_000_000
"""Bytes of a body that holds accounts by their features: 1,000 of 120 are about 4 million."""

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
CSV: Final = "text/csv"

_READS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_Endpoint = TypeVar("_Endpoint", bound=Callable[..., object])


@dataclass(frozen=True)
class Body:
    """What a route accepts.

    Attributes
    ----------
    media_types : tuple of str
        In lower case, without parameters; always in UTF-8 and not compressed.
    limit : int
        Bytes at most.
    nan_is_missing : bool
        Whether ``NaN`` in JSON is read as null, as clients that send data frames write it.
    """

    media_types: tuple[str, ...] = (JSON,)
    limit: int = LIMIT
    nan_is_missing: bool = False


def takes(
    *media_types: str, limit: int = LIMIT, nan_is_missing: bool = False
) -> Callable[[_Endpoint], _Endpoint]:
    """Return a decorator that says what the body of a route may be.

    A route with a pydantic body takes JSON without being told; a route that reads the request
    itself (a form, CSV) needs this, or its body stays unread.
    """

    def declared(endpoint: _Endpoint) -> _Endpoint:
        endpoint.__dict__["takes"] = Body(media_types, limit, nan_is_missing)
        return endpoint

    return declared


class Bodies:
    """The bodies of an application's routes.

    Parameters
    ----------
    routes : iterable of BaseRoute
        In the order in which the application tries them.
    """

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._by_address: dict[tuple[str, str], Body] = {}
        self._by_pattern: list[tuple[APIRoute, Body]] = []
        for route in routes:
            body = _of(route)
            if body is None or not isinstance(route, APIRoute):
                continue
            if route.param_convertors:
                self._by_pattern.append((route, body))
            else:
                for method in route.methods or ():
                    self._by_address[method, route.path] = body

    def of(self, scope: Scope) -> Body | None:
        """Return what the route that will answer ``scope`` accepts; None where it reads no body.

        An unknown address or a wrong method is left to the router: 404 and 405 come before 415.
        """
        if scope["method"] in _READS:
            return None
        body = self._by_address.get((scope["method"], scope["path"]))
        if body is not None:
            return body
        for route, accepted in self._by_pattern:
            if route.matches(scope)[0] is Match.FULL:
                return accepted
        return None


def _of(route: BaseRoute) -> Body | None:
    if not isinstance(route, APIRoute):
        return None
    said: Body | None = getattr(route.endpoint, "takes", None)
    return said or (Body() if route.body_field is not None else None)
