"""Results as Arrow: at once, a bounded number of rows at a time, or ahead of who takes them."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from features.engines.keeping import begin, begin_table, finished, written


def arrow(rows: ibis.Table) -> pa.Table:
    """Return the rows with the types that Ibis says.

    On DuckDB without Ibis' own way, which imports pandas: a third of a second and 60 MB.
    """
    backend = rows._find_backend(use_default=True)
    if backend.name != "duckdb":
        return rows.to_pyarrow()
    finished(backend)
    backend._run_pre_execute_hooks(rows)
    found = backend.con.sql(backend.compile(rows)).to_arrow_table()
    return found.cast(rows.schema().to_pyarrow())


def soon(rows: ibis.Table) -> Future[pa.Table]:
    """Return the rows to come: they are read after what was begun before, not after what follows.

    Only for queries without tables given in memory; not on DuckDB they are read at once.
    """
    backend = rows._find_backend(use_default=True)
    if backend.name != "duckdb":
        read: Future[pa.Table] = Future()
        read.set_result(arrow(rows))
        return read
    query, schema = backend.compile(rows), rows.schema().to_pyarrow()
    return begin(lambda: backend.con.sql(query).to_arrow_table().cast(schema))


def batches(rows: ibis.Table, at_once: int) -> Iterator[pa.Table]:
    """Yield the rows in order, up to ``at_once`` in each table."""
    backend = rows._find_backend(use_default=True)
    if backend.name != "duckdb":
        for batch in rows.to_pyarrow_batches(chunk_size=at_once):
            yield pa.Table.from_batches([batch])
        return
    finished(backend)
    backend._run_pre_execute_hooks(rows)
    schema = rows.schema().to_pyarrow()
    for batch in backend.con.sql(backend.compile(rows)).to_arrow_reader(at_once):
        yield pa.Table.from_batches([batch]).cast(schema)


@dataclass(frozen=True)
class Parts:
    """Rows of some instants, the query written.

    Attributes
    ----------
    compute : callable
        Begins to compute them; to be called before they are read.
    read : callable
        Returns the rows of each instant in the order of ``account_id``, begun when asked for.
    """

    compute: Callable[[], None]
    read: Callable[[], Iterator[Future[pa.Table]]]


def parts(rows: ibis.Table, instants: Sequence[datetime], kept: ExitStack) -> Parts:
    """Return ``rows`` in parts, one for each ``as_of`` of ``instants``.

    On DuckDB all rows are computed in the background, then read instant by instant: no sorted copy
    of them all is ever in memory. Elsewhere they are read at once.
    """
    backend = rows._find_backend(use_default=True)
    if backend.name != "duckdb":
        return Parts(lambda: None, partial(_at_once, rows, instants))
    name = ibis.util.gen_name("parts")
    compute = written(backend, rows, name, kept)
    query = f"SELECT * FROM \"{name}\" WHERE as_of = TIMESTAMP '{{}}' ORDER BY account_id"
    schema = rows.schema().to_pyarrow()

    def of(instant: datetime) -> pa.Table:
        return backend.con.sql(query.format(instant)).to_arrow_table().cast(schema)

    return Parts(
        partial(begin_table, backend, compute),
        lambda: (begin(partial(of, instant)) for instant in instants),
    )


def _at_once(rows: ibis.Table, instants: Sequence[datetime]) -> Iterator[Future[pa.Table]]:
    table = arrow(rows.order_by("as_of", "account_id"))
    for instant in instants:
        here = pc.equal(table["as_of"], pa.scalar(instant, table["as_of"].type))
        first, many = pc.index(here, True).as_py(), pc.sum(here).as_py() or 0
        found: Future[pa.Table] = Future()
        found.set_result(table.slice(max(first, 0), many))
        yield found


def ahead(found: Iterator[Future[pa.Table]]) -> Iterator[pa.Table]:
    """Return the tables one after the other; the next is always begun, the first now."""
    begun = deque(islice(found, 1))

    def taken() -> Iterator[pa.Table]:
        for following in found:
            begun.append(following)
            yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()

    return taken()
