"""The same query over one range of rows after the other, written once.

To write a query takes Ibis longer than DuckDB needs to answer many a one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from features.engines.keeping import Written, begin_drop, begin_table, note, quoted, written
from features.engines.light import ibis, ops
from features.engines.reading import arrow
from features.engines.steps import Step, fresh
from features.engines.stored import to_ibis
from features.engines.turns import begin

if TYPE_CHECKING:
    from ibis.backends import BaseBackend


class Ranges:
    """Kept tables of which one range is shown at a time, and what is computed of them.

    On DuckDB a view of each table shows the range, in the order of the queue of `keeping`.

    Parameters
    ----------
    kept : ExitStack
        Drops what was computed when the build ends.
    """

    def __init__(self, backend: BaseBackend, kept: ExitStack) -> None:
        self._backend, self._kept = backend, kept
        self.views: list[tuple[str, str, str]] = []
        """Name, table and column of each view."""
        self.parts: list[Written] = []

    def shown(self, table: ibis.Table, by: str) -> ibis.Table:
        """Return the rows of a kept ``table`` whose ``by`` lies in the range then shown."""
        name, of = fresh("shown"), table.op().name
        self.views.append((name, of, by))
        note(self._backend, Step("view", name, of, by))
        self._kept.callback(begin_drop, self._backend, name, "VIEW")
        return _table(self._backend, name, table.schema())

    def keep(self, expression: ibis.Table) -> ibis.Table:
        """Return ``expression`` as a table that is computed anew for every range."""
        name = fresh("part")
        part = written(self._backend, expression, name, self._kept)
        self.parts.append(part)
        note(self._backend, part.step("part"))
        return _table(self._backend, name, expression.schema())

    def show(self, first: int, last: int) -> None:
        """Begin to compute what is kept for the rows of ``[first, last]``."""
        begin_table(self._backend, partial(self._compute, first, last))

    def each(self, table: str, instants: Sequence[datetime]) -> Iterator[Future[pa.Table]]:
        """Yield the rows of each ``as_of`` of a kept table, see `each`; with DuckDB's types."""
        yield from _of_each(self._backend.con, table, instants)

    def _compute(self, first: int, last: int) -> None:
        for name, table, by in self.views:
            self._backend.con.execute(
                f"CREATE OR REPLACE TEMP VIEW {quoted(name)} AS SELECT * FROM {quoted(table)} "
                f"WHERE {quoted(by)} BETWEEN {first} AND {last}"
            )
        for part in self.parts:
            part()


def _table(backend: BaseBackend, name: str, schema: ibis.Schema) -> ibis.Table:
    return ops.DatabaseTable(
        name=name, schema=schema, source=to_ibis(backend), namespace=ops.Namespace()
    ).to_expr()


def each(rows: ibis.Table, instants: Sequence[datetime]) -> Iterator[Future[pa.Table]]:
    """Yield the rows of each ``as_of`` in the order of ``account_id``, begun when asked for.

    On DuckDB ``rows`` is a kept table, read instant by instant: no sorted copy of them all is ever
    in memory. Elsewhere all are read at once.
    """
    backend = rows._find_backend(use_default=True)
    if backend.name != "duckdb":
        yield from _at_once(rows, instants)
        return
    yield from _of_each(backend.con, rows.op().name, instants)


def _of_each(
    con: duckdb.DuckDBPyConnection, table: str, instants: Sequence[datetime]
) -> Iterator[Future[pa.Table]]:
    def of(instant: datetime) -> pa.Table:
        chosen = f"FROM {quoted(table)} WHERE as_of = TIMESTAMP '{instant}'"
        return con.sql(f"SELECT * {chosen} ORDER BY account_id").to_arrow_table()

    for instant in instants:
        yield begin(partial(of, instant))


def _at_once(rows: ibis.Table, instants: Sequence[datetime]) -> Iterator[Future[pa.Table]]:
    table = arrow(rows.order_by("as_of", "account_id"))
    for instant in instants:
        here = pc.equal(table["as_of"], pa.scalar(instant, table["as_of"].type))
        first, many = pc.index(here, True).as_py(), pc.sum(here).as_py() or 0
        found: Future[pa.Table] = Future()
        found.set_result(table.slice(max(first, 0), many))
        yield found
