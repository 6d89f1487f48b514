"""The views over ``messages``: counts per day, and the last of each kind."""

import ibis

from features import windows
from features.views.scope import Leaves, Scope, in_cells, reach
from features.windows import Expression


def messages(scope: Scope, leaves: Leaves) -> ibis.Table:
    """Return the messages of each kind that is asked for, in cells of days."""
    rows = windows.placed(scope.tables["messages"], "occurred_at")
    rows = windows.within(rows, scope.cut_days, reach(leaves))
    sums: dict[str, Expression] = {}
    for column in sorted({leaf.column for leaf in leaves}):
        if column == "messages":
            sums[column] = rows.count()
        elif column == "inbound":
            sums[column] = rows.count(where=inbound(rows))
        else:
            sums[column] = rows.count(where=rows.kind == column)
    days = rows.group_by(["account_id", "day", "known"]).aggregate(**sums)
    return in_cells(scope, days, leaves)


def inbound(rows: ibis.Table) -> Expression:
    """Return whether a message came from the customer."""
    return rows.direction.lower().isin(("in", "inbound", "received")).coalesce(False)


def last_messages(scope: Scope, leaves: Leaves) -> ibis.Table:
    """Return the last day of each kind of message; ``inbound`` stands for all from the customer."""
    wanted = {leaf.column for leaf in leaves}
    rows = windows.placed(scope.tables["messages"], "occurred_at")
    parts = [
        rows.filter(rows.kind.isin(sorted(wanted))).select("account_id", "day", "known", "kind")
    ]
    if "inbound" in wanted:
        heard = rows.filter(inbound(rows))
        parts.append(heard.select("account_id", "day", "known", kind=ibis.literal("inbound")))
    both = ibis.union(*parts) if len(parts) > 1 else parts[0]
    seen = windows.seen_at(windows.last_seen(both, ["kind"]), scope.dates)
    null = ibis.null("int64")
    columns = {name: (seen.kind == name).ifelse(seen.day, null) for name in sorted(wanted)}
    return seen.select("c", "account_id", "day", **columns)
