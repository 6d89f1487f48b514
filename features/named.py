"""Aggregates over some events only, named one by one or by a pattern."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from features.engines.light import ibis
from features.measures import Measured
from features.product_feature import ANY
from features.windows import Expression


def matches(event: Expression, names: Sequence[str]) -> Expression:
    """Return whether an event's name is one of ``names``, in which a ``*`` is any letters."""
    plain = [name for name in names if ANY not in name]
    found = event.isin(plain) if plain else ibis.literal(False)
    for name in names:
        if ANY in name:
            found = found | _fits(event, *name.split(ANY))
    return found


def _fits(event: Expression, head: str, tail: str) -> Expression:
    long_enough = event.length() >= len(head) + len(tail)
    if head:
        long_enough = long_enough & event.startswith(head)
    if tail:
        long_enough = long_enough & event.endswith(tail)
    return long_enough


def slot(column: str, *chosen: object) -> str:
    """Return a column's name for a choice of events: short, whatever their names hold."""
    said = json.dumps(chosen, ensure_ascii=False)
    return f"{column}_{hashlib.sha256(said.encode()).hexdigest()[:12]}"


@dataclass(frozen=True)
class Named(Measured):
    """One aggregate of the days of some events.

    Attributes
    ----------
    events : tuple of str
        Names of the events that count; none for all use.
    """

    events: tuple[str, ...] = ()

    @property
    def slot(self) -> str:
        """The column of the view's rows that is aggregated."""
        return slot(self.column, self.events)

    def aggregate(self, rows: ibis.Table) -> Expression:
        """Return the aggregate as an expression over the view's rows."""
        return getattr(rows[self.slot], self.how)(where=self._inside(rows))


@dataclass(frozen=True)
class PerKey(Named):
    """One aggregate of the uses that each user, or each event's name, has in the window.

    The view's rows are one per key; ``distinct`` counts the keys with any use, ``max`` gives the
    uses of the busiest, ``sum`` the uses of all.
    """

    @property
    def slot(self) -> str:
        """The column of the view's rows that is aggregated: uses in the leaf's own window."""
        return slot(self.column, self.events, self.days, self.skip)

    def aggregate(self, rows: ibis.Table) -> Expression:
        """Return the aggregate as an expression over the view's rows."""
        uses = rows[self.slot]
        if self.how == "distinct":
            return (uses > 0).cast("int64").sum()
        return getattr(uses, self.how)()

    def inside(self, rows: ibis.Table) -> Expression:
        """Return whether a row of the events' days lies in the leaf's window."""
        return self._inside(rows)
