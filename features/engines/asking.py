"""Questions to tables whose queries are the same in every run, and written once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import asdict
from typing import TYPE_CHECKING

import pyarrow as pa

from features.collector import uncollected
from features.engines.compiled import Compiled, key
from features.engines.keeping import create, drop, finished
from features.engines.light import ibis, ops
from features.engines.plain import plain
from features.engines.reading import arrow
from features.engines.steps import renamed
from features.recipe import Recipe
from features.settings import Settings

if TYPE_CHECKING:
    from ibis.backends import BaseBackend

    from features.sources import Tables

Place = tuple[Mapping[str, "ibis.Table"], str]
"""Tables, and the name of one of them."""
Makers = Mapping[str, Callable[..., pa.Table]]
"""By kind of recipe, what makes the table that a query is given in this run."""


def asked(
    settings: Settings,
    tables: Tables,
    places: Iterable[Place],
    said: object,
    rows: Callable[[], ibis.Table],
    makers: Makers | None = None,
) -> pa.Table:
    """Return the rows of a query; on DuckDB its text is kept between runs.

    Parameters
    ----------
    places : iterable of (mapping, str)
        All tables that the query reads.
    said : object
        All else that the query depends on, as JSON; its first word says what is asked.
    rows : callable
        Writes the query. Each table that it is given in memory has a recipe.
    makers : mapping of str to callable, optional
        Make those tables anew; called with what the recipe says.
    """
    backend = tables.backend
    if backend.name != "duckdb" or not settings.root.is_absolute():
        return arrow(rows())
    there = [plain(*place) for place in places]
    if None in there:
        return arrow(rows())
    store = Compiled(settings.workspace)
    texts = store.texts(key("asked", said, there), lambda: _written(backend, rows))
    finished(backend)
    names: dict[str, str] = {}
    query, given = (renamed(text, names) for text in texts)
    with ExitStack() as kept:
        for name, recipe in json.loads(given).items():
            kept.callback(drop, backend.con, name)
            create(backend.con, name, (makers or {})[recipe["kind"]](**recipe["said"]))
        return backend.con.sql(query).to_arrow_table()


def _written(backend: BaseBackend, rows: Callable[[], ibis.Table]) -> list[str]:
    """Return the query, and how what it is given is called and made."""
    with uncollected():
        expression = rows()
        recipes: dict[str, Recipe] = {
            table.name: table.data.recipe for table in expression.op().find(ops.InMemoryTable)
        }
        query = backend.compile(expression)
    return [query, json.dumps({name: asdict(recipe) for name, recipe in recipes.items()})]
