"""What this process has done, counted for Prometheus. Each application has a registry of its own.

Labels come from closed sets: route templates, methods, status classes, slugs of problems, bands,
names of models. A path, a query, an account or a key is never one.
"""

from collections.abc import Mapping
from typing import Final

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy.exc import IntegrityError

disable_created_metrics()  # type: ignore[no-untyped-call]  # half of all series, and of no use here

BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper ends of the latency histogram in seconds; the last is the default deadline."""

METHODS: Final = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
OTHER: Final = "other"
MOST_VERSIONS: Final = 50
"""Versions counted by name in one process; later ones are counted together as ``other``."""

WATCHED: Final = (
    "too-many-requests", "too-busy", "deadline", "store-unavailable", "our-own-fault",
)  # fmt: skip
"""Problems told as 0 before the first one, so that an alert sees the first one rise."""

_WRITES = ("INSERT", "UPDATE", "DELETE", "COMMIT", "BEGIN IMMEDIATE")


class Metrics:
    """Counters of one application.

    Attributes
    ----------
    in_flight : int
        Requests under way; only the event loop's thread changes it.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        self.in_flight = 0
        self._requests = Counter(
            "kenshin_requests",
            "Answered requests by route template, method and class of status.",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "kenshin_request_seconds",
            "Time from the first byte of a request to the last of its answer.",
            ("route", "method"),
            buckets=BUCKETS,
            registry=self.registry,
        )
        self._problems = Counter(
            "kenshin_problems",
            "Problem documents answered, by slug (/problems/SLUG explains each).",
            ("slug",),
            registry=self.registry,
        )
        self._predictions = Counter(
            "kenshin_predictions",
            "Accounts answered with a score, by its band and the model that gave it.",
            ("band", "model_version"),
            registry=self.registry,
        )
        self._store_errors = Counter(
            "kenshin_store_errors",
            "Failures of the score store: connect, read, write, locked.",
            ("kind",),
            registry=self.registry,
        )
        for kind in ("connect", "read", "write", "locked"):
            self._store_errors.labels(kind)
        for slug in WATCHED:
            self._problems.labels(slug)
        self._request_of: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._predictions_of: dict[tuple[str, str], Counter] = {}
        self._versions: set[str] = set()
        self.registry.register(_InFlight(self))
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one request; ``route`` is a template."""
        key = (route, method, status // 100)
        found = self._request_of.get(key)
        if found is None:
            known = method if method in METHODS else OTHER
            found = (
                self._requests.labels(route, known, f"{status // 100}xx"),
                self._seconds.labels(route, known),
            )
            if known is method:  # any text can be a method: those unknown are not kept
                self._request_of[key] = found
        found[0].inc()
        found[1].observe(seconds)

    def problem(self, slug: str) -> None:
        """Count one problem document."""
        self._problems.labels(slug).inc()

    def predicted(self, version: str, bands: Mapping[str, int]) -> None:
        """Count the accounts of one answer by band."""
        if version not in self._versions:
            if len(self._versions) >= MOST_VERSIONS:
                version = OTHER
            else:
                self._versions.add(version)
        for band, accounts in bands.items():
            found = self._predictions_of.get((band, version))
            if found is None:
                found = self._predictions.labels(band, version)
                self._predictions_of[band, version] = found
            found.inc(accounts)

    def watch(self, engine: sa.Engine) -> None:
        """Count every failure of ``engine`` from now on."""
        sa.event.listen(engine, "handle_error", self._failed)

    def _failed(self, context: sa.ExceptionContext) -> None:
        error = context.original_exception
        if isinstance(context.sqlalchemy_exception, IntegrityError):
            return  # a row that is there already is an answer of the store, not a failure
        self._store_errors.labels(_kind_of(context, error)).inc()

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """Return the scrape and its content type: OpenMetrics where asked for, else plain text."""
        if "application/openmetrics-text" in accept:
            text = openmetrics.generate_latest(self.registry)  # type: ignore[no-untyped-call]
            return text, openmetrics.CONTENT_TYPE_LATEST
        return generate_latest(self.registry), CONTENT_TYPE_PLAIN_0_0_4


def _kind_of(context: sa.ExceptionContext, error: BaseException) -> str:
    if any(sign in str(error) for sign in ("locked", "lock timeout")):  # SQLite, PostgreSQL
        return "locked"
    if context.connection is None:
        return "connect"
    statement = (context.statement or "COMMIT").lstrip().upper()
    return "write" if statement.startswith(_WRITES) else "read"


class _InFlight(Collector):
    """The number of requests under way, read when it is asked for."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def collect(self) -> list[Metric]:
        """Return the one gauge."""
        said = "Requests under way, this scrape among them."
        return [GaugeMetricFamily("kenshin_requests_in_flight", said, self._metrics.in_flight)]
