"""What a query says of a table, where that is the same in every run."""

from typing import Any

import ibis.expr.operations as ops


def plain(table: Any) -> object:  # noqa: ANN401 - Ibis has no types
    """Return what a query says of a table of DuckDB and what it knows of it; None for a query."""
    node, dropped = table.op(), []
    while isinstance(node, ops.DropColumns):
        dropped += sorted(node.columns_to_drop)
        node = node.parent
    if not isinstance(node, ops.DatabaseTable):
        return None
    columns = [[column, str(kind)] for column, kind in node.schema.items()]
    return [node.name, node.namespace.catalog, node.namespace.database, columns, dropped]
