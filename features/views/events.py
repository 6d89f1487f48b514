"""The views over ``events``: what each account did in cells of days, recency, users."""

import ibis

from features import usage, windows
from features.cells import Cells
from features.views.scope import Leaves, Scope, edges, reach, stacked


def days(scope: Scope, leaves: Leaves) -> ibis.Table:
    """Return what each account did, in cells of days."""
    rows = scope.at_cuts(scope.event_cells, scope.cells, reach(leaves))
    rows = usage.added_up(rows.drop("known"), ["c", "account_id", "day"])
    names = [leaf for leaf in leaves if leaf.column == "names"]
    return stacked(rows, _names(scope, names)) if names and not scope.event_names else rows


def _names(scope: Scope, leaves: Leaves) -> ibis.Table:
    """Return each event name at the last cell seen, where they are too many to be bits."""
    within = Cells(scope.cut_days, edges(leaves), reach(leaves) is None)
    seen = windows.last_seen(scope.key_cells("event", within), ["event"])
    rows = windows.seen_at(seen, scope.dates, reach(leaves))
    return rows.select("c", "account_id", "day", names=ibis.literal(1, "int64"))


def last_day(scope: Scope, leaves: Leaves) -> ibis.Table:
    """Return each account's last day of activity."""
    cells = scope.event_cells.filter(scope.event_cells.last_day.notnull())
    active = cells.select("account_id", "known", day="last_day")
    return windows.seen_at(windows.last_seen(active, []), scope.dates)


def users(scope: Scope, leaves: Leaves) -> ibis.Table:
    """Return each user at the last cell active."""
    seen = windows.last_seen(scope.user_cells, ["user_id"])
    rows = windows.seen_at(seen, scope.dates, reach(leaves))
    return rows.mutate(users=ibis.literal(1, "int64"))


def earlier_users(scope: Scope, leaves: Leaves) -> ibis.Table:
    """Return the users of the 28 days before the last 28, and which of them were kept."""
    rows = scope.at_cuts(scope.user_cells, scope.in_user_cells, reach=56)
    return usage.kept_users(rows).mutate(users=ibis.literal(1, "int64"))
