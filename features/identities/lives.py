"""What became of merged accounts: the contracts and the activity of each, through every merge.

A merge is no departure. The life of an account is its own until it ceases; from then on it is that
of the account it is part of, until the merge is undone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from features.engines.light import ibis
from features.identities.contracts import Shared, shared_subscriptions
from features.identities.merges import (
    LAST,
    Merge,
    answering,
    components,
    members,
    merges,
    segments,
    survivors,
)
from features.identities.unfolding import (
    Answer,
    replaced,
    with_answers,
)
from features.settings import Settings

if TYPE_CHECKING:
    from features.sources import Tables

Stretch = tuple[str, str, datetime, datetime]
"""Whose rows, in whose life, from, until."""


def as_lived(tables: Tables, settings: Settings) -> Tables:
    """Return the tables from which `spells.spells` tells lives; else ``tables`` itself.

    Events are those of each life. Contracts stay under the account they were written for (`united`
    joins them), churns say whose contracts they end.
    """
    found = merges(tables)
    if not found:
        return tables
    new = dict(tables.tables)
    if settings.churn.source == "inactivity":
        new["events"] = _events(tables["events"], _stretches(found))
        return replaced(tables, new)
    touched = sorted({name for merge in found for name in (merge.account, merge.into)})
    shared = shared_subscriptions(tables, touched)
    if shared:
        new["subscriptions"] = _left_behind(tables["subscriptions"], found, shared)
    if "churns" in tables:
        new["churns"] = with_answers(tables["churns"], _answers(found))
    return replaced(tables, new)


def united(contracts: ibis.Table, tables: Tables) -> ibis.Table:
    """Return the contracts of `as_lived` under every account whose life they belong to.

    Parameters
    ----------
    contracts : ibis.Table
        ``account_id``, ``started_at``, ``ended_at`` and others; one merged into another's life is
        cut to the time of the merge.
    """
    found = merges(tables)
    if not found:
        return contracts
    to = _table(_stretches(found))
    forever = ibis.timestamp(LAST)
    joined = contracts.left_join(to, contracts.account_id == to.whose)
    alone = joined.whose.isnull()
    start = (alone | (joined.started_at >= joined.from_at)).ifelse(
        joined.started_at, joined.from_at
    )
    ends = joined.ended_at.coalesce(forever)
    end = (alone | (ends <= joined.until_at)).ifelse(ends, joined.until_at)
    joined = joined.mutate(
        account_id=joined.life.coalesce(joined.account_id), started_at=start, final=end
    )
    joined = joined.filter(joined.whose.isnull() | (joined.started_at < joined.final))
    return joined.mutate(ended_at=joined.final.nullif(forever)).select(*contracts.columns)


def of_survivors(ends: ibis.Table, tables: Tables) -> ibis.Table:
    """Return the ends of spells (``account_id``, ``ended_at``) without those of ceased accounts."""
    found = merges(tables)
    if not found:
        return ends
    ceased: list[Stretch] = []
    for part in components(found):
        for first, last, into in segments(part):
            ceased += [(account, survivor, first, last) for account, survivor in into.items()]
    gone = _table(ceased)
    return ends.anti_join(
        gone,
        [
            ends.account_id == gone.whose,
            ends.ended_at >= gone.from_at,
            ends.ended_at < gone.until_at,
        ],
    )


def _stretches(found: Sequence[Merge]) -> list[Stretch]:
    stretches = []
    for part in components(found):
        accounts = members(part)
        for first, last, into in segments(part):
            whole: dict[str, list[str]] = {}
            for account in accounts:
                whole.setdefault(into.get(account, account), []).append(account)
            for one in whole.values():
                stretches += [(whose, life, first, last) for life in one for whose in one]
    return stretches


def _table(stretches: Sequence[Stretch]) -> ibis.Table:
    columns = {
        "whose": pa.array([stretch[0] for stretch in stretches], pa.string()),
        "life": pa.array([stretch[1] for stretch in stretches], pa.string()),
        "from_at": pa.array([stretch[2] for stretch in stretches], pa.timestamp("us")),
        "until_at": pa.array([stretch[3] for stretch in stretches], pa.timestamp("us")),
    }
    return ibis.memtable(pa.table(columns))


def _events(events: ibis.Table, stretches: Sequence[Stretch]) -> ibis.Table:
    to = _table(stretches)
    joined = events.left_join(to, events.account_id == to.whose)
    inside = (joined.occurred_at >= joined.from_at) & (joined.occurred_at < joined.until_at)
    joined = joined.filter(joined.whose.isnull() | inside)
    return joined.mutate(account_id=joined.life.coalesce(joined.account_id)).select(*events.columns)


def _left_behind(rows: ibis.Table, found: Sequence[Merge], shared: Sequence[Shared]) -> ibis.Table:
    """Return the contracts; one that went along with a merge ends in its old account with it.

    Its row there is often never touched again and would seem to run for ever.
    """
    lasting = [merge for merge in found if merge.until is None]
    into = survivors(lasting)
    left = [
        {"old": merge.account, "moved": one.subscription_id, "moved_at": merge.since}
        for merge in lasting
        for one in shared
        if merge.account in one.part and into[merge.account] in one.part
    ]
    if not left:
        return rows
    kinds = {"old": pa.string(), "moved": pa.string(), "moved_at": pa.timestamp("us")}
    moved = ibis.memtable(pa.Table.from_pylist(left, pa.schema(kinds)))
    joined = rows.left_join(
        moved, [rows.account_id == moved.old, rows.subscription_id == moved.moved]
    )
    ends = joined.ended_at.isnull() | (joined.ended_at > joined.moved_at)
    went = joined.moved_at.notnull() & ends
    return joined.mutate(ended_at=went.ifelse(joined.moved_at, joined.ended_at)).select(
        *rows.columns
    )


def _answers(found: Sequence[Merge]) -> list[Answer]:
    return [
        (whose, account, account, first, last)
        for part in components(found)
        for account in members(part)
        for whose, first, last in answering(part, account)
    ]
