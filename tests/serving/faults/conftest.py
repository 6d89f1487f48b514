"""A served company whose surroundings fail."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from serving.store.scores import rows_of, runs
from tests.builders.damaged import copied
from tests.builders.served import WHEN, Served, served, shipped, stored_values
from tests.builders.server import Server, running
from tests.builders.store import settings_in
from training import bundle as shipping


class Asked:
    """What is asked of a server while something around it has failed.

    Attributes
    ----------
    by_features : dict
        Body of a prediction that needs nothing but the model.
    """

    def __init__(self, made: Served, server: Server) -> None:
        self.made, self.server = made, server
        row = rows_of(made.engine, runs(made.engine)[-1]["run_id"])[0]
        self.account_id = row["account_id"]
        self.by_features: dict[str, Any] = {
            "accounts": [{"features": stored_values(made.bundle, row["values"])}]
        }
        made.engine.dispose()
        self.client = httpx.Client(base_url=server.url, timeout=30)

    def ready(self) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get("/readyz").json()
        return found

    def read(self) -> httpx.Response:
        return self.client.get(f"/v1/accounts/{self.account_id}")

    def write(self, note: str) -> httpx.Response:
        said = {"verdict": "agree", "note": note}
        return self.client.post(f"/v1/accounts/{self.account_id}/feedback", json=said)

    def wait_until(self, holds: Callable[[], bool], seconds: float = 20) -> None:
        """Ask again and again until something holds."""
        until = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < until, self.server.log.read_text()[-4_000:]
            time.sleep(0.05)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    """A server over a SQLite store; each test leaves it as it was."""
    folder: Path = tmp_path_factory.mktemp("company")
    made = served(folder, accounts=12, weeks=2)
    with running(folder) as server:
        found = Asked(made, server)
        yield found
        found.client.close()


@pytest.fixture(scope="module")
def shipped_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shipped(settings_in(tmp_path_factory.mktemp("company")), "v1").folder


@pytest.fixture
def bundle(shipped_once: Path, tmp_path: Path) -> Path:
    """Folder of a whole bundle ``v1`` in a workspace of the test's own, in service."""
    settings = settings_in(tmp_path)
    shipping.bundles(settings).mkdir(parents=True)
    folder = copied(shipped_once, shipping.bundles(settings) / "v1")
    shipping.crown(settings, "v1", WHEN)
    return folder
