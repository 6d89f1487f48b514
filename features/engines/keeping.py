"""Intermediate tables: computed in the background, gone at the end.

On DuckDB tables are computed while Python writes the next queries: writing takes as long as many a
table. They are computed one after the other in the order of `keep`; whoever uses the connection
otherwise waits for them (`finished`) or takes its turn (`begin`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from features.engines.light import ibis, ops
from features.engines.steps import Do, Recording, Step, fresh
from features.engines.stored import notes, to_ibis
from features.engines.turns import begin
from features.recipe import Recipe

if TYPE_CHECKING:
    from ibis.backends import BaseBackend


def in_any_order(backend: BaseBackend) -> None:
    """Let ``backend`` keep rows in whatever order its threads find them, from now on."""
    if backend.name == "duckdb":
        finished(backend)
        backend.con.execute("SET preserve_insertion_order = false")


def finished(backend: BaseBackend) -> None:
    """Wait until all that was begun is done; raise what went wrong with a table, the first."""
    begin(lambda: None).result()
    waiting = _begun(backend)
    begun = waiting[:]
    waiting.clear()
    for table in begun:
        table.result()


def _begun(backend: BaseBackend) -> list[Future[None]]:
    """Return the tables that were begun, kept at ``backend`` itself."""
    begun: list[Future[None]] = notes(backend).setdefault("tables_begun", [])
    return begun


def _uses(backend: BaseBackend) -> Counter[str]:
    """Return how many kept queries read each table that was given in memory."""
    uses: Counter[str] = notes(backend).setdefault("uses_of_given", Counter())
    return uses


def keep(backend: BaseBackend, expression: ibis.Table, kept: ExitStack) -> ibis.Table:
    """Return ``expression`` as a table computed on ``backend``; leaving ``kept`` drops it.

    A temporary table on DuckDB and PostgreSQL, a checkpoint that cuts the plan on Spark.
    """
    name = fresh("kept")
    if backend.name == "duckdb":
        table = written(backend, expression, name, kept)
        note(backend, table.step("table"))
        begin_table(backend, table)
        return ops.DatabaseTable(
            name=name,
            schema=expression.schema(),
            source=to_ibis(backend),
            namespace=ops.Namespace(),
        ).to_expr()
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


def begin_table(backend: BaseBackend, compute: Callable[[], None]) -> None:
    """Compute a table of DuckDB, see `written`, after all that was begun before."""
    _begun(backend).append(begin(compute))


@dataclass(frozen=True)
class Written:
    """A temporary table of DuckDB and the query that computes it, with what it is to be given.

    Attributes
    ----------
    given : tuple of (str, rows, Recipe or None)
        Tables to be created before, and how they are made of other cut-offs.
    """

    con: duckdb.DuckDBPyConnection
    name: str
    query: str
    given: tuple[tuple[str, pa.Table, Recipe | None], ...] = ()

    def __call__(self) -> None:
        """Compute the table, now."""
        for table, rows, _ in self.given:
            create(self.con, table, rows)
        # Replaced, the old rows would be held until the new ones are there.
        drop(self.con, self.name)
        self.con.execute(f"CREATE TEMP TABLE {quoted(self.name)} AS {self.query}")

    def step(self, do: Do) -> Step | None:
        """Return this as a step; None where some rows are of this run alone."""
        given = tuple((name, recipe) for name, _, recipe in self.given if recipe is not None)
        whole = len(given) == len(self.given)
        return Step(do, self.name, self.query, given=given) if whole else None


def recording(backend: BaseBackend) -> Recording | None:
    """Return what notes down the steps on ``backend``, where something does."""
    found: Recording | None = notes(backend).get("recording")
    return found


def note(backend: BaseBackend, step: Step | None) -> None:
    """Note a step down, where that is done; one that is None cannot be done again."""
    noted = recording(backend)
    if noted is not None and step is not None:
        noted.note(step)
    elif noted is not None:
        noted.given_whole = False


def fork(backend: BaseBackend, of: str, shape: int) -> None:
    """Note that what follows depends on the shape of the answer to ``of``."""
    noted = recording(backend)
    if noted is not None:
        noted.fork(of, shape)


def written(backend: BaseBackend, expression: ibis.Table, name: str, kept: ExitStack) -> Written:
    """Return what computes ``expression`` into a temporary table of DuckDB, its query written.

    It may be called again where what it reads has changed. From the query: Ibis creates the table
    empty and inserts, slower and in order.
    """
    given = _given(backend, expression, kept)
    backend._run_pre_execute_hooks(expression)
    to_text = backend.compiler.type_mapper.to_string
    columns = ", ".join(
        f"CAST({quoted(column)} AS {to_text(kind)}) AS {quoted(column)}"
        for column, kind in expression.schema().items()
    )
    query = f"SELECT {columns} FROM ({backend.compile(expression)})"
    kept.callback(begin_drop, backend, name)
    return Written(backend.con, name, query, given)


def _given(
    backend: BaseBackend, expression: ibis.Table, kept: ExitStack
) -> tuple[tuple[str, pa.Table, Recipe | None], ...]:
    """Return the tables given in memory that are to be created before the query.

    DuckDB does not know how few rows a view on Arrow has: joined with events it would hold the
    events in memory, and look up the few rows there.
    """
    found = []
    uses = _uses(backend)
    for given in expression.op().find(ops.InMemoryTable):
        if not uses[given.name]:
            if given in backend._memtables:
                continue
            rows = given.data.to_pyarrow(given.schema)
            found.append((given.name, rows, getattr(given.data, "recipe", None)))
            backend._memtables.add(given)
        uses[given.name] += 1
        kept.callback(_let_go, backend, given)
    return tuple(found)


def _let_go(backend: BaseBackend, given: ops.InMemoryTable) -> None:
    """Drop a table given in memory with the last query that reads it."""
    uses = _uses(backend)
    uses[given.name] -= 1
    if not uses[given.name]:
        del uses[given.name]
        backend._memtables.discard(given)
        begin_drop(backend, given.name)


def create(con: duckdb.DuckDBPyConnection, table: str, rows: pa.Table) -> None:
    """Create a temporary table of some rows, now."""
    source = f"{table} given"
    con.register(source, rows)
    con.execute(f"CREATE OR REPLACE TEMP TABLE {quoted(table)} AS SELECT * FROM {quoted(source)}")
    con.unregister(source)


def drop(con: duckdb.DuckDBPyConnection, name: str, kind: str = "TABLE") -> None:
    """Drop a table or view, now."""
    con.execute(f"DROP {kind} IF EXISTS {quoted(name)}")


def say(backend: BaseBackend, name: str, value: int, kept: ExitStack) -> None:
    """Let a variable of DuckDB be ``value`` for what is begun from now on, until ``kept`` ends."""
    begin(lambda: backend.con.execute(f"SET VARIABLE {quoted(name)} = {value}::BIGINT"))
    kept.callback(begin, lambda: backend.con.execute(f"RESET VARIABLE {quoted(name)}"))


def begin_drop(backend: BaseBackend, name: str, kind: str = "TABLE") -> None:
    """Drop a table or view after all that was begun before."""
    note(backend, Step("drop", name, of=kind))
    begin(partial(drop, backend.con, name, kind))


def quoted(column: str) -> str:
    """Return the name of a column or table as DuckDB reads it."""
    return '"' + column.replace('"', '""') + '"'
