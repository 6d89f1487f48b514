"""The application: routes, the guard in front of them, problems for all that goes wrong."""

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig

from features.settings import Settings
from serving import forecast, health, model, problems, scrape, tracing
from serving.access.callers import Callers
from serving.access.gate import Access
from serving.access.openapi import describe_access
from serving.access.scopes import Rules
from serving.accounts.exports import routes as export_routes
from serving.accounts.feedback_routes import routes as feedback_routes
from serving.accounts.override_routes import routes as override_routes
from serving.accounts.routes import routes as account_routes
from serving.bodies import Bodies
from serving.champion import Champion
from serving.checked_routes import routes as checked_routes
from serving.condition import Condition
from serving.docs.examples import show_examples
from serving.docs.routes import routes as docs_routes
from serving.drift.routes import routes as drift_routes
from serving.etag import Wording
from serving.express import Application
from serving.guard import Guard
from serving.headers import Headers
from serving.idempotent import Idempotent
from serving.invocations.routes import routes as invocation_routes
from serving.leavers.routes import routes as leaver_routes
from serving.limits import Limits
from serving.metrics import Metrics
from serving.observing import Observed
from serving.pages.routes import pages
from serving.pages.sign_in import sign_in
from serving.pages.static_files import mount_static
from serving.predictions.issued import Issued
from serving.predictions.routes import routes as prediction_routes
from serving.predictions.runs import KnownRuns
from serving.probe import survived
from serving.problems.routes import routes as problem_routes
from serving.scores_routes import routes as score_routes
from serving.store.engine import IN_A_REQUEST, looking_up, open_store
from serving.subjects.routes import routes as subject_routes

_ROUTES = (
    prediction_routes,
    export_routes,
    account_routes,
    feedback_routes,
    override_routes,
    score_routes,
    model.routes,
    forecast.routes,
    checked_routes,
    leaver_routes,
    subject_routes,
    drift_routes,
    invocation_routes,
    health.routes,
    scrape.routes,
    problem_routes,
    docs_routes,
)

_NO_TELEMETRY: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "auto_configure": False,
}
"""FastAPI's own telemetry sends paths and queries, and with them account ids; `serving.tracing`
sends neither."""

TITLE = "Kenshin"

DESCRIPTION = """Which customers are about to leave, why, and what to do.

A `health_score` lies between 0 and 100, 100 is good. `baseline_points` plus the points of all
drivers is exactly that number. Every error is a problem document after RFC 9457 whose `type` is an
address you can open.
"""

REQUEST_ID = {
    "description": "The caller's own X-Request-ID, or a new one; the log has the same.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
}


def create_app(
    settings: Settings, *, engine: sa.Engine | None = None, champion: Champion | None = None
) -> FastAPI:
    """Return the application of one company.

    Parameters
    ----------
    engine : sa.Engine, optional
        The score store; default: that of ``settings``, closed when the application stops.
    champion : Champion, optional
        Default: the one in the workspace, watched for changes while the application runs.
    """
    store = engine or open_store(settings, IN_A_REQUEST)
    serving = champion or Champion(settings, probe=survived)
    traces = tracing.start(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        serving.watch(settings.serving.refresh_seconds)
        yield
        serving.stop()
        if traces is not None:
            traces.stop()
        if engine is None:
            store.dispose()

    app = Application(
        title=TITLE,
        version=version("kenshin"),
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        openapi_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=_NO_TELEMETRY,
    )
    app.state.settings, app.state.engine, app.state.champion = settings, store, serving
    app.state.stopping = threading.Event()
    app.state.callers = Callers.over(store)
    lookups = looking_up(store)
    app.state.settings_version, app.state.runs = settings.version, KnownRuns(lookups)
    app.state.wording = Wording(settings)
    app.state.issued = Issued(lookups, app.state.runs, settings, settings.version)
    app.state.metrics = _metrics(app)
    if traces is not None:
        traces.watch(store)
    _add_routes(app, traces)
    return app


def _metrics(app: FastAPI) -> Metrics:
    state, metrics = app.state, Metrics()
    metrics.watch(state.engine)
    condition = Condition(state.settings, state.engine, state.champion, state.stopping)
    metrics.registry.register(condition)
    return metrics


def _add_routes(app: FastAPI, traces: tracing.Tracing | None) -> None:
    state = app.state
    shown = pages(state.settings, state.engine, state.champion)
    routers = (*_ROUTES, shown, sign_in(state.settings, state.callers))
    for routes in routers:
        app.include_router(routes)
    mount_static(app)
    problems.answer_with_problems(app)
    bodies = Bodies(route for routes in routers for route in routes.routes)
    app.add_middleware(Idempotent, engine=state.engine, settings=state.settings)
    app.add_middleware(Guard, body_of=bodies.of)
    app.add_middleware(Limits, settings=state.settings.serving)
    app.add_middleware(
        Access,
        callers=state.callers,
        rules=Rules(lambda: app.routes),
        settings=state.settings.serving,  # hosts, cookies
    )
    app.add_middleware(
        Observed,
        metrics=state.metrics,
        access_log=state.settings.serving.access_log,
        tracing=traces,
    )
    app.add_middleware(Headers)
    describe(app)


def described() -> dict[str, Any]:
    """Return the OpenAPI document, which is the same for every company."""
    app = FastAPI(title=TITLE, version=version("kenshin"), description=DESCRIPTION)
    for routes in _ROUTES:
        app.include_router(routes)
    describe(app)
    return app.openapi()


def describe(app: FastAPI) -> None:
    """Add the problem documents to the OpenAPI document of ``app``."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        document = plain()
        parts = document.setdefault("components", {})
        parts.setdefault("schemas", {}).update(problems.schemas())
        parts["headers"] = {"RequestId": REQUEST_ID}
        describe_access(document)
        problems.document_limits(document)
        show_examples(document)
        for operations in document["paths"].values():
            for operation in operations.values():
                for response in operation["responses"].values():
                    named = response.setdefault("headers", {})
                    named["X-Request-ID"] = {"$ref": "#/components/headers/RequestId"}
        return document

    app.openapi = openapi  # type: ignore[method-assign]
