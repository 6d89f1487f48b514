"""The rows of merged accounts as they count at each cut-off, without leaving the one pass.

An account that no merge ever touched keeps its rows as they are. A group of merged accounts is
copied once per **epoch**, a range of cut-offs between two changes of what is known about the group:
its rows get the surviving account's name with the epoch's number, and the copy counts only at the
cut-offs of its epoch. So one build answers for all epochs, and its plan stays what it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from features.engines.light import ibis
from features.identities.contracts import ORIGIN, Shared, contracts_of, shared_subscriptions
from features.identities.copies import SPANS, Copy, as_rows, epochs
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

_EVER, _NEVER = -(10**6), 10**6


def unfolded(tables: Tables, settings: Settings) -> Tables:
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
        new["subscriptions"] = contracts_of(tables["subscriptions"], copies, shared, settings)
    if "churns" in tables:
        new["churns"] = with_answers(tables["churns"], answers)
    new[SPANS] = epochs(copies)
    return replaced(tables, new)


def replaced(tables: Tables, new: dict[str, ibis.Table]) -> Tables:
    """Return ``tables`` with other rows, for which no stored digest holds."""
    digests: dict[str, Any] = {"digests": None} if hasattr(tables, "digests") else {}
    return replace(tables, tables=new, **digests)


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


def _renamed(rows: ibis.Table, copies: Sequence[Copy]) -> ibis.Table:
    to = as_rows(copies)
    joined = rows.left_join(to, rows.account_id == to.copied)
    return joined.mutate(account_id=joined.key.coalesce(joined.account_id)).select(*rows.columns)


def _accounts(
    tables: Tables, touched: Sequence[str], copies: Sequence[Copy], settings: Settings
) -> ibis.Table:
    """Return the surviving accounts only, each as old as the oldest of its parts."""
    accounts = tables["accounts"]
    to = as_rows(copies)
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
