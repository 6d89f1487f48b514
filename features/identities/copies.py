"""The copies of merged accounts, one per epoch, and which of them counts at a cut-off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from features.engines.light import ibis

if TYPE_CHECKING:
    from features.sources import Tables

SPANS = "spans of merged accounts"
"""Name under which tables keep which copy counts when."""


@dataclass(frozen=True)
class Copy:
    """One account's place in one epoch: its rows go by ``key``, as part of ``survivor``."""

    account: str
    key: str
    survivor: str
    from_c: int
    until_c: int


def as_rows(copies: Sequence[Copy]) -> ibis.Table:
    """Return the accounts (``copied``) with their ``key`` and ``survivor``, a row for each copy."""
    columns = {
        "copied": pa.array([copy.account for copy in copies], pa.string()),
        "key": pa.array([copy.key for copy in copies], pa.string()),
        "survivor": pa.array([copy.survivor for copy in copies], pa.string()),
    }
    return ibis.memtable(pa.table(columns))


def epochs(copies: Sequence[Copy]) -> ibis.Table:
    """Return when each copy (``span_key``) counts: from ``from_c`` until ``until_c``."""
    each = {copy.key: copy for copy in copies}
    columns = {
        "span_key": pa.array(list(each), pa.string()),
        "survivor": pa.array([copy.survivor for copy in each.values()], pa.string()),
        "from_c": pa.array([copy.from_c for copy in each.values()], pa.int64()),
        "until_c": pa.array([copy.until_c for copy in each.values()], pa.int64()),
    }
    return ibis.memtable(pa.table(columns))


def valid(rows: ibis.Table, tables: Tables) -> ibis.Table:
    """Return the rows (``c``, ``account_id``) whose copy counts at their cut-off."""
    if SPANS not in tables:
        return rows
    spans = tables[SPANS]
    joined = rows.left_join(spans, rows.account_id == spans.span_key)
    inside = (joined.from_c <= joined.c) & (joined.c < joined.until_c)
    return joined.filter(joined.span_key.isnull() | inside).select(*rows.columns)


def shown(rows: ibis.Table, tables: Tables) -> ibis.Table:
    """Return the rows with the surviving account's id in place of a copy's name."""
    if SPANS not in tables:
        return rows
    spans = tables[SPANS]
    joined = rows.left_join(spans, rows.account_id == spans.span_key)
    account = joined.survivor.coalesce(joined.account_id)
    return joined.mutate(account_id=account).select(*rows.columns)
