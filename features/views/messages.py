"""The views over ``messages``: counts per day, and the last of each kind."""

from __future__ import annotations

from features import windows
from features.cells import Cells
from features.engines.light import ibis
from features.views.scope import Leaves, Scope, edges, reach
from features.windows import Expression


def messages(scope: Scope, leaves: Leaves) -> ibis.Table:
    """Return the messages of each kind that is asked for, in cells of days."""
    far = reach(leaves)
    cells = Cells(scope.cut_days, edges(leaves), far is None)
    rows = windows.placed(scope.tables["messages"], "occurred_at")
    rows = cells.of(windows.within(rows, scope.cut_days, far))
    sums: dict[str, Expression] = {}
    for column in sorted({leaf.column for leaf in leaves}):
        if column == "messages":
            sums[column] = rows.count()
        elif column == "inbound":
            sums[column] = rows.count(where=inbound(rows))
        else:
            sums[column] = rows.count(where=rows.kind == column)
    found = rows.group_by(["account_id", "cell", "first_c"]).aggregate(**sums)
    return scope.at_cuts(found.rename(day="cell", known="first_c"), cells, far)


def inbound(rows: ibis.Table) -> Expression:
    """Return whether a message came from the customer."""
    return rows.direction.lower().isin(("in", "inbound", "received")).coalesce(False)


def last_messages(scope: Scope, leaves: Leaves) -> ibis.Table:
    """Return the last day of each kind of message; ``inbound`` stands for all from the customer.

    One row per account and cut-off at which messages became known; each counts from there on.
    """
    rows = windows.placed(scope.tables["messages"], "occurred_at")
    known = Cells(scope.cut_days, frozenset({0}), whole=True).known
    rows = rows.join(known, rows.known == known.k)
    last: dict[str, Expression] = {}
    for kind in sorted({leaf.column for leaf in leaves}):
        said = inbound(rows) if kind == "inbound" else rows.kind == kind
        last[kind] = rows.day.max(where=said)
    found = rows.group_by(["account_id", "first_c"]).aggregate(day=rows.day.max(), **last)
    return windows.at_cuts(found.rename(known="first_c"), scope.dates)
