"""Questions to tables whose queries are the same in every run, and written once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import pyarrow as pa

from features.engines.compiled import Compiled, key
from features.engines.keeping import finished
from features.engines.light import ibis
from features.engines.plain import plain
from features.engines.reading import arrow
from features.settings import Settings

if TYPE_CHECKING:
    from features.sources import Tables

Place = tuple[Mapping[str, "ibis.Table"], str]
"""Tables, and the name of one of them."""


def asked(
    settings: Settings,
    tables: Tables,
    places: Iterable[Place],
    said: object,
    rows: Callable[[], ibis.Table],
) -> pa.Table:
    """Return the rows of a query; on DuckDB its text is kept between runs.

    Parameters
    ----------
    places : iterable of (mapping, str)
        All tables that the query reads.
    said : object
        All else that the query depends on, as JSON; its first word says what is asked.
    rows : callable
        Writes the query.
    """
    backend = tables.backend
    if backend.name != "duckdb" or not settings.root.is_absolute():
        return arrow(rows())
    there = [plain(*place) for place in places]
    if None in there:
        return arrow(rows())
    store = Compiled(settings.workspace)
    [query] = store.texts(key("asked", said, there), lambda: [backend.compile(rows())])
    finished(backend)
    return backend.con.sql(query).to_arrow_table()
