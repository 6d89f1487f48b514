"""Results as Arrow: at once, a bounded number of rows at a time, or ahead of who takes them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from itertools import islice

import pyarrow as pa

from features.engines.keeping import finished, note
from features.engines.light import ibis
from features.engines.steps import Step
from features.engines.stored import Lookup
from features.engines.turns import begin


def arrow(rows: ibis.Table, of: str = "") -> pa.Table:
    """Return the rows with the types that Ibis says.

    On DuckDB without Ibis' own way, which imports pandas: a third of a second and 60 MB.

    Parameters
    ----------
    of : str
        What the answer is to, for a build that is noted down.
    """
    backend = rows._find_backend(use_default=True)
    if backend.name != "duckdb":
        return rows.to_pyarrow()
    query = backend.compile(rows)
    if of:
        note(backend, Step("ask", text=query, of=of))
    finished(backend)
    backend._run_pre_execute_hooks(rows)
    found = backend.con.sql(query).to_arrow_table()
    return found.cast(rows.schema().to_pyarrow())


def counted(rows: ibis.Table) -> int:
    """Return how many rows there are; Ibis' own reading of one number imports pandas."""
    return int(arrow(rows.count().as_table()).column(0)[0].as_py())


def size(tables: Mapping[str, ibis.Table], name: str) -> int:
    """Return how many rows the table ``name`` has, without Ibis where that is not needed."""
    if not isinstance(tables, Lookup):
        return counted(tables[name])
    table = tables.stored[name]
    finished(table.backend)
    return table.count()


def soon(rows: ibis.Table, of: str = "") -> Future[pa.Table]:
    """Return the rows to come: they are read after what was begun before, not after what follows.

    Only for queries without tables given in memory; not on DuckDB they are read at once.

    Parameters
    ----------
    of : str
        What the answer is to, for a build that is noted down.
    """
    backend = rows._find_backend(use_default=True)
    if backend.name != "duckdb":
        read: Future[pa.Table] = Future()
        read.set_result(arrow(rows))
        return read
    query, schema = backend.compile(rows), rows.schema().to_pyarrow()
    note(backend, Step("ask", text=query, of=of))
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
