"""The same store tests on both databases."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from serving.store.engine import open_url
from tests.builders.postgres import elsewhere, store


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of an empty database of the test's own; migrated already where `engine` is asked for."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'store.db'}"
        return
    made = store if "engine" in request.fixturenames else elsewhere
    with made(request.getfixturevalue("postgres_server")) as url:
        yield url


@pytest.fixture
def engine(store_url: str) -> Iterator[sa.Engine]:
    """An open, empty store."""
    opened = open_url(store_url)
    yield opened
    opened.dispose()


@pytest.fixture
def opened() -> Iterator[Callable[[str], sa.Engine]]:
    """Opens stores that are closed after the test."""
    engines: list[sa.Engine] = []

    def open_it(url: str) -> sa.Engine:
        engines.append(open_url(url))
        return engines[-1]

    yield open_it
    for engine in engines:
        engine.dispose()
