"""The views over ``events`` in the plainest form, day by day, for SQL that is read by people.

They give what `VIEWS` give, without what makes those fast: a test holds every feature of the one
against the other.
"""

from __future__ import annotations

from features import spells, usage, windows
from features.engines.light import ibis
from features.views import VIEWS, View, messages, product
from features.views.scope import Leaves, Scope, reach
from features.views.stored import stacked
from features.windows import Expression


def days(scope: Scope, leaves: Leaves) -> ibis.Table:
    """Return what each account did each day, and each event's name at the last day seen."""
    asked = [leaf for leaf in leaves if leaf.column != "names"]
    if len(asked) == len(leaves):
        return _sums(scope, leaves)
    seen = _last_of_each(scope, _events(scope), "event", reach(leaves))
    seen = seen.select("c", "account_id", "day", names=ibis.literal(1, "int64"))
    return stacked(_sums(scope, asked), seen) if asked else seen


def _sums(scope: Scope, leaves: Leaves) -> ibis.Table:
    named = sorted({leaf.column[2:] for leaf in leaves if leaf.column[1:2] == ":"})
    rows = windows.within(_events(scope), scope.cut_days, reach(leaves))
    found = usage.account_days(rows, spells.activity_names(scope.settings), named)
    active = (found.active == 1).ifelse(found.day, ibis.null("int64"))
    found = found.mutate(first_day=active, last_day=active)
    return windows.at_cuts(found, scope.dates, reach(leaves))


def last_day(scope: Scope, leaves: Leaves) -> ibis.Table:
    """Return each account's days of activity."""
    return windows.at_cuts(spells.activity_days(scope.tables, scope.settings), scope.dates)


def users(scope: Scope, leaves: Leaves) -> ibis.Table:
    """Return each user at the last day active."""
    rows = _last_of_each(scope, _used(scope), "user_id", reach(leaves))
    return rows.mutate(users=ibis.literal(1, "int64"))


def earlier_users(scope: Scope, leaves: Leaves) -> ibis.Table:
    """Return the users of the 28 days before the last 28, and which of them were kept."""
    rows = windows.at_cuts(_used(scope), scope.dates, reach=56)
    rows = rows.filter(rows.user_id.notnull())
    rows = rows.mutate(late=(rows.day >= rows.c - 28).cast("int64"))
    found = rows.group_by(["c", "account_id", "user_id"]).aggregate(
        day=rows.day.min(), kept=rows.late.max()
    )
    found = found.filter(found.day < found.c - 28)
    return found.mutate(users=ibis.literal(1, "int64"))


def named_days(scope: Scope, leaves: Leaves) -> ibis.Table:
    """Return what each account did of the events each day."""
    return windows.at_cuts(product.day_sums(scope, leaves), scope.dates, reach(leaves))


def last_named(scope: Scope, leaves: Leaves) -> ibis.Table:
    """Return the days of each of the events."""
    return product.by_choice(windows.at_cuts(_events(scope), scope.dates), leaves)


def each_message(scope: Scope, leaves: Leaves) -> ibis.Table:
    """Return the messages with 1 or 0 for each kind that is asked for."""
    rows = windows.placed(scope.tables["messages"], "occurred_at")
    rows = windows.at_cuts(rows, scope.dates, reach(leaves))
    found: dict[str, Expression] = {}
    for column in sorted({leaf.column for leaf in leaves}):
        if column == "messages":
            found[column] = ibis.literal(1, "int64")
        else:
            is_it = messages.inbound(rows) if column == "inbound" else rows.kind == column
            found[column] = is_it.coalesce(False).cast("int64")
    return rows.select("c", "account_id", "day", **found)


def last_message(scope: Scope, leaves: Leaves) -> ibis.Table:
    """Return the days of the messages of each kind."""
    rows = windows.placed(scope.tables["messages"], "occurred_at")
    rows = windows.at_cuts(rows, scope.dates)
    null = ibis.null("int64")
    found: dict[str, Expression] = {}
    for kind in sorted({leaf.column for leaf in leaves}):
        is_it = messages.inbound(rows) if kind == "inbound" else rows.kind == kind
        found[kind] = is_it.coalesce(False).ifelse(rows.day, null)
    return rows.select("c", "account_id", "day", **found)


def _events(scope: Scope) -> ibis.Table:
    return windows.placed(scope.tables["events"], "occurred_at")


def _used(scope: Scope) -> ibis.Table:
    return windows.placed(spells.activity(scope.tables, scope.settings), "occurred_at")


def _last_of_each(scope: Scope, rows: ibis.Table, key: str, reach: int | None) -> ibis.Table:
    """Return each value of ``key`` at the last day it was seen before a cut-off."""
    rows = windows.at_cuts(rows.filter(rows[key].notnull()), scope.dates, reach)
    return rows.group_by(["c", "account_id", key]).aggregate(day=rows.day.max())


PLAIN: dict[str, View] = {
    **VIEWS,
    "days": days,
    "last_day": last_day,
    "users": users,
    "earlier_users": earlier_users,
    "named_days": named_days,
    "last_named": last_named,
    "messages": each_message,
    "last_messages": last_message,
}
"""Every view by the name that measures give; those over small tables are plain already."""
