"""The views that measures aggregate: each source's rows, placed at the cut-offs where they count.

One function per view. It takes a `Scope` and the measures asked of the view and returns a table
with ``c``, ``account_id``, ``day`` and the columns that `catalogue` names.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

import ibis

from features import contracts, spells, usage, windows
from features.measures import Measured
from features.settings import Settings
from features.windows import Expression

if TYPE_CHECKING:
    from features.sources import Tables

URGENT = ("high", "urgent", "critical")
"""Values of ``tickets.priority`` that count as high priority."""


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


Leaves = Sequence[Measured]
View = Callable[[Scope, Leaves], ibis.Table]


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


def _in_cells(scope: Scope, days: ibis.Table, leaves: Leaves) -> ibis.Table:
    merged = scope.keep(usage.cells(days, scope.cut_days, _edges(leaves)))
    return windows.at_cuts(merged, scope.dates, reach(leaves))


def _days(scope: Scope, leaves: Leaves) -> ibis.Table:
    named = sorted({leaf.column[2:] for leaf in leaves if leaf.column[1:2] == ":"})
    rows = windows.placed(scope.tables["events"], "occurred_at")
    rows = windows.within(rows, scope.cut_days, reach(leaves))
    days = usage.account_days(rows, spells.activity_names(scope.settings), named)
    return _in_cells(scope, days, leaves)


def _last_day(scope: Scope, leaves: Leaves) -> ibis.Table:
    days = spells.activity_days(scope.tables, scope.settings)
    return windows.seen_at(windows.last_seen(days, []), scope.dates)


def _users(scope: Scope, leaves: Leaves) -> ibis.Table:
    rows = windows.seen_at(scope.users_seen, scope.dates, reach(leaves))
    return rows.mutate(users=ibis.literal(1, "int64"))


def _earlier_users(scope: Scope, leaves: Leaves) -> ibis.Table:
    """Return the users of the 28 days before the last 28, and which of them were kept."""
    earlier = windows.last_seen(
        windows.within(scope.user_days, scope.cut_days, 56), ["user_id"], shift=28
    )
    before = windows.seen_at(earlier, scope.dates, reach=56)
    after = windows.seen_at(scope.users_seen, scope.dates, reach=28)
    rows = usage.kept_users(before, after)
    return rows.mutate(users=ibis.literal(1, "int64"))


def _names(scope: Scope, leaves: Leaves) -> ibis.Table:
    rows = windows.placed(scope.tables["events"], "occurred_at")
    rows = usage.days_per(windows.within(rows, scope.cut_days, reach(leaves)), "event")
    seen = windows.last_seen(rows, ["event"])
    rows = windows.seen_at(seen, scope.dates, reach(leaves))
    return rows.mutate(names=ibis.literal(1, "int64"))


def _named(scope: Scope, leaves: Leaves) -> ibis.Table:
    """Return the first and last day of named events, one column per event that is asked for."""
    named = sorted({leaf.column for leaf in leaves})
    events = scope.tables["events"]
    events = events.filter(events.event.isin(named))
    rows = windows.placed(events, "occurred_at")
    rows = rows.group_by(["account_id", "event", "day"]).aggregate(known=rows.known.min())
    live = spells.running(scope.tables, scope.settings, scope.dates)
    live = live.select("c", "start_day", account2="account_id")
    found = rows.join(
        live,
        [rows.account_id == live.account2, rows.known <= live.c, rows.day >= live.start_day],
    )
    null = ibis.null("int64")
    by_name = {name: (found.event == name).ifelse(found.day, null) for name in named}
    return found.select("c", "account_id", "day", **by_name)


def _contracts(scope: Scope, leaves: Leaves) -> ibis.Table:
    return contracts.history(scope.contracts, scope.settings.churn.allowed_gap_days)


def _tickets(scope: Scope, leaves: Leaves) -> ibis.Table:
    rows = windows.placed(scope.tables["tickets"], "opened_at")
    if "category" in rows.columns:
        rows = rows.mutate(category=rows.category.lower())
    resolved = "resolved_at" in rows.columns
    if resolved:
        ms = rows.resolved_at.delta(rows.opened_at, unit="second") * 1000
        rows = rows.mutate(final_day=windows.day_of(rows.resolved_at), ms=ms)
    rows = windows.at_cuts(rows, scope.dates, reach(leaves))
    one, null = ibis.literal(1, "int64"), ibis.null("int64")
    added: dict[str, Expression] = {"tickets": one}
    if resolved:
        done = (rows.final_day < rows.c).coalesce(False)
        added["resolved"] = done.cast("int64")
        added["open"] = (~done).cast("int64")
        added["open_day"] = done.ifelse(null, rows.day)
        added["resolution_ms"] = done.ifelse(rows.ms, null)
    if "csat" in rows.columns:
        rating = usage.in_units(rows.csat.cast("float64"), usage.QUANTITY_UNIT)
        if resolved:
            rating = done.ifelse(rating, null)
        added["csat"] = rating
        added["rated"] = rating.notnull().cast("int64")
    if "priority" in rows.columns:
        added["urgent"] = rows.priority.lower().isin(URGENT).coalesce(False).cast("int64")
    for leaf in leaves:
        if leaf.column.startswith("category:"):
            is_it = rows.category == leaf.column.removeprefix("category:")
            added[leaf.column] = is_it.coalesce(False).cast("int64")
    return rows.mutate(**added)


def _surveys(scope: Scope, leaves: Leaves) -> ibis.Table:
    rows = scope.tables["surveys"]
    rating = usage.in_units(rows.rating.cast("float64"), usage.QUANTITY_UNIT)
    rows = rows.filter(rows.rating.notnull()).mutate(kind=rows.kind.lower(), points=rating)
    rows = windows.at_cuts(windows.placed(rows, "responded_at"), scope.dates, reach(leaves))
    latest = ibis.window(
        group_by=["c", "account_id", "kind"], order_by=[ibis.desc("responded_at"), "points"]
    )
    rows = rows.mutate(place=ibis.row_number().over(latest), before=rows.points.lead().over(latest))
    # By place last, so that of equal answers the one that counts as its kind's latest comes first.
    any_kind = ibis.window(
        group_by=["c", "account_id"], order_by=[ibis.desc("responded_at"), "kind", "place"]
    )
    rows = rows.mutate(overall=ibis.row_number().over(any_kind))
    null, one = ibis.null("int64"), ibis.literal(1, "int64")
    first = (rows.overall == 0) & rows.before.notnull()
    added: dict[str, Expression] = {
        "answers": one,
        "newest": first.ifelse(rows.points, null),
        "before_newest": first.ifelse(rows.before, null),
    }
    for kind in ("nps", "csat"):
        of_kind = rows.kind == kind
        added[kind] = of_kind.ifelse(rows.points, null)
        added[f"{kind}_answers"] = of_kind.cast("int64")
        added[f"{kind}_day"] = of_kind.ifelse(rows.day, null)
        newest = of_kind & (rows.place == 0)
        added[f"{kind}_newest"] = newest.ifelse(rows.points, null)
        added[f"{kind}_before"] = newest.ifelse(rows.before, null)
    return rows.mutate(**added)


def _messages(scope: Scope, leaves: Leaves) -> ibis.Table:
    rows = windows.placed(scope.tables["messages"], "occurred_at")
    rows = windows.within(rows, scope.cut_days, reach(leaves))
    sums: dict[str, Expression] = {}
    for column in sorted({leaf.column for leaf in leaves}):
        if column == "messages":
            sums[column] = rows.count()
        elif column == "inbound":
            sums[column] = rows.count(where=_inbound(rows))
        else:
            sums[column] = rows.count(where=rows.kind == column)
    days = rows.group_by(["account_id", "day", "known"]).aggregate(**sums)
    return _in_cells(scope, days, leaves)


def _inbound(rows: ibis.Table) -> Expression:
    return rows.direction.lower().isin(("in", "inbound", "received")).coalesce(False)


def _last_messages(scope: Scope, leaves: Leaves) -> ibis.Table:
    """Return the last day of each kind of message; ``inbound`` stands for all from the customer."""
    wanted = {leaf.column for leaf in leaves}
    rows = windows.placed(scope.tables["messages"], "occurred_at")
    parts = [
        rows.filter(rows.kind.isin(sorted(wanted))).select("account_id", "day", "known", "kind")
    ]
    if "inbound" in wanted:
        heard = rows.filter(_inbound(rows))
        parts.append(heard.select("account_id", "day", "known", kind=ibis.literal("inbound")))
    both = ibis.union(*parts) if len(parts) > 1 else parts[0]
    seen = windows.seen_at(windows.last_seen(both, ["kind"]), scope.dates)
    null = ibis.null("int64")
    columns = {name: (seen.kind == name).ifelse(seen.day, null) for name in sorted(wanted)}
    return seen.select("c", "account_id", "day", **columns)


def _invoices(scope: Scope, leaves: Leaves) -> ibis.Table:
    rows = windows.placed(scope.tables["invoices"], "issued_at")
    cents = usage.in_units(rows.amount.cast("float64"), contracts.MONEY_UNIT)
    rows = rows.mutate(cents=cents)
    for name in ("due_at", "paid_at"):
        if name in rows.columns:
            rows = rows.mutate(**{name.replace("_at", "_day"): windows.day_of(rows[name])})
    rows = windows.at_cuts(rows, scope.dates, reach(leaves))
    null, nothing = ibis.null("int64"), ibis.literal(0, "int64")
    added: dict[str, Expression] = {"invoices": ibis.literal(1, "int64")}
    if "paid_day" in rows.columns:
        paid = (rows.paid_day < rows.c).coalesce(False)
        added["unpaid_cents"] = paid.ifelse(nothing, rows.cents)
    if "paid_day" in rows.columns and "due_day" in rows.columns:
        was_due = (rows.due_day < rows.c).coalesce(False)
        overdue = was_due & ~paid
        late = overdue | (paid & (rows.paid_day > rows.due_day).coalesce(False))
        added |= {
            "due": was_due.cast("int64"),
            "late": (was_due & late).cast("int64"),
            "overdue_day": overdue.ifelse(rows.due_day, null),
            "overdue_cents": overdue.ifelse(rows.cents, nothing),
            "delay": (paid & was_due).ifelse(rows.paid_day - rows.due_day, null),
            "settled": (paid & was_due).cast("int64"),
        }
    return rows.mutate(**added)


def _learning(scope: Scope, leaves: Leaves) -> ibis.Table:
    rows = windows.placed(scope.tables["learning"], "occurred_at")
    rows = windows.at_cuts(rows, scope.dates, reach(leaves))
    rows = rows.mutate(hands_on=(rows.course == "hands_on").cast("int64"))
    if "completed" not in rows.columns:
        return rows
    done = rows.completed.coalesce(False)
    return rows.mutate(completed_course=done.ifelse(rows.course, ibis.null("string")))


VIEWS: dict[str, View] = {
    "days": _days,
    "last_day": _last_day,
    "users": _users,
    "earlier_users": _earlier_users,
    "names": _names,
    "named": _named,
    "contracts": _contracts,
    "tickets": _tickets,
    "surveys": _surveys,
    "messages": _messages,
    "last_messages": _last_messages,
    "invoices": _invoices,
    "learning": _learning,
}
"""Every view by the name that measures give."""
