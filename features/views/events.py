"""The views over ``events``: account-days, users, names."""

import ibis

from features import usage, windows
from features.views.scope import Leaves, Scope, in_cells, reach


def days(scope: Scope, leaves: Leaves) -> ibis.Table:
    """Return what each account did, in cells of days."""
    named = sorted({leaf.column[2:] for leaf in leaves if leaf.column[1:2] == ":"})
    return in_cells(scope, scope.account_days(named, reach(leaves)), leaves)


def last_day(scope: Scope, leaves: Leaves) -> ibis.Table:
    """Return each account's last day of activity."""
    return windows.seen_at(windows.last_seen(scope.activity_days(), []), scope.dates)


def users(scope: Scope, leaves: Leaves) -> ibis.Table:
    """Return each user at the last day active."""
    rows = windows.seen_at(scope.users_seen, scope.dates, reach(leaves))
    return rows.mutate(users=ibis.literal(1, "int64"))


def earlier_users(scope: Scope, leaves: Leaves) -> ibis.Table:
    """Return the users of the 28 days before the last 28, and which of them were kept."""
    earlier = windows.last_seen(
        windows.within(scope.user_days, scope.cut_days, 56), ["user_id"], shift=28
    )
    before = windows.seen_at(earlier, scope.dates, reach=56)
    after = windows.seen_at(scope.users_seen, scope.dates, reach=28)
    rows = usage.kept_users(before, after)
    return rows.mutate(users=ibis.literal(1, "int64"))


def names(scope: Scope, leaves: Leaves) -> ibis.Table:
    """Return each event name at the last day seen."""
    seen = windows.last_seen(scope.key_days("event", reach(leaves)), ["event"])
    rows = windows.seen_at(seen, scope.dates, reach(leaves))
    return rows.mutate(names=ibis.literal(1, "int64"))
