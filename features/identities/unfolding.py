"""The rows of merged accounts as they count at each cut-off, without leaving the one pass.

An account that no merge ever touched keeps its rows as they are. A group of merged accounts is
copied once per **epoch**, a range of cut-offs between two changes of what is known about the group:
its rows get the surviving account's name with the epoch's number, and the copy counts only at the
cut-offs of its epoch. So one build answers for all epochs, and its plan stays what it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import ibis
import pyarrow as pa

from features import windows
from features.identities.merges import (
    LAST,
    Merge,
    answering,
    components,
    members,
    merges,
    survivors,
)
from features.settings import Settings

if TYPE_CHECKING:
    from features.sources import Tables

ORIGIN = "row_origin"
"""Column: the account that a contract or a churn was first written for."""
SPANS = "spans of merged accounts"
"""Name under which `unfolded` keeps which copy counts when."""
_EVER, _NEVER = -(10**6), 10**6


@dataclass(frozen=True)
class Copy:
    """One account's place in one epoch: its rows go by ``key``, as part of ``survivor``."""

    account: str
    key: str
    survivor: str
    from_c: int
    until_c: int


@dataclass(frozen=True)
class Shared:
    """A subscription that two accounts of a group both have.

    ``part`` by account: (first start, day from which it is known).
    """

    subscription_id: str
    part: dict[str, tuple[datetime, int]]


def unfolded(tables: "Tables", settings: Settings) -> "Tables":
    """Return the tables with one copy of every merged group per epoch; else ``tables`` itself."""
    found = merges(tables)
    if not found or SPANS in tables:
        return tables
    touched = sorted({name for merge in found for name in (merge.account, merge.into)})
    shared = shared_subscriptions(tables, touched)
    copies: list[Copy] = []
    answers: list[Answer] = []
    for part in components(found):
        of_part = _copies(part, shared)
        copies += of_part
        answers += _answers(part, of_part)
    new = {name: _renamed(table, copies) for name, table in tables.tables.items()}
    del new["identities"]
    new["accounts"] = _accounts(tables, touched, copies, settings)
    if "subscriptions" in tables:
        new["subscriptions"] = _subscriptions(tables["subscriptions"], copies, shared, settings)
    if "churns" in tables:
        new["churns"] = with_answers(tables["churns"], answers)
    new[SPANS] = _spans(copies)
    return replaced(tables, new)


def replaced(tables: "Tables", new: dict[str, ibis.Table]) -> "Tables":
    """Return ``tables`` with other rows, for which no stored digest holds."""
    digests: dict[str, Any] = {"digests": None} if hasattr(tables, "digests") else {}
    return replace(tables, tables=new, **digests)


def valid(rows: ibis.Table, tables: "Tables") -> ibis.Table:
    """Return the rows (``c``, ``account_id``) whose copy counts at their cut-off."""
    if SPANS not in tables:
        return rows
    spans = tables[SPANS]
    joined = rows.left_join(spans, rows.account_id == spans.span_key)
    inside = (joined.from_c <= joined.c) & (joined.c < joined.until_c)
    return joined.filter(joined.span_key.isnull() | inside).select(*rows.columns)


def shown(rows: ibis.Table, tables: "Tables") -> ibis.Table:
    """Return the rows with the surviving account's id in place of a copy's name."""
    if SPANS not in tables:
        return rows
    spans = tables[SPANS]
    joined = rows.left_join(spans, rows.account_id == spans.span_key)
    account = joined.survivor.coalesce(joined.account_id)
    return joined.mutate(account_id=account).select(*rows.columns)


def shared_subscriptions(tables: "Tables", touched: Sequence[str]) -> list[Shared]:
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


def _copies(part: Sequence[Merge], shared: Sequence[Shared]) -> list[Copy]:
    accounts = members(part)
    points = {m.known for m in part} | {m.over for m in part if m.over is not None}
    for one in shared:
        points |= {known for account, (_, known) in one.part.items() if account in accounts}
    bounds = [_EVER, *sorted(points), _NEVER]
    found = []
    for number, (first, last) in enumerate(pairwise(bounds)):
        into = survivors(m for m in part if m.counts(first))
        for account in accounts:
            survivor = into.get(account, account)
            found.append(Copy(account, f"{survivor}\x1f{number}", survivor, first, last))
    return found


def _map(copies: Sequence[Copy]) -> ibis.Table:
    columns = {
        "copied": pa.array([copy.account for copy in copies], pa.string()),
        "key": pa.array([copy.key for copy in copies], pa.string()),
        "survivor": pa.array([copy.survivor for copy in copies], pa.string()),
    }
    return ibis.memtable(pa.table(columns))


