"""Fixtures of every test folder, and the order in which the folders are gone through."""

import pytest

from tests.builders.order import longest_first
from tests.builders.order import scheduler as pytest_xdist_make_scheduler
from tests.builders.postgres import postgres_server, postgres_url
from tests.builders.spark import spark_session

__all__ = ["postgres_server", "postgres_url", "pytest_xdist_make_scheduler", "spark_session"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the longest files run first."""
    longest_first(items)
