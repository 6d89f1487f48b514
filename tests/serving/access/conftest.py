"""One served company behind the gate, with a key of every kind."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import anyio
import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from features.clock import utc_now
from serving.access import keys
from serving.access.caller import SCOPES
from serving.access.callers import Callers
from serving.access.keys import Minted
from serving.accounts.lookup import latest_run
from serving.app import create_app
from serving.store.schema import scores
from tests.builders.served import Client, Served, served
from tests.builders.stores import store_of

OWN = {"Origin": "http://here"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class Gate:
    """An application whose clock can be set, and the keys made for it."""

    company: Served
    app: FastAPI
    client: Client
    keys: dict[str, Minted] = field(default_factory=dict)

    @property
    def callers(self) -> Callers:
        callers: Callers = self.app.state.callers
        return callers

    @property
    def account(self) -> str:
        """An account that has a page."""
        run = latest_run(self.company.engine)
        query = sa.select(scores.c.account_id).where(scores.c.run_id == run["run_id"])
        with self.company.engine.connect() as connection:
            return str(connection.execute(query.limit(1)).scalar())

    def make(self, name: str, *scopes: str, lasts: timedelta | None = None) -> Minted:
        """Return a new key that the application knows at once."""
        made = keys.create(self.company.engine, name, scopes, now=utc_now(), by="test", lasts=lasts)
        self.callers.reread()
        return made

    def bearer(self, name: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys[name].token.text}"}

    def at(self, now: datetime) -> None:
        """Set the clock of the gate, the caches of which are young."""
        self.callers.now = lambda: now
        self.callers.reread()

    def sign_in(
        self, token: str, target: str = "/", address: str = "127.0.0.1", **headers: str
    ) -> httpx.Response:
        """Send the form as a browser at ``address`` does."""

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app, client=(address, 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
                return await client.post(
                    "/sign-in", data={"key": token, "next": target}, headers=OWN | headers
                )

        return anyio.run(send)


def gate_over(company: Served) -> Gate:
    app = create_app(company.settings, engine=company.engine)
    return Gate(company, app, Client(app))


@pytest.fixture(scope="module")
def open_gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    """Return an application over a store in which no key was ever made."""
    company = served(Path(tmp_path_factory.mktemp("open")), accounts=12, weeks=2)
    yield gate_over(company)
    company.engine.dispose()


@pytest.fixture(scope="module")
def gate(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gate]:
    """Return an application with a key of each scope, an expired one and a revoked one.

    A file of tests that gives it the parameters of `tests.builders.stores` runs on both stores.
    """
    with store_of(request) as url:
        yield from _gate(served(tmp_path_factory.mktemp("gate"), 12, 2, url))


def _gate(company: Served) -> Iterator[Gate]:
    made = gate_over(company)
    for scope in SCOPES:
        made.keys[scope] = made.make(scope, scope)
    made.keys["all"] = made.make("all", *SCOPES)
    made.keys["revoked"] = made.make("revoked", *SCOPES)
    revoked = made.keys["revoked"].key.key_id
    keys.revoke(company.engine, revoked, now=utc_now(), by="test")
    long_ago = datetime(2026, 1, 1)
    made.keys["expired"] = keys.create(
        company.engine, "expired", SCOPES, now=long_ago, by="test", lasts=timedelta(days=1)
    )
    made.callers.reread()
    yield made
    company.engine.dispose()


@pytest.fixture(autouse=True)
def _now(request: pytest.FixtureRequest) -> Iterator[None]:
    """Give the clock back after each test."""
    yield
    for name in ("gate", "open_gate"):
        if name in request.fixturenames:
            request.getfixturevalue(name).at(utc_now())
            request.getfixturevalue(name).callers.now = utc_now
