"""Fixtures of every test folder."""

from tests.builders.postgres import postgres_server, postgres_url
from tests.builders.spark import spark_session

__all__ = ["postgres_server", "postgres_url", "spark_session"]
