"""What the views of one build share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import pyarrow as pa

from features import contracts, spells, usage, windows
from features.cells import FOREVER, Cells, edges_of
from features.engines import arrow, fork, keep, soon
from features.engines.light import ibis
from features.measures import Measured
from features.presence import Presence, pairs, shape
from features.recipe import Recipe
from features.settings import Settings
from features.views import stored
from features.views.stored import stacked

if TYPE_CHECKING:
    from features.sources import Tables

Leaves = Sequence[Measured]

OF_EVENTS = ("days", "last_day", "users", "earlier_users")
"""Views over the same cells of events."""


@dataclass(frozen=True)
class Scope:
    """What the views of one build share.

    Attributes
    ----------
    as_ofs : tuple of datetime
        The cut-offs, ascending, midnights in UTC.
    kept : ExitStack
        Drops the intermediate tables when the build ends.
    wanted : mapping of str to sequence of Measured
        All that is asked of each view in this build.
    runs : ibis.Table, optional
        `running`, where it is computed already.
    ends : (str, str), optional
        DuckDB's variables that are the first and the last cut-off, where queries are to name those
        and not their days.
    """

    tables: Tables
    settings: Settings
    as_ofs: tuple[datetime, ...]
    kept: ExitStack
    wanted: Mapping[str, Leaves] = field(default_factory=dict)
    runs: ibis.Table | None = None
    ends: tuple[str, str] | None = None

    def keep(self, expression: ibis.Table) -> ibis.Table:
        """Return ``expression`` computed now, kept until the build ends."""
        return keep(self.tables.backend, expression, self.kept)

    @cached_property
    def dates(self) -> ibis.Table:
        """The cut-offs as a table: ``as_of`` and its day ``c``."""
        return windows.cuts(self.as_ofs, Recipe("dates", {}))

    @cached_property
    def cut_days(self) -> tuple[int, ...]:
        """The cut-offs as day numbers, ascending."""
        days = tuple(windows.day_number(as_of) for as_of in self.as_ofs)
        return days if self.ends is None else windows.CutDays.named(days, *self.ends)

    @cached_property
    def running(self) -> ibis.Table:
        """The spells that run at each cut-off, see `spells.running`."""
        if self.runs is not None:
            return self.runs
        return self.keep(spells.running(self.tables, self.settings, self.dates))

    def key_days(self, key: Literal["user_id", "event"], reach: int | None) -> ibis.Table:
        """Return the days on which each user was active, or each event was seen.

        Returns
        -------
        ibis.Table
            ``account_id``, the key, ``day``, ``known``, the first cut-off day at which the
            account, key and day are known; once each.
        """
        if self.tables.digests is not None:
            return self.tables.digests.key_days(key, self.cut_days, reach)
        return usage.days_per(self._key_rows(key, reach), key)

    def _key_rows(self, key: Literal["user_id", "event"], reach: int | None) -> ibis.Table:
        """Return placed rows that have all of `key_days`, some of them more than once."""
        if self.tables.digests is not None:
            part = "user_days" if key == "user_id" else "event_days"
            return self.tables.digests.days(part, self.cut_days, reach)
        if key == "user_id":
            events = spells.activity(self.tables, self.settings)
        else:
            events = self.tables["events"]
        return windows.within(windows.placed(events, "occurred_at"), self.cut_days, reach)

    def activity_days(self) -> ibis.Table:
        """Return each account's active days: ``account_id``, ``day``, ``known``."""
        return spells.activity_days(self.tables, self.settings)

    def at_cuts(self, rows: ibis.Table, cells: Cells, reach: int | None) -> ibis.Table:
        """Return rows of cells at the cut-offs where they count, see `Cells.at_cuts`."""
        return cells.at_cuts(rows, reach)

    @cached_property
    def cells(self) -> Cells:
        """The cells of the windows over account-days; all history where recency is asked.

        Stored days are read again for recency alone: of all history that is two columns.
        """
        views = [view for view in OF_EVENTS if view != "last_day" or not self.day_by_day]
        leaves = [leaf for view in views for leaf in self.wanted.get(view, ())]
        return Cells(self.cut_days, edges(leaves) | {0}, reach(leaves) is None)

    @cached_property
    def event_cells(self) -> ibis.Table:
        """What each account did in each cell, see `usage.event_cells`.

        Where stored days stand in for the events, the same is made of those, without names.
        """
        asked = self.wanted.get("days", ())
        columns = {leaf.column for leaf in asked}
        far = None if self.cells.whole else max(self.cells.edges)
        digests = self.tables.digests
        if digests is not None and digests.has({c[2:] for c in columns if c[1:2] == ":"}):
            of = {c: [leaf for leaf in asked if leaf.column == c] for c in columns}
            reaches = {c: reach(leaves) for c, leaves in of.items()}
            near = day_by_day(of.get("names", []))
            names = self.event_names
            return self.keep(stored.cells(digests, self.cells, reaches, names, near))
        rows = windows.placed(self.tables["events"], "occurred_at")
        rows = windows.within(rows, self.cut_days, far)
        if "names" in columns and self.event_names:
            columns |= {f"w{n}" for n in range(usage.words(self.event_names))}
            rows = usage.with_words(rows, self.event_names)
        activity = spells.activity_names(self.settings)
        found = usage.event_cells(rows, self.cells, activity, columns)
        if "squares" in columns:
            found = stacked(found, self._squares())
        return self.keep(found)

    def _squares(self) -> ibis.Table:
        """Return the squares of each day's events in cells: they need the days one by one."""
        leaves = [leaf for leaf in self.wanted["days"] if leaf.column == "squares"]
        rows = windows.placed(self.tables["events"], "occurred_at")
        rows = windows.within(rows, self.cut_days, reach(leaves))
        rows = rows.select("account_id", "event", "day", "known")
        days = usage.account_days(rows, spells.activity_names(self.settings), ())
        return usage.cells(days.drop("events", "active"), self.cells)

    @cached_property
    def day_by_day(self) -> bool:
        """Whether views start from days, because stored ones stand in for the events."""
        return self.tables.digests is not None

    @cached_property
    def event_names(self) -> tuple[str, ...]:
        """The names that events have; none where they are too many to be bits."""
        if self.tables.digests is not None:
            found = usage.as_bits(self.tables.digests.events)
        else:
            names = self.tables["events"].event.as_table().distinct().limit(usage.MOST_NAMES + 1)
            found = usage.as_bits(arrow(names, "names")["event"].to_pylist())
        fork(self.tables.backend, "names", usage.words(found))
        return found

    @cached_property
    def seen_cells(self) -> Future[pa.Table]:
        """The cells that have events, with the cut-offs at which those are known; to come."""
        return soon(self.event_cells.select(cell="day", first_c="known").distinct(), "pairs")

    @cached_property
    def presence(self) -> Presence | None:
        """The bits of the cells in which users were active; None where they would be too many."""
        seen = pairs(self.seen_cells.result())
        fork(self.tables.backend, "pairs", shape(seen))
        return Presence(self.cells, seen) if shape(seen) else None

    @cached_property
    def user_bits(self) -> ibis.Table:
        """The bits of `presence` of every user, kept for two views."""
        assert self.presence is not None
        far = None if self.cells.whole else max(self.cells.edges)
        if self.tables.digests is None:
            rows = self._key_rows("user_id", far)
        else:
            views = (self.wanted.get(view, ()) for view in ("users", "earlier_users"))
            leaves = [leaf for view in views for leaf in view]
            near = day_by_day(leaves)
            rows = self.tables.digests.newest("user_id", self.cut_days, far, near)
        return self.keep(self.presence.of(rows, "user_id"))

    @cached_property
    def user_cells(self) -> ibis.Table:
        """The cells in which each user was active, kept for two views."""
        return self.keep(self.key_cells("user_id", self.cells))

    def key_cells(self, key: Literal["user_id", "event"], within: Cells) -> ibis.Table:
        """Return `key_days` merged into cells: ``day`` is the cell's first, ``known`` a cut-off."""
        far = None if within.whole else max(within.edges)
        return usage.key_cells(self._key_rows(key, far), key, within)

    @cached_property
    def contracts(self) -> ibis.Table:
        """Every contract at every cut-off at which it is known."""
        return contracts.at_cuts(self.tables["subscriptions"], self.dates)


def reach(leaves: Leaves) -> int | None:
    """Return how many days before the cut-off the longest window begins; None is all."""
    longest = 0
    for leaf in leaves:
        if leaf.days is None:
            return None
        longest = max(longest, leaf.skip + leaf.days)
    return longest


def day_by_day(leaves: Leaves) -> int:
    """Return how many days before the cut-off those windows begin that end before it."""
    return max((leaf.skip + (leaf.days or FOREVER) for leaf in leaves if leaf.skip), default=0)


def edges(leaves: Leaves) -> frozenset[int]:
    """Return how many days before a cut-off the windows begin and end."""
    return edges_of([(leaf.skip, leaf.days) for leaf in leaves])


def in_cells(scope: Scope, days: ibis.Table, leaves: Leaves) -> ibis.Table:
    """Return account-days at the cut-offs, merged first where no window divides them."""
    far = reach(leaves)
    within = Cells(scope.cut_days, edges(leaves), far is None)
    return scope.at_cuts(usage.cells(days, within), within, far)
