"""One served company for all tests of the API; none of them changes it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

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
