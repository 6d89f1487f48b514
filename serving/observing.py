"""What every request leaves behind: its place in the metrics, one line of log, one span.

None of it holds a path, a query, a body or an address of the caller: only the route's template.
"""

import logging
from collections.abc import Callable
from contextvars import ContextVar
from time import perf_counter
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.metrics import METHODS, OTHER, Metrics
from serving.tracing import Tracing

UNROUTED: Final = "(none)"
"""Stands for every address that no route has, and for requests refused before one was found."""

CLOSED: Final = 499
"""Stands for the status of a request that was cancelled before it was answered."""

request_state: ContextVar[dict[str, Any] | None] = ContextVar("request_state", default=None)
"""The state of the request under way, for the log: ``request_id``, ``route``, ``caller``."""

log = logging.getLogger("kenshin.access")


AccessLine = Callable[[str, dict[str, Any], str, int, float], None]
"""Writes the line of one request: logger, state, method, status, milliseconds."""


def straight(logger: logging.Logger) -> AccessLine | None:
    """Return what writes a request's line past the making of a record, None where others listen.

    `serving.logs.JsonStream` does, where it is the only handler that would hear of the line.
    """
    if not logger.isEnabledFor(logging.INFO):
        return None
    found: logging.Handler | None = None
    here: logging.Logger | None = logger
    while here is not None:
        if here.handlers:
            if found is not None or len(here.handlers) > 1:
                return None
            found = here.handlers[0]
        here = here.parent if here.propagate else None
    line: AccessLine | None = getattr(found, "access_line", None)
    plain = not logger.filters and found is not None and not found.filters and not found.level
    return line if plain else None


class Observed:
    """Pure ASGI middleware that counts, logs and traces each request.

    Parameters
    ----------
    app : ASGIApp
        What is observed.
    metrics : Metrics
    access_log : bool
        Whether each request leaves a line; one that fails leaves it in any case.
    tracing : Tracing, optional
        None: no spans.
    """

    def __init__(
        self,
        app: ASGIApp,
        metrics: Metrics,
        access_log: bool = True,
        tracing: Tracing | None = None,
    ) -> None:
        self.app, self.metrics, self.tracing = app, metrics, tracing
        self.access_log = access_log
        self._templates: dict[object, str] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = perf_counter()
        state = scope.setdefault("state", {})
        status, failure = 0, None

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        token = request_state.set(state)
        self.metrics.in_flight += 1
        span = self.tracing.begin(scope) if self.tracing is not None else None
        try:
            await self.app(scope, receive, noting)
        except BaseException as error:
            status = status or (500 if isinstance(error, Exception) else CLOSED)
            failure = error
            raise
        finally:
            self.metrics.in_flight -= 1
            route = state["route"] = self._template(scope)
            self.note(scope["method"], state, status or CLOSED, perf_counter() - began, failure)
            if span is not None:
                span.end(route, status, failure)
            request_state.reset(token)

    def note(
        self,
        method: str,
        state: dict[str, Any],
        status: int,
        seconds: float,
        failure: BaseException | None,
    ) -> None:
        """Count and log one request whose ``route`` is in ``state``."""
        route = state["route"]
        self.metrics.request(route, method, status, seconds)
        if "problem" in state:
            self.metrics.problem(state["problem"])
        failed = status >= 500
        if not self.access_log and not failed:
            return
        known = method if method in METHODS else OTHER
        ms = round(seconds * 1000, 3)
        if failure is None and not failed and "problem" not in state:
            line = straight(log)
            if line is not None:
                line(log.name, state, known, status, ms)
                return
        level = logging.ERROR if failed else logging.INFO
        fields = {"method": known, "status": status, "ms": ms}
        if "problem" in state:
            fields["problem"] = state["problem"]
        said = logging.LogRecord(log.name, level, __file__, 0, "request", None, None)
        said.__dict__["fields"] = fields
        if failure is not None:
            said.exc_info = (type(failure), failure, failure.__traceback__)
        if log.isEnabledFor(level):
            log.handle(said)  # half the cost of log.log, which looks for its caller

    def _template(self, scope: Scope) -> str:
        """Return the template of the route that answered, never the path."""
        route = scope.get("route")
        if route is not None:
            return str(route.path_format)
        if "app_root_path" in scope:  # set by a mount, such as that of the static files
            return f"{scope['root_path']}/{{path}}"
        endpoint = scope.get("endpoint")
        if endpoint is None:
            return UNROUTED
        if not self._templates:
            routes = scope["app"].routes
            self._templates = {one.endpoint: one.path for one in routes if hasattr(one, "endpoint")}
        return self._templates.get(endpoint, UNROUTED)
