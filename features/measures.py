"""How a value is measured, as data: one aggregate of a view's rows, and arithmetic over those.

A view is a source table joined with the cut-offs: rows that count at ``c``, each with its ``day``.
`Measured` aggregates a view's column over a window; the other classes combine. Nothing here reads
a table: `catalogue` declares measures, `snapshots` gathers the aggregates of all of them, computes
them in one pass per view, and asks each measure for its value over the resulting row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Literal, Protocol

from features.engines.light import ibis
from features.usage import is_word, ones
from features.windows import Expression

How = Literal["sum", "max", "min", "distinct"]


@dataclass(frozen=True)
class Measured:
    """One aggregate of a view's rows per account and cut-off.

    Attributes
    ----------
    view, column : str
        Which rows and which of their columns; `ibis` sums integers only, so that no order of
        rows can change a sum.
    days : int or None
        Length of the window; None for all that is known.
    skip : int
        The window ends so many days before the cut-off: ``[c − skip − days, c − skip)``.
    empty : int or None
        The value where no row lies in the window: 0 for what could have happened and did not,
        None for what is unknown without a row.
    """

    view: str
    column: str
    days: int | None = None
    skip: int = 0
    how: How = "sum"
    empty: int | None = 0

    def aggregate(self, rows: ibis.Table) -> Expression:
        """Return the aggregate as an expression over the view's rows."""
        column = rows[self.column]
        inside = self._inside(rows)
        if self.how == "distinct":
            return column.nunique(where=inside)
        return getattr(column, self.how)(where=inside)

    def _inside(self, rows: ibis.Table) -> Expression:
        inside = None
        if self.days is not None:
            inside = rows.day >= rows.c - (self.skip + self.days)
        if self.skip:
            before = rows.day < rows.c - self.skip
            inside = before if inside is None else inside & before
        return inside

    def leaves(self) -> Iterator[Measured]:
        """Return the aggregates this needs."""
        yield self

    def of(self, row: ibis.Table, names: Mapping[Measured, str]) -> Expression:
        """Return the value as an expression over the joined row."""
        value = row[names[self]]
        return value if self.empty is None else value.coalesce(self.empty)


@dataclass(frozen=True)
class Names(Measured):
    """How many different names of events lie in the window.

    The view has them as bits of the integers ``w0``, ``w1``, …, or, where there are too many, as
    ``names``: 1 in the row where each was last seen.
    """

    def aggregate(self, rows: ibis.Table) -> Expression:
        """Return the aggregate as an expression over the view's rows."""
        inside = self._inside(rows)
        words = [name for name in rows.columns if is_word(name)]
        if not words:
            return rows.names.sum(where=inside)
        seen = [ones(rows[word].bit_or(where=inside)).coalesce(0) for word in words]
        return reduce(lambda one, other: one + other, seen)


class Measure(Protocol):
    """Anything that has a value per account and cut-off."""

    def leaves(self) -> Iterator[Measured]:
        """Return the aggregates this needs."""

    def of(self, row: ibis.Table, names: Mapping[Measured, str]) -> Expression:
        """Return the value as an expression over the joined row."""


@dataclass(frozen=True)
class Held:
    """A fact of the live account itself: plan, seats, tenure."""

    name: str

    def leaves(self) -> Iterator[Measured]:
        """Return the aggregates this needs."""
        return iter(())

    def of(self, row: ibis.Table, names: Mapping[Measured, str]) -> Expression:
        """Return the value as an expression over the joined row."""
        return row[self.name]


@dataclass(frozen=True)
class Constant:
    """A number that is the same for all."""

    number: int

    def leaves(self) -> Iterator[Measured]:
        """Return the aggregates this needs."""
        return iter(())

    def of(self, row: ibis.Table, names: Mapping[Measured, str]) -> Expression:
        """Return the value as an expression over the joined row."""
        return ibis.literal(self.number, "int64")


@dataclass(frozen=True)
class Times:
    """``one · other``; missing where either is."""

    one: Measure
    other: Measure

    def leaves(self) -> Iterator[Measured]:
        """Return the aggregates this needs."""
        yield from self.one.leaves()
        yield from self.other.leaves()

    def of(self, row: ibis.Table, names: Mapping[Measured, str]) -> Expression:
        """Return the value as an expression over the joined row."""
        one = self.one.of(row, names).cast("float64")
        return one * self.other.of(row, names).cast("float64")


