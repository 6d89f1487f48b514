"""Intermediate tables: computed now, gone at the end."""

from contextlib import ExitStack

import ibis
import ibis.expr.operations as ops
from ibis.backends import BaseBackend


def keep(backend: BaseBackend, expression: ibis.Table, kept: ExitStack) -> ibis.Table:
    """Return ``expression`` computed now on ``backend``; leaving ``kept`` drops it.

    A temporary table on DuckDB and PostgreSQL, a checkpoint that cuts the plan on Spark.
    """
    name = ibis.util.gen_name("kept")
    if backend.name == "duckdb":
        return _on_duckdb(backend, expression, name, kept)
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


def _on_duckdb(
    backend: BaseBackend, expression: ibis.Table, name: str, kept: ExitStack
) -> ibis.Table:
    """Create the table from the query: Ibis creates it empty and inserts, slower and in order."""
    _settle(backend, expression, kept)
    backend._run_pre_execute_hooks(expression)
    to_text = backend.compiler.type_mapper.to_string
    columns = ", ".join(
        f"CAST({_quoted(column)} AS {to_text(kind)}) AS {_quoted(column)}"
        for column, kind in expression.schema().items()
    )
    query = f"SELECT {columns} FROM ({backend.compile(expression)})"
    backend.con.execute(f'CREATE TEMP TABLE "{name}" AS {query}')
    kept.callback(backend.con.execute, f'DROP TABLE IF EXISTS "{name}"')
    return backend.table(name)


def _settle(backend: BaseBackend, expression: ibis.Table, kept: ExitStack) -> None:
    """Create the tables given in memory: DuckDB does not know how few rows a view on Arrow has.

    Joined with events it would hold the events in memory, and look up the few rows there.
    """
    for given in expression.op().find(ops.InMemoryTable):
        if given in backend._memtables:
            continue
        name, source = _quoted(given.name), _quoted(f"{given.name} given")
        backend.con.register(f"{given.name} given", given.data.to_pyarrow(given.schema))
        backend.con.execute(f"CREATE TEMP TABLE {name} AS SELECT * FROM {source}")
        backend.con.unregister(f"{given.name} given")
        backend._memtables.add(given)
        kept.callback(backend._memtables.discard, given)
        kept.callback(backend.con.execute, f"DROP TABLE IF EXISTS {name}")


def _quoted(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'
