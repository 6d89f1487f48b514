"""One served company for all tests of the API; none of them changes it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from serving import express
from serving.app import create_app
from tests.builders.served import Client, Served, served
from tests.builders.server import Server, running


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = served(Path(tmp_path_factory.mktemp("served")))
    yield made
    made.engine.dispose()


@pytest.fixture(scope="session")
def client(company: Served) -> Client:
    return Client(create_app(company.settings, engine=company.engine))


@pytest.fixture(scope="session")
def server(company: Served) -> Iterator[Server]:
    with running(company.settings.root) as made:
        yield made


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Return whether each request that was held was answered before a task was made."""
    noted, answer = list[bool](), express.Application.answer_at_once

    def noting(self: express.Application, *given: Any) -> bool:  # noqa: ANN401
        noted.append(answer(self, *given))
        return noted[-1]

    monkeypatch.setattr(express.Application, "answer_at_once", noting)
    return noted
