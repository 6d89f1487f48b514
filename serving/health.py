"""Probes for whoever keeps the process running."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import DBAPIError, OperationalError

from features.errors import KenshinError
from serving.champion import Champion
from serving.dependencies import ChampionOf, EngineOf, KnownQuery
from serving.problems import documented
from serving.store.engine import BUSY_MS
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


class Readiness(BaseModel):
    """Whether requests can be answered, and what stands in the way."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "ready": True,
                    "model_version": "v1",
                    "checks": [
                        {"name": "model", "passed": True, "sentence": "Model v1 is loaded."}
                    ],
                }
            ]
        }
    )

    ready: bool
    model_version: str | None = Field(description="Version in service; null where there is none.")
    checks: list[ReadinessCheck]


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
def readyz(response: Response, champion: ChampionOf, engine: EngineOf) -> Readiness:
    """Check that a verified model is loaded and that the store takes writes."""
    found = readiness(champion, engine)
    response.status_code = 200 if found.ready else 503
    return found


def readiness(champion: Champion, engine: sa.Engine) -> Readiness:
    """Return whether requests can be answered, and what stands in the way."""
    model, version = _model(champion)
    checks = [model, _store(engine)]
    ready = all(check.passed for check in checks)
    return Readiness(ready=ready, model_version=version, checks=checks)


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
        if "locked" in str(error.orig):
            return ReadinessCheck(
                name="store", passed=True, sentence="The store is being written to."
            )
        return _unwritable(error)
    except DBAPIError as error:
        return _unwritable(error)
    return ReadinessCheck(name="store", passed=True, sentence="The store takes writes.")


@contextmanager
def _impatient(connection: sa.Connection) -> Iterator[None]:
    """Do not wait for another writer: that there is one is answer enough."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection
    driver.execute("PRAGMA busy_timeout=100")
    try:
        yield
    finally:
        driver.execute(f"PRAGMA busy_timeout={BUSY_MS}")


def _unwritable(error: DBAPIError) -> ReadinessCheck:
    log.error("the store takes no writes: %s", error)
    return ReadinessCheck(
        name="store", passed=False, sentence="The store takes no writes; see the log."
    )