@dataclass(frozen=True)
class Over:
    """A measure divided by a constant, to change its unit."""

    measure: Measure
    divisor: float

    def leaves(self) -> Iterator[Measured]:
        """Return the aggregates this needs."""
        return self.measure.leaves()

    def of(self, row: ibis.Table, names: Mapping[Measured, str]) -> Expression:
        """Return the value as an expression over the joined row."""
        return self.measure.of(row, names).cast("float64") / self.divisor


@dataclass(frozen=True)
class Share:
    """``part / whole``; missing where the whole is zero or missing."""

    part: Measure
    whole: Measure
    most: float | None = None

    def leaves(self) -> Iterator[Measured]:
        """Return the aggregates this needs."""
        yield from self.part.leaves()
        yield from self.whole.leaves()

    def of(self, row: ibis.Table, names: Mapping[Measured, str]) -> Expression:
        """Return the value as an expression over the joined row."""
        part = self.part.of(row, names).cast("float64")
        share = part / self.whole.of(row, names).cast("float64").nullif(0.0)
        # `least` ignores nulls on some engines, so the null is kept by hand.
        return share if self.most is None else (share > self.most).ifelse(self.most, share)


@dataclass(frozen=True)
class Change:
    """``now / before − 1``; missing where there is no before, or the account is too young for it.

    Attributes
    ----------
    tenure_days : int
        Age the account needs for the two periods to be comparable.
    """

    now: Measure
    before: Measure
    tenure_days: int = 0

    def leaves(self) -> Iterator[Measured]:
        """Return the aggregates this needs."""
        yield from self.now.leaves()
        yield from self.before.leaves()

    def of(self, row: ibis.Table, names: Mapping[Measured, str]) -> Expression:
        """Return the value as an expression over the joined row."""
        before = self.before.of(row, names).cast("float64").nullif(0.0)
        change = (self.now.of(row, names).cast("float64") - before) / before
        if not self.tenure_days:
            return change
        return (row.tenure_days >= self.tenure_days).ifelse(change, ibis.null("float64"))


@dataclass(frozen=True)
class Minus:
    """``one − other``; missing where either is."""

    one: Measure
    other: Measure

    def leaves(self) -> Iterator[Measured]:
        """Return the aggregates this needs."""
        yield from self.one.leaves()
        yield from self.other.leaves()

    def of(self, row: ibis.Table, names: Mapping[Measured, str]) -> Expression:
        """Return the value as an expression over the joined row."""
        return self.one.of(row, names) - self.other.of(row, names)


@dataclass(frozen=True)
class DaysSince:
    """Whole days from the measured day to the cut-off: 1 for yesterday."""

    day: Measure

    def leaves(self) -> Iterator[Measured]:
        """Return the aggregates this needs."""
        return self.day.leaves()

    def of(self, row: ibis.Table, names: Mapping[Measured, str]) -> Expression:
        """Return the value as an expression over the joined row."""
        return row.c - self.day.of(row, names)


@dataclass(frozen=True)
class Known:
    """1 where the measure has a value, else 0; or the other way round."""

    measure: Measure
    known: bool = True

    def leaves(self) -> Iterator[Measured]:
        """Return the aggregates this needs."""
        return self.measure.leaves()

    def of(self, row: ibis.Table, names: Mapping[Measured, str]) -> Expression:
        """Return the value as an expression over the joined row."""
        value = self.measure.of(row, names)
        return (value.notnull() if self.known else value.isnull()).cast("int64")


@dataclass(frozen=True)
class ZeroIfMissing:
    """The measure, or 0 where it has no value."""

    measure: Measure

    def leaves(self) -> Iterator[Measured]:
        """Return the aggregates this needs."""
        return self.measure.leaves()

    def of(self, row: ibis.Table, names: Mapping[Measured, str]) -> Expression:
        """Return the value as an expression over the joined row."""
        return self.measure.of(row, names).coalesce(0)
