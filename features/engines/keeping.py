"""Intermediate tables: computed now, gone at the end."""

from contextlib import ExitStack

import ibis
from ibis.backends import BaseBackend


def keep(backend: BaseBackend, expression: ibis.Table, kept: ExitStack) -> ibis.Table:
    """Return ``expression`` computed now on ``backend``; leaving ``kept`` drops it.

    A temporary table on DuckDB and PostgreSQL, a checkpoint that cuts the plan on Spark.
    """
    name = ibis.util.gen_name("kept")
    table = backend.create_table(name, expression, temp=True)
    if backend.name == "pyspark":
        kept.callback(backend.forget, name)
        return table
    if backend.name == "postgres":
        # Without statistics the planner takes a fresh table for a few rows and loops over it.
        backend.raw_sql(f'ANALYZE "{name}"').close()
    # Not `cache()` and not `drop_table()`: with sqlglot 30.30 ibis 12 drops without a name.
    kept.callback(backend.raw_sql, f'DROP TABLE IF EXISTS "{name}"')
    return table
