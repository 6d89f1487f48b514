"""The same test over both stores: SQLite in the workspace, and a company's PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.builders.postgres import store

STORES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgres))
"""Parameters of a fixture that gives `store_of` its request."""


@contextmanager
def store_of(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """Yield the URL of an empty store of the kind that is asked for; None is the workspace's.

    Where a fixture that may have parameters was given none, that is SQLite.
    """
    if getattr(request, "param", "sqlite") == "sqlite":
        yield None
        return
    with store(request.getfixturevalue("postgres_server")) as url:
        yield url
