"""What was agreed: the contracts that run at a cut-off, and those of the past."""

from __future__ import annotations

from collections.abc import Collection

from features import windows
from features.engines.light import ibis
from features.usage import in_units
from features.windows import Expression

MONEY_UNIT = 100
"""Money is summed as integers of a hundredth."""

FACTS = {
    "plan": "string",
    "seats": "int64",
    "mrr_cents": "int64",
    "currency": "string",
    "renews_at": "timestamp(6)",
    "term_months": "int64",
    "auto_renew": "boolean",
}
"""What `facts` returns of the columns that the table has."""


def at_cuts(subscriptions: ibis.Table, dates: ibis.Table) -> ibis.Table:
    """Return each contract at each cut-off at which it is known to have begun.

    Returns
    -------
    ibis.Table
        The table's columns and ``c``, ``as_of``, ``day`` (its first), ``end_day`` (null unless
        the end lies before the cut-off), ``runs``, ``mrr_cents``.
    """
    rows = windows.placed(subscriptions.select(*_read(subscriptions)), "started_at")
    rows = rows.mutate(final_day=windows.day_of(rows.ended_at))
    if "mrr" in rows.columns:
        rows = rows.mutate(mrr_cents=in_units(rows.mrr.cast("float64"), MONEY_UNIT)).drop("mrr")
    rows = windows.at_cuts(rows, dates)
    end_day = (rows.final_day < rows.c).ifelse(rows.final_day, ibis.null("int64"))
    return rows.mutate(end_day=end_day, runs=end_day.isnull())


def _read(subscriptions: ibis.Table) -> list[str]:
    wanted = {"account_id", "started_at", "ended_at", "recorded_at", "mrr", *FACTS}
    return [name for name in subscriptions.columns if name in wanted]


def facts(rows: ibis.Table) -> ibis.Table:
    """Return one row per account and cut-off of `at_cuts`: what runs there.

    ``seats`` and ``mrr_cents`` add up over the contracts that run side by side; ``plan`` and the
    other terms are those of the latest begun, ties broken by the larger amount, then by text.
    """
    rows = rows.filter(rows.runs)
    order: list[Expression] = [ibis.desc("started_at")]
    if "mrr_cents" in rows.columns:
        order.append(ibis.desc("mrr_cents", nulls_first=False))
    for name in ("plan", "renews_at", "seats", "term_months", "auto_renew", "currency"):
        if name in rows.columns:
            order.append(ibis.asc(name, nulls_first=False))
    latest = ibis.window(group_by=["c", "account_id"], order_by=order)
    rows = rows.mutate(place=ibis.row_number().over(latest))
    found: dict[str, Expression] = {}
    for name in FACTS:
        if name not in rows.columns:
            continue
        column = rows[name]
        if name in ("seats", "mrr_cents"):
            found[name] = column.sum().cast("int64")
        else:
            found[name] = column.max(where=rows.place == 0)
    return rows.group_by(["c", "account_id"]).aggregate(contracts=rows.count(), **found)


def history(rows: ibis.Table, allowed_gap_days: int, asked: Collection[str]) -> ibis.Table:
    """Return the rows of `at_cuts` with what the past is asked for.

    Adds integers: ``mrr_cents_<n>d_ago`` and ``seats_<n>d_ago``, what the contract gave ``n`` days
    before the cut-off (90 and 365); ``renewal``, 1 where the contract follows one of the same plan
    within the allowed gap; ``plan_change``, 1 where it follows only contracts of other plans; these
    two only where one of them is ``asked`` for.
    """
    added: dict[str, Expression] = {}
    for days in (90, 365):
        then = rows.c - days
        ran = (rows.day < then) & (rows.end_day.isnull() | (rows.end_day >= then))
        for name in ("mrr_cents", "seats"):
            if name in rows.columns:
                added[f"{name}_{days}d_ago"] = ran.ifelse(rows[name], ibis.null("int64"))
    added["until_day"] = rows.runs.ifelse(rows.c, rows.end_day) + allowed_gap_days
    rows = rows.mutate(**added)
    if not {"renewal", "plan_change"} & set(asked):
        return rows
    renewal = _follows(rows, ["plan"] if "plan" in rows.columns else [])
    change = _follows(rows, []) & ~renewal
    return rows.mutate(renewal=renewal.cast("int64"), plan_change=change.cast("int64"))


def _follows(rows: ibis.Table, by: list[str]) -> Expression:
    """Whether a contract begins after another's beginning, within the gap after its end."""
    group = ["c", "account_id", *by]
    before = ibis.window(group_by=group, order_by=["started_at", "ended_at"], preceding=(None, 1))
    first = rows.started_at.min().over(ibis.window(group_by=group))
    until = rows.until_day.max().over(before)
    return ((rows.started_at > first) & (rows.day <= until)).coalesce(False)
