"""A query as people read it: its steps named one after another, without what nothing reads."""

from typing import Any

from sqlglot.optimizer.eliminate_joins import eliminate_joins
from sqlglot.optimizer.eliminate_subqueries import eliminate_subqueries
from sqlglot.optimizer.pushdown_projections import pushdown_projections
from sqlglot.optimizer.qualify import qualify

Tree = Any
"""A node of sqlglot, which has no types of its own."""


def lean(query: Tree, columns: dict[str, list[str]], dialect: Any) -> Tree:  # noqa: ANN401
    """Return the query with one common table expression a step and only the columns that are read.

    Parameters
    ----------
    columns : dict of str to list of str
        The columns of each table that the query may read.
    """
    schema: dict[str, object] = {
        name: dict.fromkeys(names, "text") for name, names in columns.items()
    }
    query = qualify(_listed(query), schema=schema, dialect=dialect, validate_qualify_columns=False)
    query = pushdown_projections(query)
    return eliminate_subqueries(eliminate_joins(query))


def _listed(query: Tree) -> Tree:
    """Return a copy with lists where Ibis has tuples, into which sqlglot does not look."""
    waiting = [query]
    while waiting:
        node = waiting.pop()
        for name, value in list(node.args.items()):
            if isinstance(value, tuple):
                node.set(name, list(value))
            children = value if isinstance(value, (list, tuple)) else [value]
            waiting += [child for child in children if hasattr(child, "args")]
    return query.copy()
