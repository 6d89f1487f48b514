"""The tables of the data contract, declared as data.

Every time in a canonical table is a ``TIMESTAMP`` without zone that holds UTC. Every event-like
table may carry ``recorded_at``: the instant from which we knew the row.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "time", "number", "integer", "truth"]


@dataclass(frozen=True)
class Column:
    """One column of the contract.

    Attributes
    ----------
    kind : {"text", "time", "number", "integer", "truth"}
        What its values are. ``truth`` is a boolean.
    required : bool
        Whether the table is refused without the column.
    may_be_missing : bool
        Whether single values may be null.
    """

    kind: Kind
    required: bool = False
    may_be_missing: bool = True


@dataclass(frozen=True)
class Table:
    """One table of the contract.

    Attributes
    ----------
    columns : dict of str to Column
    key : tuple of str
        Columns that together name a row once; empty where rows may repeat.
    time : str or None
        The column that says when the row happened, at which features cut off.
    extra : bool
        Whether columns beyond the contract are kept (account attributes).
    """

    columns: dict[str, Column]
    key: tuple[str, ...] = ()
    time: str | None = None
    extra: bool = False


def _needed(kind: Kind) -> Column:
    return Column(kind, required=True, may_be_missing=False)


_ACCOUNT = {"account_id": _needed("text")}
_RECORDED = {"recorded_at": Column("time")}

TABLES: dict[str, Table] = {
    "accounts": Table(
        {
            **_ACCOUNT,
            "name": Column("text"),
            "name_en": Column("text"),
            "created_at": Column("time"),
            "industry": Column("text"),
            "size": Column("text"),
            "region": Column("text"),
            "owner": Column("text"),
            "parent_id": Column("text"),
        },
        key=("account_id",),
        time="created_at",
        extra=True,
    ),
    "identities": Table(
        {
            **_ACCOUNT,
            "merged_into": _needed("text"),
            "merged_at": _needed("time"),
            "unmerged_at": Column("time"),
            **_RECORDED,
        },
        time="merged_at",
    ),
    "subscriptions": Table(
        {
            **_ACCOUNT,
            "started_at": _needed("time"),
            "ended_at": Column("time", required=True),
            "plan": Column("text"),
            "seats": Column("integer"),
            "mrr": Column("number"),
            "currency": Column("text"),
            "renews_at": Column("time"),
            "term_months": Column("integer"),
            "auto_renew": Column("truth"),
            "subscription_id": Column("text"),
            **_RECORDED,
        },
        time="started_at",
    ),
    "events": Table(
        {
            **_ACCOUNT,
            "occurred_at": _needed("time"),
            "event": _needed("text"),
            "user_id": Column("text"),
            "quantity": Column("number"),
            "duration_s": Column("number"),
            "subscription_id": Column("text"),
            **_RECORDED,
        },
        time="occurred_at",
    ),
    "tickets": Table(
        {
            **_ACCOUNT,
            "opened_at": _needed("time"),
            "ticket_id": Column("text"),
            "resolved_at": Column("time"),
            "priority": Column("text"),
            "category": Column("text"),
            "csat": Column("number"),
            "text": Column("text"),
            **_RECORDED,
        },
        key=("ticket_id",),
        time="opened_at",
    ),
    "surveys": Table(
        {
            **_ACCOUNT,
            "responded_at": _needed("time"),
            "kind": _needed("text"),
            "rating": Column("number", required=True),
            "comment": Column("text"),
            **_RECORDED,
        },
        time="responded_at",
    ),
    "messages": Table(
        {
            **_ACCOUNT,
            "occurred_at": _needed("time"),
            "kind": _needed("text"),
            "direction": Column("text"),
            "text": Column("text"),
            **_RECORDED,
        },
        time="occurred_at",
    ),
    "invoices": Table(
        {
            **_ACCOUNT,
            "issued_at": _needed("time"),
            "amount": _needed("number"),
            "due_at": Column("time"),
            "paid_at": Column("time"),
            "currency": Column("text"),
            **_RECORDED,
        },
        time="issued_at",
    ),
    "learning": Table(
        {
            **_ACCOUNT,
            "occurred_at": _needed("time"),
            "course": _needed("text"),
            "completed": Column("truth"),
            **_RECORDED,
        },
        time="occurred_at",
    ),
    "churns": Table(
        {
            **_ACCOUNT,
            "churned_at": _needed("time"),
            "reason": Column("text"),
            "voluntary": Column("truth"),
            **_RECORDED,
        },
        time="churned_at",
    ),
    "actions": Table(
        {
            **_ACCOUNT,
            "performed_at": _needed("time"),
            "play": _needed("text"),
            "by": Column("text"),
            "outcome": Column("text"),
            **_RECORDED,
        },
        time="performed_at",
    ),
    "opinions": Table(
        {
            **_ACCOUNT,
            "stated_at": _needed("time"),
            "opinion": _needed("text"),
            "by": Column("text"),
            "note": Column("text"),
            **_RECORDED,
        },
        time="stated_at",
    ),
}
"""The contract of every table, by name; an absent table means its features do not exist."""
