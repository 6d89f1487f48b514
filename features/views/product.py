"""The views over named events: their days, their users, their names, their first and last use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from features import spells, usage, windows
from features.engines.light import ibis
from features.named import Named, PerKey, matches, slot
from features.views.scope import Leaves, Scope, in_cells, reach
from features.windows import Expression

Events = tuple[str, ...]


def named_days(scope: Scope, leaves: Leaves) -> ibis.Table:
    """Return what each account did of the events, in cells of days."""
    return in_cells(scope, day_sums(scope, leaves), leaves)


def day_sums(scope: Scope, leaves: Leaves) -> ibis.Table:
    """Return what each account did of the events each day.

    ``n``: how often; ``q``: their quantity in thousandths; ``d``: 1 on the days with any of them.
    """
    wanted = _named(leaves)
    rows = _events(scope, wanted, reach(leaves))
    sums: dict[str, Expression] = {}
    for leaf in wanted:
        is_it = matches(rows.event, leaf.events)
        sums[slot("n", leaf.events)] = rows.count(where=is_it)
        if leaf.column == "q":
            quantity = usage.in_units(rows.quantity.cast("float64"), usage.QUANTITY_UNIT)
            sums[leaf.slot] = quantity.sum(where=is_it)
    days = rows.group_by(["account_id", "day", "known"]).aggregate(**sums)
    return days.mutate(**{x.slot: _first_of_day(days, x) for x in wanted if x.column == "d"})


def _first_of_day(days: ibis.Table, leaf: Named) -> Expression:
    """Return 1 in the first row of a day with any of the events, however late its parts came."""
    uses = days[slot("n", leaf.events)]
    so_far = ibis.window(group_by=["account_id", "day"], order_by="known", preceding=(None, 0))
    before = uses.sum().over(so_far).cast("int64") - uses
    return ((before == 0) & (uses > 0)).cast("int64")


def named_users(scope: Scope, leaves: Leaves) -> ibis.Table:
    """Return each user with the uses that every window holds."""
    return _per_key(scope, leaves, "user_id")


def named_names(scope: Scope, leaves: Leaves) -> ibis.Table:
    """Return each event's name with the uses that every window holds."""
    return _per_key(scope, leaves, "event")


def _per_key(scope: Scope, leaves: Leaves, key: Literal["user_id", "event"]) -> ibis.Table:
    wanted = [leaf for leaf in leaves if isinstance(leaf, PerKey)]
    rows = _events(scope, wanted, reach(leaves))
    rows = rows.filter(rows[key].notnull())
    uses = {}
    for events in dict.fromkeys(leaf.events for leaf in wanted):
        where = matches(rows.event, events) if events else _use(scope, rows)
        uses[slot("n", events)] = rows.count(where=where)
    days = rows.group_by(["account_id", key, "day", "known"]).aggregate(**uses)
    days = windows.at_cuts(days, scope.dates, reach(leaves))
    sums = {
        leaf.slot: days[slot("n", leaf.events)].sum(where=leaf.inside(days)).coalesce(0)
        for leaf in wanted
    }
    return days.group_by(["c", "account_id", key]).aggregate(**sums)


def last_named(scope: Scope, leaves: Leaves) -> ibis.Table:
    """Return the last day of each of the events."""
    digests = scope.tables.digests
    if digests is None:
        rows = scope.key_days("event", None)
    else:
        rows = digests.newest("event", scope.cut_days, None)
    rows = rows.filter(matches(rows.event, _all_names(_named(leaves))))
    seen = windows.seen_at(windows.last_seen(rows, ["event"]), scope.dates)
    return by_choice(seen, leaves)


def by_choice(seen: ibis.Table, leaves: Leaves) -> ibis.Table:
    """Return the days on which events were seen, one column for each choice of events."""
    null = ibis.null("int64")
    days = {x.slot: matches(seen.event, x.events).ifelse(seen.day, null) for x in _named(leaves)}
    return seen.select("c", "account_id", "day", **days)


def first_named(scope: Scope, leaves: Leaves) -> ibis.Table:
    """Return the days of the events in the present spell."""
    wanted = _named(leaves)
    if scope.tables.digests is None:
        rows = usage.days_per(_events(scope, wanted, None), "event")
    else:
        rows = scope.key_days("event", None)
        rows = rows.filter(matches(rows.event, _all_names(wanted)))
    live = scope.running.select("c", "start_day", account2="account_id")
    found = rows.join(
        live,
        [rows.account_id == live.account2, rows.known <= live.c, rows.day >= live.start_day],
    )
    return by_choice(found, leaves)


def _named(leaves: Leaves) -> list[Named]:
    return [leaf for leaf in leaves if isinstance(leaf, Named)]


def _events(scope: Scope, wanted: Sequence[Named], reach: int | None) -> ibis.Table:
    """Return the placed events that any of the leaves asks for."""
    rows = scope.tables["events"]
    if all(leaf.events for leaf in wanted):
        rows = rows.filter(matches(rows.event, _all_names(wanted)))
    return windows.within(windows.placed(rows, "occurred_at"), scope.cut_days, reach)


def _all_names(wanted: Sequence[Named]) -> list[str]:
    return list(dict.fromkeys(name for leaf in wanted for name in leaf.events))


def _use(scope: Scope, rows: ibis.Table) -> Expression:
    """Return whether an event counts as use."""
    names = spells.activity_names(scope.settings)
    return rows.event.notnull() if names is None else rows.event.isin(names)
