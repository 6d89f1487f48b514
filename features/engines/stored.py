"""The embedded DuckDB and its tables, of which Ibis learns when a query is to be written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import duckdb

from features.engines.light import ibis, ops

if TYPE_CHECKING:
    from ibis.backends import BaseBackend

_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_KINDS = {
    **dict.fromkeys((*_WHOLE, *(f"U{kind}" for kind in _WHOLE)), "number"),
    **dict.fromkeys(("FLOAT", "DOUBLE", "DECIMAL"), "number"),
    "BOOLEAN": "truth",
    "VARCHAR": "text",
}


class Embedded:
    """Ibis on a connection to DuckDB, made when it is first asked for more than the connection.

    Attributes
    ----------
    con : duckdb.DuckDBPyConnection
    notes : dict
        What a build notes down on its way, see `notes`.
    """

    name = "duckdb"

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con
        self.notes: dict[str, Any] = {}

    @classmethod
    def over(cls, con: duckdb.DuckDBPyConnection) -> Embedded:
        """Return the one of a connection."""
        return _OVER.setdefault(con, cls(con))

    @cached_property
    def ibis(self) -> BaseBackend:
        """Ibis' own backend on the same connection, with the same notes."""
        # This connection may be at work and would refuse; what Ibis sets there `connect` has set.
        backend = ibis.duckdb.from_connection(self.con.cursor())
        backend.con = self.con
        vars(backend)["notes"] = self.notes
        return backend

    def __getattr__(self, attribute: str) -> Any:  # noqa: ANN401 - Ibis has no types
        """Return what Ibis' own backend has of that name."""
        return getattr(self.ibis, attribute)


_OVER: WeakValueDictionary[duckdb.DuckDBPyConnection, Embedded] = WeakValueDictionary()


def notes(backend: BaseBackend | Embedded) -> dict[str, Any]:
    """Return what is noted of a database while it is at work, whichever of the two is asked.

    Two databases in memory are equal to Ibis, so no dictionary tells them apart.
    """
    found: dict[str, Any] = vars(backend).setdefault("notes", {})
    return found


def to_ibis(backend: BaseBackend | Embedded) -> BaseBackend:
    """Return what Ibis knows the database as."""
    return backend.ibis if isinstance(backend, Embedded) else backend


@dataclass(frozen=True)
class Stored:
    """A table or view of the embedded DuckDB as queries name it.

    Attributes
    ----------
    schema : str or None
        DuckDB's schema; None for its own.
    described : tuple of (str, str, bool)
        Each column with its type and whether it may be null.
    hidden : frozenset of str
        Columns that no query may read.
    """

    backend: Embedded
    name: str
    schema: str | None
    described: tuple[tuple[str, str, bool], ...]
    hidden: frozenset[str] = frozenset()

    @classmethod
    def of(cls, backend: Embedded, name: str, schema: str | None = None) -> Stored:
        """Return the table that is called so, looked up now."""
        rows = backend.con.execute(f"DESCRIBE {_place(schema, name)}").fetchall()
        return cls(backend, name, schema, tuple((row[0], row[1], row[2] == "YES") for row in rows))

    def without(self, hidden: Iterable[str]) -> Stored:
        """Return the table without some columns."""
        return replace(self, hidden=self.hidden | frozenset(hidden))

    def count(self) -> int:
        """Return how many rows the table has now."""
        query = f"SELECT count(*) FROM {_place(self.schema, self.name)}"
        return int(self.backend.con.execute(query).fetchall()[0][0])

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(name for name, *_ in self.described if name not in self.hidden)

    @property
    def kinds(self) -> dict[str, str]:
        """What each column holds: ``number``, ``truth``, ``text`` or DuckDB's word for it."""
        read = {name: kind for name, kind, _ in self.described if name not in self.hidden}
        return {name: _KINDS.get(kind.partition("(")[0], kind) for name, kind in read.items()}

    @property
    def plain(self) -> object:
        """What queries say of the table and what they know of it, as JSON."""
        return [self.name, self.schema, self.described, sorted(self.hidden)]

    @cached_property
    def expression(self) -> ibis.Table:
        """The table to Ibis; the connection, which may be at work, is not asked again."""
        read = self.backend.compiler.type_mapper.from_string
        kinds = {name: read(kind, nullable=null) for name, kind, null in self.described}
        table = ops.DatabaseTable(
            name=self.name,
            schema=ibis.schema(kinds),
            source=self.backend.ibis,
            namespace=ops.Namespace(database=self.schema),
        ).to_expr()
        return table.drop(*sorted(self.hidden))


def _place(schema: str | None, name: str) -> str:
    return ".".join('"' + part.replace('"', '""') + '"' for part in (schema, name) if part)


class Lookup(Mapping[str, "ibis.Table"]):
    """Tables of the embedded DuckDB by the names that they have here."""

    def __init__(self, stored: Mapping[str, Stored]) -> None:
        self.stored = dict(stored)

    def __getitem__(self, name: str) -> ibis.Table:
        """Return the table to Ibis."""
        return self.stored[name].expression

    def __iter__(self) -> Iterator[str]:
        """Return the names."""
        return iter(self.stored)

    def __len__(self) -> int:
        """Return how many tables there are."""
        return len(self.stored)


def kinds(tables: Mapping[str, ibis.Table], name: str) -> dict[str, str]:
    """Return what each column of the table ``name`` holds: ``number``, ``truth``, ``text``, …."""
    if isinstance(tables, Lookup):
        return tables.stored[name].kinds
    return {column: _kind(kind) for column, kind in tables[name].schema().items()}


def _kind(kind: Any) -> str:  # noqa: ANN401 - Ibis has no types
    if kind.is_numeric():
        return "number"
    if kind.is_boolean():
        return "truth"
    return "text" if kind.is_string() else str(kind)


def columns(tables: Mapping[str, ibis.Table], name: str) -> tuple[str, ...]:
    """Return the columns of the table ``name``, without Ibis where that is not needed."""
    if isinstance(tables, Lookup):
        return tables.stored[name].columns
    return tuple(tables[name].columns)
