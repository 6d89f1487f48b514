"""The views over ``events``: what each account did in cells of days, recency, users."""

from __future__ import annotations

from features import usage, windows
from features.cells import FOREVER, Cells
from features.engines.light import ibis
from features.views.scope import Leaves, Scope, edges, reach
from features.views.stored import stacked


def days(scope: Scope, leaves: Leaves) -> ibis.Table:
    """Return what each account did, in cells of days."""
    asked = {leaf.column for leaf in leaves}
    cells = scope.event_cells
    if "users" in scope.wanted:
        _ = scope.seen_cells  # Begun here, to be there when the users are counted.
    if "bits" in cells.columns and "active" in asked:
        cells = usage.with_new_days(cells, scope.cells.on_time)
    read = [
        n for n in cells.columns if n in ("account_id", "day", "known", *asked) or usage.is_word(n)
    ]
    rows = scope.at_cuts(cells.select(*read), scope.cells, reach(leaves))
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
    if scope.tables.digests is not None:
        newest = scope.tables.digests.last_used(scope.cut_days)
        if newest is not None:
            return windows.at_cuts(newest, scope.dates)
        used = scope.tables.digests.used()
        known = Cells(scope.cut_days, frozenset({0}), whole=True).known
        used = used.join(known, used.known == known.k)
        last = used.group_by(["account_id", "first_c"]).aggregate(day=used.day.max())
        return windows.at_cuts(last.rename(known="first_c"), scope.dates)
    cells = scope.event_cells.filter(scope.event_cells.last_day.notnull())
    active = cells.group_by(["account_id", "known"]).aggregate(day=cells.last_day.max())
    return windows.at_cuts(active, scope.dates)


def users(scope: Scope, leaves: Leaves) -> ibis.Table:
    """Return each user at the last cell active, or how many have the same shortest window."""
    if scope.presence is None or any(leaf.skip for leaf in leaves):
        seen = windows.last_seen(scope.user_cells, ["user_id"])
        rows = windows.seen_at(seen, scope.dates, reach(leaves))
        return rows.mutate(users=ibis.literal(1, "int64"))
    spans = sorted({leaf.days or FOREVER for leaf in leaves})
    rows = scope.presence.at_cuts(scope.user_bits, [(0, days) for days in spans])
    # Each window holds the shorter ones, so the shortest says for all whether the user is in it.
    rows = rows.filter(rows[f"in{len(spans) - 1}"])
    shortest = ibis.cases(
        *((rows[f"in{at}"], ibis.literal(days, "int64")) for at, days in enumerate(spans))
    )
    rows = rows.mutate(day=rows.c - shortest)
    return rows.group_by(["c", "account_id", "day"]).aggregate(users=rows.count())


def earlier_users(scope: Scope, leaves: Leaves) -> ibis.Table:
    """Return the users of the 28 days before the last 28, and which of them were kept."""
    one = ibis.literal(1, "int64")
    if scope.presence is None:
        rows = scope.at_cuts(scope.user_cells, scope.cells, reach=56)
        return usage.kept_users(rows).mutate(users=one)
    rows = scope.presence.at_cuts(scope.user_bits, [(28, 28), (0, 28)])
    rows = rows.filter(rows.in0)
    return rows.mutate(day=rows.c - 56, users=one, kept=rows.in1.cast("int64"))
