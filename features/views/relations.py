"""The views over the small tables, joined straight with the cut-offs."""

from __future__ import annotations

from features import contracts as terms
from features import usage, windows
from features.engines.light import ibis
from features.views.scope import Leaves, Scope, reach
from features.windows import Expression

URGENT = ("high", "urgent", "critical")
"""Values of ``tickets.priority`` that count as high priority."""


def contracts(scope: Scope, leaves: Leaves) -> ibis.Table:
    """Return every contract known."""
    asked = {leaf.column for leaf in leaves}
    return terms.history(scope.contracts, scope.settings.churn.allowed_gap_days, asked)


def tickets(scope: Scope, leaves: Leaves) -> ibis.Table:
    """Return tickets with what became of them by then."""
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


def surveys(scope: Scope, leaves: Leaves) -> ibis.Table:
    """Return answers, the latest of each kind marked."""
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


def invoices(scope: Scope, leaves: Leaves) -> ibis.Table:
    """Return invoices with what was due and paid by then."""
    rows = windows.placed(scope.tables["invoices"], "issued_at")
    cents = usage.in_units(rows.amount.cast("float64"), terms.MONEY_UNIT)
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


def learning(scope: Scope, leaves: Leaves) -> ibis.Table:
    """Return courses begun and completed."""
    rows = windows.placed(scope.tables["learning"], "occurred_at")
    rows = windows.at_cuts(rows, scope.dates, reach(leaves))
    rows = rows.mutate(hands_on=(rows.course == "hands_on").cast("int64"))
    if "completed" not in rows.columns:
        return rows
    done = rows.completed.coalesce(False)
    return rows.mutate(completed_course=done.ifelse(rows.course, ibis.null("string")))
