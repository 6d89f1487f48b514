"""Probes for whoever keeps the process running."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from features.errors import KenshinError
from serving.champion import Champion
from serving.dependencies import ChampionOf, EngineOf, KnownQuery
from serving.problems import documented
from serving.store.schema import runs

log = logging.getLogger("kenshin.health")


class Alive(BaseModel):
    """The process answers."""

    status: str = "alive"


class ReadinessCheck(BaseModel):
    """One thing that must hold before requests can be answered."""

    name: str
    passed: bool
    sentence: str


class RefusedModel(BaseModel):
    """A model that should serve and does not; the one in service goes on."""

    model_version: str | None = Field(description="Null where not even its name can be read.")
    reason: str = Field(description="What was expected, what was found, what to do.")
    at: datetime = Field(description="When it was refused, in UTC.")


class Readiness(BaseModel):
    """Whether requests can be answered, and what stands in the way."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "ready": True,
                    "version": "0.1.0",
                    "model_version": "v1",
                    "checks": [
                        {"name": "model", "passed": True, "sentence": "Model v1 is loaded."}
                    ],
                }
            ]
        }
    )

    ready: bool
    version: str = Field(description="Of this program.")
    model_version: str | None = Field(description="Version in service; null where there is none.")
    checks: list[ReadinessCheck]
    refused: RefusedModel | None = Field(
        default=None,
        description="The model that was made champion and is not in service; null otherwise.",
    )


routes = APIRouter(tags=["probes"], dependencies=[Depends(KnownQuery())])


@routes.get(
    "/livez",
    operation_id="isAlive",
    summary="Is the process alive?",
    responses=documented(400, 422),
)
async def livez() -> Alive:
    """Answer without touching anything."""
    return Alive()


@routes.get(
    "/readyz",
    operation_id="isReady",
    summary="Can requests be answered?",
    responses={
        503: {"model": Readiness, "description": "Not ready; `checks` says why."},
        **documented(400, 422),
    },
)
def readyz(
    request: Request, response: Response, champion: ChampionOf, engine: EngineOf
) -> Readiness:
    """Check that a verified model is loaded and that the store takes writes.

    A model that was refused is named but makes nothing unready: the one before it serves.
    """
    stopping: threading.Event = request.app.state.stopping
    found = readiness(champion, engine, stopping=stopping.is_set())
    response.status_code = 200 if found.ready else 503
    return found


def readiness(champion: Champion, engine: sa.Engine, *, stopping: bool = False) -> Readiness:
    """Return whether requests can be answered, and what stands in the way."""
    model, version_in_service = _model(champion)
    checks = [model, _store(engine), *([_STOPPING] if stopping else [])]
    return Readiness(
        ready=all(check.passed for check in checks),
        version=version("kenshin"),
        model_version=version_in_service,
        checks=checks,
        refused=_refused(champion),
    )


_STOPPING = ReadinessCheck(
    name="process", passed=False, sentence="The process was asked to stop; send nothing new."
)


def _refused(champion: Champion) -> RefusedModel | None:
    refused = champion.refused
    if refused is None:
        return None
    return RefusedModel(
        model_version=refused.version, reason=refused.reason, at=refused.at.replace(tzinfo=UTC)
    )


def _model(champion: Champion) -> tuple[ReadinessCheck, str | None]:
    try:
        bundle = champion.current
    except KenshinError as error:
        return ReadinessCheck(name="model", passed=False, sentence=str(error)), None
    sentence = f"Model {bundle.version} is loaded; its hashes and its golden rows are right."
    return ReadinessCheck(name="model", passed=True, sentence=sentence), bundle.version


def _store(engine: sa.Engine) -> ReadinessCheck:
    """Ask for the right to write without changing a row."""
    nothing = sa.insert(runs).from_select(list(runs.c.keys()), sa.select(runs).where(sa.false()))
    try:
        with engine.connect() as connection, _impatient(connection), connection.begin():
            connection.execute(nothing)
    except OperationalError as error:
        if "locked" in str(error.orig) or "lock timeout" in str(error.orig):
            return ReadinessCheck(
                name="store", passed=True, sentence="The store is being written to."
            )
        return _unwritable(error)
    except SQLAlchemyError as error:
        return _unwritable(error)
    return ReadinessCheck(name="store", passed=True, sentence="The store takes writes.")


@contextmanager
def _impatient(connection: sa.Connection) -> Iterator[None]:
    """Do not wait for another writer: that there is one is answer enough."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection
    patience = driver.execute("PRAGMA busy_timeout").fetchone()[0]
    driver.execute("PRAGMA busy_timeout=100")
    try:
        yield
    finally:
        driver.execute(f"PRAGMA busy_timeout={patience}")


def _unwritable(error: SQLAlchemyError) -> ReadinessCheck:
    log.error("the store takes no writes: %s", error)
    return ReadinessCheck(
        name="store", passed=False, sentence="The store takes no writes; see the log."
    )
