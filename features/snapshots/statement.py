"""Features as one SQL statement over the canonical tables."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, get_args

import ibis
import ibis.expr.operations as ops
from ibis.backends.sql.compilers.duckdb import DuckDBCompiler

from features import windows
from features.catalogue import Declaration
from features.engines.postgres_compiler import Compiler as PostgresCompiler
from features.engines.spark_compiler import Compiler as SparkCompiler
from features.settings import Settings
from features.snapshots.build import expression
from features.snapshots.lean import lean
from features.views import Scope
from features.views.plain import PLAIN

if TYPE_CHECKING:
    from features.sources import Tables

Engine = Literal["duckdb", "postgres", "spark"]
ENGINES: tuple[Engine, ...] = get_args(Engine)
COMPILERS: dict[Engine, Any] = {
    "duckdb": DuckDBCompiler,
    "postgres": PostgresCompiler,
    "spark": SparkCompiler,
}


@dataclass(frozen=True)
class WrittenScope(Scope):
    """A scope that computes nothing, so that a snapshot stays one expression."""

    def keep(self, expression: ibis.Table) -> ibis.Table:
        """Return ``expression`` as it is."""
        return expression

    @cached_property
    def dates(self) -> ibis.Table:
        """The cut-offs, written out."""
        rows = [
            ibis.literal(as_of).cast("timestamp(6)").name("as_of").as_table().mutate(c=day)
            for as_of, day in zip(self.as_ofs, self.cut_days, strict=True)
        ]
        return ibis.union(*rows) if len(rows) > 1 else rows[0]


def statement(
    tables: "Tables",
    settings: Settings,
    as_of: datetime,
    declared: Sequence[Declaration],
    engine: Engine = "duckdb",
) -> str:
    """Return SQL that gives ``account_id``, ``as_of`` and the features of every live account.

    It runs as it stands where the canonical tables are: same names, same columns, times in UTC
    without a zone. It is the plain form of what `build` computes, with the same values; accounts
    that were merged are not followed.

    Parameters
    ----------
    as_of : datetime
        Midnight in UTC.
    """
    [instant] = windows.require_midnights([as_of])
    plain = replace(tables, tables={n: t for n, t in tables.tables.items() if n != "identities"})
    with ExitStack() as nothing:
        scope = WrittenScope(plain, settings, (instant,), nothing)
        rows = expression(scope, declared, lambda what, done, steps: None, PLAIN)
    rows = rows.select("account_id", "as_of", *(d.feature.name for d in declared))
    rows = rows.order_by("as_of", "account_id")
    if engine == "spark":
        ibis.pyspark  # noqa: B018 - registers the options that the compiler reads
    compiler = COMPILERS[engine]()
    columns = {name: list(table.columns) for name, table in plain.tables.items()}
    tree = lean(compiler.to_sqlglot(_unbound(rows)), columns, compiler.dialect)
    return f"{tree.sql(dialect=compiler.dialect, pretty=True)}\n"


def _unbound(rows: ibis.Table) -> ibis.Table:
    """Return the expression over tables that go by their bare names."""

    def bare(node: Any, inputs: dict[str, Any] | None, **given: Any) -> Any:  # noqa: ANN401
        node = node.__recreate__(inputs) if inputs else node
        if isinstance(node, ops.DatabaseTable):
            return ops.UnboundTable(name=node.name, schema=node.schema)
        return node

    return rows.op().replace(bare).to_expr()
