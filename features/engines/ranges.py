"""The same query over one range of rows after the other, written once.

To write a query takes Ibis longer than DuckDB needs to answer many a one.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from datetime import datetime
from functools import partial

import ibis
import ibis.expr.operations as ops
import pyarrow as pa
import pyarrow.compute as pc
from ibis.backends import BaseBackend

from features.engines.keeping import begin, begin_table, drop, quoted, written
from features.engines.reading import arrow


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
        self._views: list[tuple[str, str, str]] = []
        self._computed: list[Callable[[], None]] = []

    def shown(self, table: ibis.Table, by: str) -> ibis.Table:
        """Return the rows of a kept ``table`` whose ``by`` lies in the range then shown."""
        name = ibis.util.gen_name("shown")
        self._views.append((name, table.op().name, by))
        self._kept.callback(begin, partial(drop, self._backend, name, "VIEW"))
        return _table(self._backend, name, table.schema())

    def keep(self, expression: ibis.Table) -> ibis.Table:
        """Return ``expression`` as a table that is computed anew for every range."""
        name = ibis.util.gen_name("part")
        self._computed.append(written(self._backend, expression, name, self._kept))
        return _table(self._backend, name, expression.schema())

    def show(self, first: int, last: int) -> None:
        """Begin to compute what is kept for the rows of ``[first, last]``."""
        begin_table(self._backend, partial(self._compute, first, last))

    def _compute(self, first: int, last: int) -> None:
        for name, table, by in self._views:
            self._backend.con.execute(
                f"CREATE OR REPLACE TEMP VIEW {quoted(name)} AS SELECT * FROM {quoted(table)} "
                f"WHERE {quoted(by)} BETWEEN {first} AND {last}"
            )
        for part in self._computed:
            part()


def _table(backend: BaseBackend, name: str, schema: ibis.Schema) -> ibis.Table:
    return ops.DatabaseTable(
        name=name, schema=schema, source=backend, namespace=ops.Namespace()
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
    name, schema = quoted(rows.op().name), rows.schema().to_pyarrow()

    def of(instant: datetime) -> pa.Table:
        query = f"SELECT * FROM {name} WHERE as_of = TIMESTAMP '{instant}' ORDER BY account_id"
        return backend.con.sql(query).to_arrow_table().cast(schema)

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
