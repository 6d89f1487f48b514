"""What a company's tables say of some accounts, as rows to tell of what a score did not see."""

from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from features.engines import arrow
from features.views.relations import URGENT

if TYPE_CHECKING:
    from features.sources import Tables

Row = dict[str, Any]
_SCHEMA = pa.schema(
    [
        ("account_id", pa.string()),
        ("known_at", pa.timestamp("us")),
        ("kind", pa.string()),
        ("text", pa.string()),
        ("before", pa.string()),
        ("amount", pa.float64()),
    ]
)


def happened(tables: "Tables", accounts: Collection[str], since: datetime) -> pa.Table:
    """Return rows for `unseen.happenings` of ``accounts`` that were known from ``since`` on.

    A row is known when it happened or, where it was recorded later, from then. Of an absent table
    there are none. Rows of an account that was merged into another are not told of the other.
    """
    rows = [
        row
        for table, tell in _TOLD.items()
        if table in tables and accounts
        for row in tell(_read(tables, table, accounts))
        if row["known_at"] >= since
    ]
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


def _read(tables: "Tables", name: str, accounts: Collection[str]) -> list[Row]:
    table = tables[name]
    table = table.filter(table.account_id.isin(sorted(accounts)))
    if name == "events":
        day = table.occurred_at.truncate("D")
        table = table.group_by(table.account_id, occurred_at=day).agg(uses=table.count())
    found: list[Row] = arrow(table).to_pylist()
    return found


def _row(given: Row, time: str, kind: str, **more: object) -> Row:
    at = max(given[time], given.get("recorded_at") or given[time])
    told = {"text": None, "before": None, "amount": None, **more}
    return {"account_id": given["account_id"], "known_at": at, "kind": kind, **told}


def _churns(rows: list[Row]) -> Iterator[Row]:
    for row in rows:
        if row.get("reason"):
            yield _row({**row, "recorded_at": None}, "churned_at", "reason", text=row["reason"])


def _subscriptions(rows: list[Row]) -> Iterator[Row]:
    """Yield every change of plan, and every change of price within a plan."""
    before: dict[str, Row] = {}
    for row in sorted(rows, key=lambda row: (row["account_id"], row["started_at"])):
        last, before[row["account_id"]] = before.get(row["account_id"]), row
        if last is None or (row.get("plan"), row.get("mrr")) == (last.get("plan"), last.get("mrr")):
            continue
        old, new = last.get("mrr"), row.get("mrr")
        change = new / old - 1 if old and new is not None else None
        names = {"text": row.get("plan"), "before": last.get("plan")}
        yield _row(row, "started_at", "plan", amount=change, **names)


def _tickets(rows: list[Row]) -> Iterator[Row]:
    for row in rows:
        yield _row(row, "opened_at", "tickets", text=row.get("category"))
        if str(row.get("priority")).lower() in URGENT:
            yield _row(row, "opened_at", "urgent", text=row.get("category"))


def _invoices(rows: list[Row]) -> Iterator[Row]:
    """Yield those that were not paid by the day they were due."""
    for row in rows:
        due, paid = row.get("due_at"), row.get("paid_at")
        if due is not None and "paid_at" in row and (paid is None or paid > due):
            yield _row(row, "due_at", "overdue", amount=row["amount"])


def _surveys(rows: list[Row]) -> Iterator[Row]:
    for row in rows:
        if row["rating"] is not None:
            yield _row(row, "responded_at", "survey", text=row["kind"], amount=row["rating"])


def _events(rows: list[Row]) -> Iterator[Row]:
    for row in rows:
        yield _row(row, "occurred_at", "usage", amount=float(row["uses"]))


def _actions(rows: list[Row]) -> Iterator[Row]:
    for row in rows:
        yield _row(row, "performed_at", "action", text=row["play"])


_TOLD: dict[str, Callable[[list[Row]], Iterator[Row]]] = {
    "churns": _churns,
    "subscriptions": _subscriptions,
    "tickets": _tickets,
    "invoices": _invoices,
    "surveys": _surveys,
    "events": _events,
    "actions": _actions,
}
