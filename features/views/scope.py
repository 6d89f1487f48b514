"""What the views of one build share."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import ibis

from features import contracts, spells, usage, windows
from features.engines import keep
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
        return keep(self.tables.backend, expression, self.kept)

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

    def account_days(self, named: Sequence[str], reach: int | None) -> ibis.Table:
        """Return what each account did each day, see `usage.account_days`.

        Parameters
        ----------
        named : sequence of str
            Events that get columns of their own.
        reach : int or None
            Days before the first cut-off that are wanted; None for all.
        """
        rows = windows.placed(self.tables["events"], "occurred_at")
        rows = windows.within(rows, self.cut_days, reach)
        return usage.account_days(rows, spells.activity_names(self.settings), named)

    def key_days(self, key: Literal["user_id", "event"], reach: int | None) -> ibis.Table:
        """Return the days on which each user was active, or each event was seen.

        Returns
        -------
        ibis.Table
            ``account_id``, the key, ``day``, ``known``, the first cut-off day at which the
            account, key and day are known; once each.
        """
        if key == "user_id":
            events = spells.activity(self.tables, self.settings)
        else:
            events = self.tables["events"]
        rows = windows.within(windows.placed(events, "occurred_at"), self.cut_days, reach)
        return usage.days_per(rows, key)

    def activity_days(self) -> ibis.Table:
        """Return each account's active days: ``account_id``, ``day``, ``known``."""
        return spells.activity_days(self.tables, self.settings)

    @cached_property
    def user_days(self) -> ibis.Table:
        """Each user's active days as far back as any window reaches, kept for two views."""
        longest = max([56, *self.settings.snapshots.windows_days])
        return self.keep(self.key_days("user_id", longest))

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
