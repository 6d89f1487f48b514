"""Ibis on a Spark session, with temporary tables and Arrow."""

from typing import Any

import ibis
from ibis.backends.pyspark import Backend

from features.engines.spark_compiler import Compiler

Thing = Any
"""Something of Spark or Ibis, which have no types here."""


class SparkBackend(Backend):
    """Ibis on Spark with temporary tables, and Arrow without a detour through pandas."""

    compiler = Compiler()

    def create_table(self, name: str, /, obj: Thing = None, **options: Thing) -> ibis.Table:
        """Create a table; a temporary one is computed now, and its plan ends here."""
        if not options.pop("temp", False):
            return super().create_table(name, obj, **options)
        table = obj if isinstance(obj, ibis.Table) else ibis.memtable(obj)
        self.frame(table).localCheckpoint(eager=True).createOrReplaceTempView(name)
        return self.table(name)

    def forget(self, name: str) -> None:
        """Drop a temporary table; its blocks go with the last reference to them."""
        self._session.catalog.dropTempView(name)

    def frame(self, expression: ibis.Table) -> Thing:
        """Return ``expression`` as a data frame of Spark."""
        self._run_pre_execute_hooks(expression)
        return self._session.sql(self.compile(expression))

    def to_pyarrow(self, expr: ibis.Expr, /, **options: Thing) -> Thing:
        """Return the value as Arrow, with the types that Ibis says."""
        table = expr.as_table()
        found = self.frame(table).toArrow()
        schema = table.schema().to_pyarrow()
        return expr.__pyarrow_result__(found.rename_columns(schema.names).cast(schema))


def over(session: Thing) -> SparkBackend:
    """Return Ibis on ``session``."""
    _ = ibis.pyspark  # registers the options that the compiler reads
    backend = SparkBackend()
    backend.do_connect(session)
    return backend
