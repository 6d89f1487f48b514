"""The contracts of merged accounts: what two of them both have counts once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from features import windows
from features.engines.light import ibis
from features.identities.copies import Copy, as_rows
from features.settings import Settings

if TYPE_CHECKING:
    from features.sources import Tables

ORIGIN = "row_origin"
"""Column: the account that a contract or a churn was first written for."""


@dataclass(frozen=True)
class Shared:
    """A subscription that two accounts of a group both have.

    ``part`` by account: (first start, day from which it is known).
    """

    subscription_id: str
    part: dict[str, tuple[datetime, int]]


def shared_subscriptions(tables: Tables, touched: Sequence[str]) -> list[Shared]:
    """Return the subscriptions that several of the ``touched`` accounts have."""
    if "subscriptions" not in tables:
        return []
    table = tables["subscriptions"]
    if "subscription_id" not in table.columns:
        return []
    rows = _placed(table, touched).filter(ibis._.subscription_id.notnull())
    per = rows.group_by(["subscription_id", "account_id"]).aggregate(
        first=rows.started_at.min(), known=rows.known.min()
    )
    found: dict[str, Shared] = {}
    for row in per.order_by("subscription_id", "account_id").to_pyarrow().to_pylist():
        name = row["subscription_id"]
        one = found.setdefault(name, Shared(name, {}))
        one.part[row["account_id"]] = (row["first"], row["known"])
    return [one for one in found.values() if len(one.part) > 1]


def _placed(table: ibis.Table, accounts: Sequence[str]) -> ibis.Table:
    names = ibis.memtable(pa.table({"touched": pa.array(accounts, pa.string())}))
    return windows.placed(table.semi_join(names, table.account_id == names.touched), "started_at")


def contracts_of(
    rows: ibis.Table, copies: Sequence[Copy], shared: Sequence[Shared], settings: Settings
) -> ibis.Table:
    """Return the contracts of every copy; one that two parts have counts once, as the survivor's.

    It then runs from the earlier of the two starts, so that the history stays unbroken.
    """
    columns = list(rows.columns)
    to = as_rows(copies)
    joined = rows.left_join(to, rows.account_id == to.copied)
    once_each = _counted_once(copies, shared)
    if once_each:
        once = ibis.memtable(pa.Table.from_pylist(once_each, _ONCE))
        joined = joined.left_join(
            once,
            [
                joined.key == once.once_key,
                joined.account_id == once.once_account,
                joined.subscription_id == once.once_subscription,
            ],
        )
        joined = joined.filter(~joined.superseded.coalesce(False))
        first = (joined.started_at == joined.own_start).coalesce(False)
        joined = joined.mutate(started_at=first.ifelse(joined.start, joined.started_at))
    if settings.churn.source == "churns":
        joined = joined.mutate(**{ORIGIN: joined.account_id})
        columns.append(ORIGIN)
    return joined.mutate(account_id=joined.key.coalesce(joined.account_id)).select(*columns)


_ONCE = pa.schema(
    {
        "once_key": pa.string(),
        "once_account": pa.string(),
        "once_subscription": pa.string(),
        "superseded": pa.bool_(),
        "own_start": pa.timestamp("us"),
        "start": pa.timestamp("us"),
    }
)


def _counted_once(copies: Sequence[Copy], shared: Sequence[Shared]) -> list[dict[str, object]]:
    """Return, per copy and shared subscription, whose row counts and from when it runs."""
    found: list[dict[str, object]] = []
    by_key: dict[str, list[Copy]] = {}
    for copy in copies:
        by_key.setdefault(copy.key, []).append(copy)
    for key, parts in by_key.items():
        for one in shared:
            known = [p for p in parts if p.account in one.part and _knows(p, one)]
            if len(known) < 2:
                continue
            kept = max(known, key=lambda p: (p.account == p.survivor, one.part[p.account][1]))
            start = min(one.part[p.account][0] for p in known)
            for part in known:
                found.append(
                    {
                        "once_key": key,
                        "once_account": part.account,
                        "once_subscription": one.subscription_id,
                        "superseded": part is not kept,
                        "own_start": one.part[part.account][0],
                        "start": start,
                    }
                )
    return found


def _knows(copy: Copy, one: Shared) -> bool:
    return one.part[copy.account][1] <= copy.from_c
