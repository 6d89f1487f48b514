"""Questions to tables whose queries are the same in every run, and written once."""

from collections.abc import Callable, Sequence

import ibis
import pyarrow as pa

from features.engines.compiled import Compiled, key
from features.engines.keeping import finished
from features.engines.plain import plain
from features.engines.reading import arrow
from features.settings import Settings


def asked(
    settings: Settings,
    tables: Sequence[ibis.Table],
    said: object,
    rows: Callable[[], ibis.Table],
) -> pa.Table:
    """Return the rows of a query on ``tables``; on DuckDB its text is kept between runs.

    Parameters
    ----------
    tables : sequence of ibis.Table
        All that the query reads.
    said : object
        All else that the query depends on, as JSON; its first word says what is asked.
    rows : callable
        Writes the query.
    """
    backend = tables[0]._find_backend(use_default=True)
    there = [plain(table) for table in tables]
    if backend.name != "duckdb" or None in there or not settings.root.is_absolute():
        return arrow(rows())
    store = Compiled(settings.workspace)
    [query] = store.texts(key("asked", said, there), lambda: [backend.compile(rows())])
    finished(backend)
    return backend.con.sql(query).to_arrow_table()
