"""Fixtures of every test folder."""

from tests.builders.postgres import postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]
