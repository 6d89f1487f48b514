"""Ibis on a PostgreSQL connection."""

from typing import Any

import psycopg
from ibis.backends.postgres import Backend

from features.engines.postgres_compiler import Compiler


class PostgresBackend(Backend):
    """Ibis on PostgreSQL, with DuckDB's results."""

    compiler = Compiler()


def over(connection: psycopg.Connection[Any]) -> PostgresBackend:
    """Return Ibis on ``connection``, a psycopg one that commits by itself."""
    found: PostgresBackend = PostgresBackend.from_connection(connection)
    return found
