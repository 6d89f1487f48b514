"""A PostgreSQL database that checks and computes for us, in temporary relations."""

import re
import weakref
from collections.abc import Callable
from functools import partial
from typing import Any

import psycopg
import pyarrow as pa
from sqlglot import exp

from features.engines import translation
from features.engines.database import Database, Rows
from features.engines.postgres import over
from features.engines.postgres_dialect import DUCK_TYPES, FUNCTIONS, rewritten
from features.errors import TableError

_SESSION = (
    "SET TIME ZONE 'UTC'",
    # One plan a query, so compiling it costs more than it gives; and rows in the order they lie.
    "SET jit = off",
    "SET synchronize_seqscans = off",
    "SET client_min_messages = error",
)
_BY_CODE_POINT = ("C.UTF-8", "C.utf8", "pg_c_utf8", "C")
"""Collations that order by code point, best first: the first three know all letters' cases."""

Explain = Callable[[Exception], TableError]


class PostgresDatabase(Database):
    """One connection; its temporary relations are gone when it closes.

    Parameters
    ----------
    url : str
        ``postgresql://user:password@host:5432/database``.
    explained : callable
        Makes our error of psycopg's, without the password.
    """

    def __init__(self, url: str, explained: Explain) -> None:
        super().__init__()
        self._explained = explained
        try:
            self.connection = psycopg.connect(url, autocommit=True)
        except psycopg.Error as error:
            raise explained(error) from None
        try:
            self._prepare()
        except BaseException:
            self.connection.close()
            raise
        self.backend = over(self.connection)
        weakref.finalize(self.backend, self.connection.close)

    def _prepare(self) -> None:
        for statement in _SESSION:
            self._run(statement)
        encoding = self._run("SHOW server_encoding").fetchall()[0][0]
        if encoding != "UTF8":
            raise TableError(
                "a PostgreSQL database in UTF8, so that texts are ordered alike everywhere",
                f"one in {encoding}",
                'Set [data].engine = "duckdb": it reads the tables and computes by itself.',
            )
        there = {row[0] for row in self._run("SELECT collname FROM pg_collation").fetchall()}
        self._collation = next(name for name in _BY_CODE_POINT if name in there)
        try:
            for function in FUNCTIONS:
                self._run(function)
        except psycopg.errors.InsufficientPrivilege as error:
            raise TableError(
                "the right to make temporary tables in the PostgreSQL database",
                str(error).strip(),
                "GRANT TEMPORARY ON DATABASE … TO that user; nothing else is ever written.",
            ) from None

    def _run(self, statement: str) -> psycopg.Cursor[Any]:
        try:
            return self.connection.execute(statement.encode())
        except psycopg.errors.InsufficientPrivilege:
            raise
        except psycopg.Error as error:
            raise self._explained(error) from None

    def called(self, schema: str, name: str) -> str:
        """Return what the relation ``schema.name`` of the checks is called here."""
        return f"kenshin_{schema}_{re.sub(r'[^a-z0-9]+', '_', name.lower())}"

    def in_words(self, tree: exp.Expr) -> str:
        """Return a query's tree as PostgreSQL's SQL."""
        rewrite = partial(rewritten, collation=self._collation)
        return translation.rewritten(tree, rewrite).sql("postgres")

    def fetch(self, query: str) -> Rows:
        """Return the rows of a query."""
        found = self._run(query)
        return Rows(found.fetchall(), [column.name for column in found.description or ()])

    def arrow(self, query: str, most: int) -> pa.Table:
        """Return up to ``most`` rows of a query whose columns are texts or whole numbers."""
        found = self._run(f"SELECT * FROM ({query}) q LIMIT {most}")
        names = [column.name for column in found.description or ()]
        kinds = {name: pa.int64() if name == "row" else pa.string() for name in names}
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        return pa.Table.from_pylist(rows, schema=pa.schema(list(kinds.items())))

    def put(self, kind: str, name: str, query: str) -> None:
        """Create a temporary relation, with statistics where it holds rows."""
        if kind == "TABLE":
            self._run(f'CREATE TEMPORARY TABLE "{name}" AS {query}')
            self._run(f'ANALYZE "{name}"')
        else:
            self._run(f'DROP VIEW IF EXISTS "{name}"')
            self._run(f'CREATE TEMPORARY VIEW "{name}" AS {query}')

    def add(self, name: str, query: str) -> None:
        """Add the rows of a query to a temporary table."""
        self._run(f'INSERT INTO "{name}" {query}')

    def types(self, query: str) -> dict[str, str]:
        """Return the columns of a query with DuckDB's types."""
        described = self._run(f"SELECT * FROM ({query}) q LIMIT 0").description or ()
        names = {oid: kind for kind, oid in self._types().items()}
        return {
            column.name: DUCK_TYPES.get(names.get(column.type_code, ""), "VARCHAR")
            for column in described
        }

    def _types(self) -> dict[str, int]:
        return {kind: self.connection.adapters.types[kind].oid for kind in DUCK_TYPES}

    def physical(self, relation: str) -> bool:
        """Return whether ``relation`` is a table whose rows lie in an order of their own."""
        found = self._run(
            f"SELECT relkind FROM pg_class WHERE oid = to_regclass({_text(relation)})"
        ).fetchall()
        return bool(found) and found[0][0] in ("r", "m", b"r", b"m")


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
