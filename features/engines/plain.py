"""What a query says of a table, where that is the same in every run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from features.engines.light import ibis, ops
from features.engines.stored import Lookup


def plain(tables: Mapping[str, ibis.Table], name: str) -> object:
    """Return what a query says of a table of DuckDB and what it knows of it; None for a query."""
    if isinstance(tables, Lookup):
        return tables.stored[name].plain
    return _plain(tables[name])


def _plain(table: Any) -> object:  # noqa: ANN401 - Ibis has no types
    node, dropped = table.op(), []
    while isinstance(node, ops.DropColumns):
        dropped += sorted(node.columns_to_drop)
        node = node.parent
    if not isinstance(node, ops.DatabaseTable):
        return None
    columns = [[column, str(kind)] for column, kind in node.schema.items()]
    return [node.name, node.namespace.catalog, node.namespace.database, columns, dropped]
