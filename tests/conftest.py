"""Fixtures of every test folder, and the order in which the folders are gone through."""

import gc
import os
import sys

import pytest

from tests.builders.order import longest_first
from tests.builders.order import scheduler as pytest_xdist_make_scheduler
from tests.builders.postgres import postgres_server, postgres_url
from tests.builders.spark import spark_session

__all__ = ["postgres_server", "postgres_url", "pytest_xdist_make_scheduler", "spark_session"]

# Compiled modules are kept for the processes that tests start: each would compile all it imports.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Queries are built of many small objects that live on: a collector that looks as often as it does
# by default takes a sixteenth of all time.
gc.set_threshold(10_000, 20, 10)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the longest files run first."""
    longest_first(items)


def pytest_collection_finish() -> None:
    """Have the collector leave alone what was imported: it stays to the end."""
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Give everything back to the collector, so that no library finds its own objects left over."""
    gc.unfreeze()
