"""The expressions of Ibis on PostgreSQL, with DuckDB's results."""

from typing import Any

import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import sqlglot as sg
import sqlglot.expressions as sge
from ibis.backends.sql.compilers.postgres import PostgresCompiler

_SECONDS = {"second": 1, "minute": 60, "hour": 3600}

Sql = Any
"""A node of sqlglot or of Ibis, neither of which has types of its own."""


class Compiler(PostgresCompiler):
    """Where PostgreSQL and DuckDB differ on the same expression, written so that they agree."""

    __slots__ = ()

    def visit_Cast(self, op: ops.Cast, *, arg: Sql, to: dt.DataType) -> Sql:
        """Cast truths to any number: PostgreSQL knows only int4."""
        if op.arg.dtype.is_boolean() and to.is_numeric():
            return self.cast(self.cast(arg, dt.int32), to)
        return super().visit_Cast(op, arg=arg, to=to)

    def visit_Round(self, op: ops.Round, *, arg: Sql, digits: Sql) -> Sql:
        """Round .5 away from zero: PostgreSQL rounds a double to even."""
        if not op.arg.dtype.is_floating() or not _is_zero(op.digits):
            return super().visit_Round(op, arg=arg, digits=digits)
        whole = self.f.trunc(arg)
        beyond = self.f.abs(arg - whole) >= sge.convert(0.5)
        up = self.if_(beyond, self.f.sign(arg), sge.convert(0))
        return self.cast(whole + up, op.dtype)

    def visit_TimestampDelta(self, op: Sql, *, part: Sql, left: Sql, right: Sql) -> Sql:
        """Count the borders of units between two times, not the whole units."""
        unit = part.this if isinstance(part, sge.Expression) else str(part)
        if unit == "day":
            days = self.cast(left, dt.date) - self.cast(right, dt.date)
            return self.cast(days, dt.int64)
        borders = [self.f.date_trunc(sge.convert(unit), side) for side in (left, right)]
        epochs = [sge.Extract(this=sg.to_identifier("epoch"), expression=b) for b in borders]
        return self.cast(sge.paren(epochs[0] - epochs[1]) / _SECONDS[unit], dt.int64)

    visit_DateDelta = visit_TimestampDelta

    def visit_Max(self, op: ops.Max, *, arg: Sql, where: Sql) -> Sql:
        """Aggregate truths as well."""
        name = "bool_or" if op.arg.dtype.is_boolean() else "max"
        return self.agg[name](arg, where=where)

    def visit_Min(self, op: ops.Min, *, arg: Sql, where: Sql) -> Sql:
        """Aggregate truths as well."""
        name = "bool_and" if op.arg.dtype.is_boolean() else "min"
        return self.agg[name](arg, where=where)

    def visit_Sum(self, op: ops.Sum, *, arg: Sql, where: Sql) -> Sql:
        """Add integers up to an integer: PostgreSQL makes a decimal of them."""
        found = super().visit_Sum(op, arg=arg, where=where)
        return self.cast(found, op.dtype) if op.dtype.is_integer() else found

    def visit_ScalarUDF(self, op: Sql, **given: Sql) -> Sql:
        """Count the bits of an integer: PostgreSQL counts those of bits."""
        if self.__sql_name__(op) != "bit_count":
            return super().visit_ScalarUDF(op, **given)
        (number,) = given.values()
        bits = sge.Cast(this=self.cast(number, dt.int64), to=sge.DataType.build("BIT(64)"))
        return self.cast(self.f.anon.bit_count(bits), op.dtype)

    def visit_WindowFunction(self, op: ops.WindowFunction, *, func: Sql, **how: Sql) -> Sql:
        """Put the cast of a sum around its window."""
        if not isinstance(func, sge.Cast):
            return super().visit_WindowFunction(op, func=func, **how)
        return self.cast(super().visit_WindowFunction(op, func=func.this, **how), op.dtype)


def _is_zero(digits: Sql) -> bool:
    return digits is None or (isinstance(digits, ops.Literal) and digits.value == 0)
