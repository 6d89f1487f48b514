"""What the views of one build share."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

import ibis

from features import contracts, spells, usage, windows
from features.measures import Measured
from features.settings import Settings

if TYPE_CHECKING:
    from features.sources import Tables

Leaves = Sequence[Measured]


@dataclass(frozen=True)
class Scope:
    """What the views of one build share.

    Attributes
    ----------
    as_ofs : tuple of datetime
        The cut-offs, ascending, midnights in UTC.
    kept : ExitStack
        Drops the intermediate tables when the build ends.
    """

    tables: "Tables"
    settings: Settings
    as_ofs: tuple[datetime, ...]
    kept: ExitStack

    def keep(self, expression: ibis.Table) -> ibis.Table:
        """Return ``expression`` computed now, kept until the build ends."""
        backend = self.tables.backend
        name = ibis.util.gen_name("kept")
        table = backend.create_table(name, expression, temp=True)
        # Not `cache()` and not `drop_table()`: with sqlglot 30.30 ibis 12 drops without a name.
        self.kept.callback(backend.raw_sql, f'DROP TABLE IF EXISTS "{name}"')
        return table

    @cached_property
    def dates(self) -> ibis.Table:
        """The cut-offs as a table: ``as_of`` and its day ``c``."""
        return windows.cuts(self.as_ofs)

    @cached_property
    def cut_days(self) -> tuple[int, ...]:
        """The cut-offs as day numbers, ascending."""
        return tuple(windows.day_number(as_of) for as_of in self.as_ofs)

    @cached_property
    def running(self) -> ibis.Table:
        """The spells that run at each cut-off, see `spells.running`."""
        return self.keep(spells.running(self.tables, self.settings, self.dates))

    @cached_property
    def user_days(self) -> ibis.Table:
        """Each user's active days as far back as any window reaches, kept for two views."""
        events = windows.placed(spells.activity(self.tables, self.settings), "occurred_at")
        longest = max([56, *self.settings.snapshots.windows_days])
        return self.keep(usage.days_per(windows.within(events, self.cut_days, longest), "user_id"))

    @cached_property
    def users_seen(self) -> ibis.Table:
        """The user-days with the cut-offs at which each is the user's last."""
        return self.keep(windows.last_seen(self.user_days, ["user_id"]))

    @cached_property
    def contracts(self) -> ibis.Table:
        """Every contract at every cut-off at which it is known."""
        return self.keep(contracts.at_cuts(self.tables["subscriptions"], self.dates))


def reach(leaves: Leaves) -> int | None:
    """Return how many days before the cut-off the longest window begins; None is all."""
    longest = 0
    for leaf in leaves:
        if leaf.days is None:
            return None
        longest = max(longest, leaf.skip + leaf.days)
    return longest


def _edges(leaves: Leaves) -> set[int]:
    edges = {leaf.skip for leaf in leaves}
    return edges | {leaf.skip + (leaf.days or 0) for leaf in leaves}


def in_cells(scope: Scope, days: ibis.Table, leaves: Leaves) -> ibis.Table:
    """Return account-days at the cut-offs, merged first where no window divides them."""
    merged = scope.keep(usage.cells(days, scope.cut_days, _edges(leaves)))
    return windows.at_cuts(merged, scope.dates, reach(leaves))
