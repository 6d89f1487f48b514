"""A database that checks speak to as they do to DuckDB, and that computes in its own place."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from features.engines import translation
from features.engines.light import exp

if TYPE_CHECKING:
    from ibis.backends import BaseBackend

MOST_QUARANTINED = 100_000
"""So many rows are fetched for a quarantine file at most; all stay where they are anyway."""

_DESCRIBE = re.compile(r"^SELECT column_name, column_type FROM \(DESCRIBE (.*)\)$", re.S)
_COPY = re.compile(r"^COPY \((.*)\) TO '(.*)' \(FORMAT parquet\)$", re.S)
_TABLES = "FROM duckdb_tables()"


class Rows:
    """What a query found."""

    def __init__(self, rows: Iterable[tuple[Any, ...]] = (), names: Iterable[str] = ()) -> None:
        self._rows = list(rows)
        self.description = [(name,) for name in names]

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return the rows."""
        return self._rows


class Database(ABC):
    """PostgreSQL or Spark behind the two calls the checks make: ``execute`` and ``fetchall``.

    Queries come in DuckDB's SQL. The relations of its schemas ``raw``, ``typed`` and ``main`` are
    temporary relations of this session; nothing of the database's own is changed.

    Attributes
    ----------
    backend : ibis.backends.BaseBackend
        Ibis on the same session.
    """

    backend: BaseBackend

    def __init__(self) -> None:
        self._created: set[str] = set()

    def execute(self, query: str) -> Rows:
        """Run ``query``, written for DuckDB."""
        if (described := _DESCRIBE.match(query)) is not None:
            return Rows(self.described(described.group(1)).items())
        if (copied := _COPY.match(query)) is not None:
            self._copy(copied.group(1), copied.group(2).replace("''", "'"))
            return Rows()
        if _TABLES in query:
            named = " UNION ALL ".join(f"SELECT '{t}' AS table_name" for t in sorted(self._created))
            query = query.replace(_TABLES, f"FROM ({named or 'SELECT NULL AS table_name'}) t")
        tree = translation.parsed(query)
        if isinstance(tree, exp.Create):
            self._create(tree)
            return Rows()
        if isinstance(tree, exp.Insert):
            self.add(self.called(tree.this.db, tree.this.name), self.written(tree.expression))
            return Rows()
        return self.fetch(self.written(tree))

    def written(self, tree: exp.Expr) -> str:
        """Return a query in this database's own SQL."""
        return self.in_words(translation.flattened(tree, self.called))

    @abstractmethod
    def called(self, schema: str, name: str) -> str:
        """Return what the relation ``schema.name`` of the checks is called here."""

    @abstractmethod
    def in_words(self, tree: exp.Expr) -> str:
        """Return a query's tree as this database's SQL."""

    @abstractmethod
    def fetch(self, query: str) -> Rows:
        """Return the rows of a query in this database's SQL."""

    @abstractmethod
    def arrow(self, query: str, most: int) -> pa.Table:
        """Return up to ``most`` rows of a query whose columns are texts or whole numbers."""

    @abstractmethod
    def put(self, kind: str, name: str, query: str) -> None:
        """Create the temporary TABLE or VIEW ``name`` from a query in this database's SQL."""

    @abstractmethod
    def add(self, name: str, query: str) -> None:
        """Add the rows of a query in this database's SQL to the temporary table ``name``."""

    @abstractmethod
    def types(self, query: str) -> dict[str, str]:
        """Return the columns of a query in this database's SQL with DuckDB's types."""

    def _create(self, tree: exp.Create) -> None:
        name = tree.this.name
        if tree.args.get("exists") and name in self._created:
            return
        kind, called = str(tree.args["kind"]), self.called(tree.this.db, name)
        self.put(kind, called, self.written(tree.expression))
        self._created.add(name)

    def described(self, relation: str) -> dict[str, str]:
        """Return the columns of a relation or query of the checks with DuckDB's types."""
        inside = relation if " " in relation.strip() else f"SELECT * FROM {relation}"
        return self.types(self.written(translation.parsed(inside)))

    def _copy(self, query: str, file: str) -> None:
        tree = translation.parsed(query)
        parts = list(_parts(tree))
        tables = [self.arrow(self.written(part.copy()), MOST_QUARANTINED) for part in parts]
        pq.write_table(pa.concat_tables(tables, promote_options="default"), file)


def _parts(tree: exp.Expr) -> Iterable[exp.Expr]:
    """Return the selects of a union by name."""
    if isinstance(tree, exp.Union) and tree.args.get("by_name"):
        yield from _parts(tree.this)
        yield from _parts(tree.expression)
    else:
        yield tree
