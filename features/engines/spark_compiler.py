"""The expressions of Ibis on Spark, with DuckDB's results."""

from types import MappingProxyType
from typing import Any

import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import sqlglot.expressions as sge
from ibis.backends.sql.compilers.base import NULL
from ibis.backends.sql.compilers.pyspark import PySparkCompiler

Sql = Any
"""A node of sqlglot or of Ibis, neither of which has types of its own."""


class Compiler(PySparkCompiler):
    """Where Spark and DuckDB differ on the same expression, written so that they agree."""

    __slots__ = ()

    SIMPLE_OPS = MappingProxyType(
        {ops.BitAnd: "bit_and", ops.BitOr: "bit_or", ops.BitXor: "bit_xor"}
    )

    def visit_NonNullLiteral(self, op: Sql, *, value: Sql, dtype: dt.DataType) -> Sql:
        """Write a time as the type of canonical tables: without a zone."""
        if dtype.is_timestamp():
            text = value.replace(tzinfo=None).isoformat(sep=" ")
            return self.cast(sge.convert(text), dt.timestamp)
        return super().visit_NonNullLiteral(op, value=value, dtype=dtype)

    def visit_CountStar(self, op: ops.CountStar, *, arg: Sql, where: Sql) -> Sql:
        """Count 0, not null, where the condition is null in every row."""
        if where is None:
            return super().visit_CountStar(op, arg=arg, where=where)
        return self.f.count(self.if_(where, sge.convert(1), NULL))

    def visit_IsNull(self, op: ops.IsNull, *, arg: Sql) -> Sql:
        """Keep NaN and null apart, as the other engines do."""
        return arg.is_(NULL)

    def visit_NotNull(self, op: ops.NotNull, *, arg: Sql) -> Sql:
        """Keep NaN and null apart, as the other engines do."""
        return sge.Not(this=arg.is_(NULL))

    def visit_TimestampDelta(self, op: Sql, *, part: Sql, left: Sql, right: Sql) -> Sql:
        """Count the borders of units between two times, not the whole units."""
        unit = part.this if isinstance(part, sge.Expression) else str(part)
        if unit == "day":
            days = self.f.anon.date_diff(self.cast(left, dt.date), self.cast(right, dt.date))
            return self.cast(days, dt.int64)
        borders = [self.f.anon.date_trunc(sge.convert(unit), side) for side in (right, left)]
        return self.f.anon.timestampdiff(sge.Var(this=unit.upper()), *borders)

    visit_DateDelta = visit_TimestampDelta

    def visit_IntervalFromInteger(self, op: Sql, *, arg: Sql, unit: Sql) -> Sql:
        """Make an interval of days without a detour through text."""
        if unit.short != "D":
            return super().visit_IntervalFromInteger(op, arg=arg, unit=unit)
        return self.f.anon.make_dt_interval(self.cast(arg, dt.int32))