def _spans(copies: Sequence[Copy]) -> ibis.Table:
    each = {copy.key: copy for copy in copies}
    columns = {
        "span_key": pa.array(list(each), pa.string()),
        "survivor": pa.array([copy.survivor for copy in each.values()], pa.string()),
        "from_c": pa.array([copy.from_c for copy in each.values()], pa.int64()),
        "until_c": pa.array([copy.until_c for copy in each.values()], pa.int64()),
    }
    return ibis.memtable(pa.table(columns))


def _renamed(rows: ibis.Table, copies: Sequence[Copy]) -> ibis.Table:
    to = _map(copies)
    joined = rows.left_join(to, rows.account_id == to.copied)
    return joined.mutate(account_id=joined.key.coalesce(joined.account_id)).select(*rows.columns)


def _accounts(
    tables: "Tables", touched: Sequence[str], copies: Sequence[Copy], settings: Settings
) -> ibis.Table:
    """Return the surviving accounts only, each as old as the oldest of its parts."""
    accounts = tables["accounts"]
    to = _map(copies)
    joined = accounts.left_join(to, accounts.account_id == to.copied)
    joined = joined.filter(joined.copied.isnull() | (joined.survivor == joined.account_id))
    columns = list(accounts.columns)
    if "created_at" in columns:
        births = _births(accounts, touched, copies)
        joined = joined.left_join(births, joined.key == births.born_key)
        born = joined.created_at.isnull().ifelse(joined.created_at, joined.born)
        joined = joined.mutate(created_at=born.coalesce(joined.created_at))
    if settings.churn.source == "churns":
        joined = joined.mutate(**{ORIGIN: joined.account_id})
        columns.append(ORIGIN)
    return joined.mutate(account_id=joined.key.coalesce(joined.account_id)).select(*columns)


def _births(accounts: ibis.Table, touched: Sequence[str], copies: Sequence[Copy]) -> ibis.Table:
    names = ibis.memtable(pa.table({"touched": pa.array(touched, pa.string())}))
    rows = accounts.semi_join(names, accounts.account_id == names.touched)
    given = rows.select("account_id", "created_at").to_pyarrow().to_pylist()
    created = {row["account_id"]: row["created_at"] for row in given}
    born: dict[str, datetime] = {}
    for copy in copies:
        at = created.get(copy.account)
        if at is not None:
            born[copy.key] = min(at, born.get(copy.key, LAST))
    columns = {
        "born_key": pa.array(list(born), pa.string()),
        "born": pa.array(list(born.values()), pa.timestamp("us")),
    }
    return ibis.memtable(pa.table(columns))


def _subscriptions(
    rows: ibis.Table, copies: Sequence[Copy], shared: Sequence[Shared], settings: Settings
) -> ibis.Table:
    """Return the contracts of every copy; one that two parts have counts once, as the survivor's.

    It then runs from the earlier of the two starts, so that the history stays unbroken.
    """
    columns = list(rows.columns)
    to = _map(copies)
    joined = rows.left_join(to, rows.account_id == to.copied)
    counted = _counted_once(copies, shared)
    if counted:
        once = ibis.memtable(pa.Table.from_pylist(counted, _ONCE))
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


Answer = tuple[str, str, str, datetime, datetime]
"""Whose churn, the copy it counts for, whose contracts it ends, from, until."""


def _answers(part: Sequence[Merge], copies: Sequence[Copy]) -> list[Answer]:
    found = []
    for copy in copies:
        counted = [m for m in part if m.counts(copy.from_c)]
        for whose, first, last in answering(counted, copy.account):
            found.append((whose, copy.key, copy.account, first, last))
    return found


def with_answers(churns: ibis.Table, answers: Sequence[Answer]) -> ibis.Table:
    """Return the churns under the names for which they count, with whose contracts they end."""
    kinds = (pa.string(), pa.string(), pa.string(), pa.timestamp("us"), pa.timestamp("us"))
    names = ("whose", "counts_for", "ends", "from_at", "until_at")
    columns = {
        name: pa.array([answer[place] for answer in answers], kind)
        for place, (name, kind) in enumerate(zip(names, kinds, strict=True))
    }
    to = ibis.memtable(pa.table(columns))
    joined = churns.left_join(to, churns.account_id == to.whose)
    inside = (joined.churned_at >= joined.from_at) & (joined.churned_at < joined.until_at)
    joined = joined.filter(joined.whose.isnull() | inside)
    joined = joined.mutate(
        account_id=joined.counts_for.coalesce(joined.account_id),
        **{ORIGIN: joined.ends.coalesce(joined.account_id)},
    )
    return joined.select(*churns.columns, ORIGIN)
