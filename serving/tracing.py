"""Spans of requests, store and prediction for an OpenTelemetry collector, only where one is named.

FastAPI has telemetry of its own, which records paths and queries and with them account ids; it is
switched off in `serving.app`. Without an endpoint nothing of the SDK is imported.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from starlette.types import Scope

from features.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

EXPORT_SECONDS: Final = 5
"""So long may one batch take; a collector that is away costs memory for 2,048 spans, no more."""

STOP_SECONDS: Final = 2
"""So long may the last batch take when the process ends."""

_tracer: ContextVar["Tracer | None"] = ContextVar("tracer", default=None)
_NOTHING: Final = nullcontext()


def endpoint(settings: Settings) -> str | None:
    """Return the collector's address for traces, or None where there is no collector."""
    base = settings.serving.otlp_endpoint or os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT")
    if base:
        return f"{base.rstrip('/')}/v1/traces"
    return os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") or None


def start(settings: Settings) -> "Tracing | None":
    """Return tracing to the collector of ``settings`` or the environment; None without one."""
    address = endpoint(settings)
    return None if address is None else Tracing(address)


def span(name: str) -> AbstractContextManager[object]:
    """Return a span below that of the request under way; nothing where requests are not traced.

    An exception that passes through is not recorded: its text may hold data.
    """
    tracer = _tracer.get()
    return _NOTHING if tracer is None else _child(tracer, name)


@contextmanager
def _child(tracer: "Tracer", name: str) -> Iterator[None]:
    from opentelemetry.trace import StatusCode

    with tracer.start_as_current_span(
        name, record_exception=False, set_status_on_exception=False
    ) as made:
        try:
            yield
        except Exception as error:
            made.set_attribute("error.type", type(error).__name__)
            made.set_status(StatusCode.ERROR)
            raise


class Tracing:
    """A pipeline of spans to one collector.

    Parameters
    ----------
    address : str
        OTLP over http, such as ``http://collector:4318/v1/traces``.
    """

    def __init__(self, address: str) -> None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        about = {"service.name": "kenshin", "service.version": version("kenshin")}
        self.provider = TracerProvider(resource=Resource.create(about), shutdown_on_exit=False)
        exporter = OTLPSpanExporter(endpoint=address, timeout=EXPORT_SECONDS)
        self.provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self.provider.get_tracer("kenshin")

    def begin(self, scope: Scope) -> "RequestSpan":
        """Open the span of a request, below the caller's where it sent a ``traceparent``."""
        return RequestSpan(self._tracer, scope)

    def watch(self, engine: sa.Engine) -> None:
        """Open a span for every statement that a traced request gives to ``engine``."""
        sa.event.listen(engine, "before_cursor_execute", _statement_begins)
        sa.event.listen(engine, "after_cursor_execute", _statement_ends)
        sa.event.listen(engine, "handle_error", _statement_fails)

    def stop(self) -> None:
        """Send what is left, for at most `STOP_SECONDS`; a dead collector delays no stop longer."""
        last = threading.Thread(target=self.provider.shutdown, daemon=True)
        last.start()
        last.join(STOP_SECONDS)


class RequestSpan:
    """The open span of one request; end it in the task that began it."""

    def __init__(self, tracer: "Tracer", scope: Scope) -> None:
        from opentelemetry import context, trace
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        given = [value for name, value in scope["headers"] if name == b"traceparent"]
        carrier = {"traceparent": given[0].decode("latin-1")} if len(given) == 1 else {}
        parent = TraceContextTextMapPropagator().extract(carrier)
        self._span = tracer.start_span("request", parent, trace.SpanKind.SERVER)
        self._method = scope["method"]
        request_id = scope["state"].get("request_id", "")
        self._span.set_attribute("kenshin.request_id", request_id)
        self._detach = context.detach
        self._attached = context.attach(trace.set_span_in_context(self._span, parent))
        self._token = _tracer.set(tracer)

    def end(self, route: str, status: int, failure: BaseException | None) -> None:
        """Close the span under the route's template."""
        from opentelemetry.trace import StatusCode

        from serving.metrics import METHODS, OTHER

        _tracer.reset(self._token)
        self._detach(self._attached)
        method = self._method if self._method in METHODS else OTHER
        self._span.update_name(f"{method} {route}")
        self._span.set_attributes(
            {
                "http.request.method": method,
                "http.route": route,
                "http.response.status_code": status,
            }
        )
        if failure is not None:
            self._span.set_attribute("error.type", type(failure).__name__)
        if failure is not None or status >= 500:
            self._span.set_status(StatusCode.ERROR)
        self._span.end()


def _statement_begins(connection: sa.Connection, _: object, statement: str, *more: object) -> None:
    tracer = _tracer.get()
    verb = statement.lstrip().split(None, 1)[0].upper()
    if tracer is None or verb == "BEGIN":  # SQLite's is a statement; it says nothing
        return
    made = tracer.start_span("store")
    made.set_attributes({"db.system.name": connection.dialect.name, "db.operation.name": verb})
    connection.info["span"] = made


def _statement_ends(connection: sa.Connection, *_: object) -> None:
    made: Span | None = connection.info.pop("span", None)
    if made is not None:
        made.end()


def _statement_fails(context: sa.ExceptionContext) -> None:
    if context.connection is None:
        return
    made: Span | None = context.connection.info.pop("span", None)
    if made is None:
        return
    from opentelemetry.trace import StatusCode

    made.set_attribute("error.type", type(context.original_exception).__name__)
    made.set_status(StatusCode.ERROR)
    made.end()
