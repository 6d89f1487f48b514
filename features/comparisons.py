"""Measures that average, and hold an account against its own past or others of its plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce

from features.engines.light import ibis
from features.measures import Measure, Measured
from features.named import slot
from features.windows import Expression

PLAN = "plan"
"""What makes accounts peers: a fact that the live accounts hold."""


@dataclass(frozen=True)
class Mean:
    """The mean of measures; missing where one of them is."""

    parts: tuple[Measure, ...]

    def leaves(self) -> Iterator[Measured]:
        """Return the aggregates this needs."""
        for part in self.parts:
            yield from part.leaves()

    def of(self, row: ibis.Table, names: Mapping[Measured, str]) -> Expression:
        """Return the value as an expression over the joined row."""
        values = [part.of(row, names).cast("float64") for part in self.parts]
        return _sum(values) / float(len(values))


@dataclass(frozen=True)
class ByChance:
    """``(now − e) / √(e + 1)``: how far a count is from what it was, by how far chance moves it.

    What happens ``e`` times on average strays from that by about the root of ``e``; the 1 keeps
    the comparison where it never happened. ``e`` is the mean of those windows before that lie
    wholly in the present spell; missing where none does. The root of a double is rounded alike by
    every engine, as sums, differences and quotients are.

    Attributes
    ----------
    now : Measure
    before : tuple of Measure
        The same count in the windows before, the latest first.
    days : int
        Length of each window.
    """

    now: Measure
    before: tuple[Measure, ...]
    days: int

    def leaves(self) -> Iterator[Measured]:
        """Return the aggregates this needs."""
        for part in (self.now, *self.before):
            yield from part.leaves()

    def of(self, row: ibis.Table, names: Mapping[Measured, str]) -> Expression:
        """Return the value as an expression over the joined row."""
        lived = [row.tenure_days >= self.days * ago for ago in range(2, len(self.before) + 2)]
        counts = [
            inside.ifelse(part.of(row, names).cast("int64"), 0)
            for inside, part in zip(lived, self.before, strict=True)
        ]
        windows = _sum(inside.cast("int64") for inside in lived).nullif(0)
        mean = _sum(counts).cast("float64") / windows.cast("float64")
        return (self.now.of(row, names).cast("float64") - mean) / (mean + 1.0).sqrt()


def _sum(parts: Iterable[Expression]) -> Expression:
    return reduce(lambda one, other: one + other, parts)


@dataclass(frozen=True)
class AgainstPeers:
    """A measure over the median of the live accounts of the same plan at the same cut-off.

    The median is the lower one, a value that some account has, so that every engine finds the same.
    Missing without a value or a plan, where fewer than ``least`` accounts of the plan have a value
    (this one among them), and where the median is 0.
    """

    measure: Measure
    least: int

    def leaves(self) -> Iterator[Measured]:
        """Return the aggregates this needs."""
        return self.measure.leaves()

    @property
    def median(self) -> str:
        """The column that `with_medians` adds."""
        return slot("median", repr(self.measure))

    @property
    def peers(self) -> str:
        """The column of how many accounts of the plan have a value."""
        return slot("peers", repr(self.measure))

    def of(self, row: ibis.Table, names: Mapping[Measured, str]) -> Expression:
        """Return the value as an expression over the joined row, once it has the medians."""
        value = self.measure.of(row, names).cast("float64") / row[self.median].nullif(0.0)
        return (row[self.peers] >= self.least).ifelse(value, ibis.null("float64"))


def with_medians(
    row: ibis.Table, measures: Iterable[Measure], names: Mapping[Measured, str]
) -> ibis.Table:
    """Return the joined row of all live accounts with the medians that `measures` ask for."""
    wanted = {m.median: m for m in measures if isinstance(m, AgainstPeers)}
    found = row
    for against in wanted.values():
        c, plan = f"{against.median}_c", f"{against.median}_plan"
        medians = _medians(row, against, names).rename({c: "c", plan: PLAN})
        found = found.left_join(medians, [found.c == medians[c], found[PLAN] == medians[plan]])
        found = found.drop(c, plan)
    return found


def _medians(row: ibis.Table, against: AgainstPeers, names: Mapping[Measured, str]) -> ibis.Table:
    """Return the lower median and the number of values per cut-off and plan."""
    value = against.measure.of(row, names).cast("float64")
    rows = row.select("c", PLAN, "account_id", value=value)
    rows = rows.filter(rows.value.notnull() & rows[PLAN].notnull())
    plan = ibis.window(group_by=["c", PLAN])
    ordered = ibis.window(group_by=["c", PLAN], order_by=["value", "account_id"])
    rows = rows.mutate(place=ibis.row_number().over(ordered), values=rows.value.count().over(plan))
    middle = rows.place == (rows["values"] - 1) // 2
    return rows.group_by(["c", PLAN]).aggregate(
        **{against.median: rows.value.max(where=middle), against.peers: rows.count()}
    )
