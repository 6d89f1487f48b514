"""The rows of each instant, some instants at a time, as snapshots."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from features import windows
from features.catalogue import Declaration
from features.engines import Ranges, size
from features.facts import FACT_KINDS
from features.snapshots.snapshot import Snapshot

if TYPE_CHECKING:
    from features.sources import Tables

JOINED_TOGETHER = 500_000
"""Rows of whole instants that are put together at once, about, where accounts are many."""
LEAST_GROUPS = 2
"""Parts in which the instants are put together at least: all at once, their rows would be the
largest thing in memory, and the next part is put together while one is written."""


def groups(tables: "Tables", as_ofs: Sequence[datetime]) -> list[Sequence[datetime]]:
    """Return the instants, parted into those whose rows are put together at once."""
    accounts = max(1, size(tables.tables, "accounts"))
    many = max(1, min(JOINED_TOGETHER // accounts, -(-len(as_ofs) // LEAST_GROUPS)))
    return [as_ofs[first : first + many] for first in range(0, len(as_ofs), many)]


def shown(
    ranges: Ranges, table: str, groups: Sequence[Sequence[datetime]]
) -> Iterator[Future[pa.Table]]:
    """Yield the rows of each instant from a kept table that is computed for each group."""
    for group in groups:
        ranges.show(windows.day_number(group[0]), windows.day_number(group[-1]))
        yield from ranges.each(table, group)


def told(
    tables: Iterator[pa.Table],
    as_ofs: Sequence[datetime],
    declared: Sequence[Declaration],
    kept: ExitStack,
    tell: Callable[[int, str], None],
) -> Iterator[Snapshot]:
    """Yield the rows of each instant as a snapshot, and say which is done."""
    features = tuple(d.feature for d in declared)
    with kept:
        for done, (as_of, rows) in enumerate(zip(as_ofs, tables, strict=True), start=1):
            yield Snapshot(_cast(rows, declared), features)
            tell(done, str(as_of.date()))


def _cast(table: pa.Table, declared: Iterable[Declaration]) -> pa.Table:
    """Return ``table`` with the contract's Arrow types, in one chunk."""
    kinds = [("account_id", pa.string()), ("as_of", pa.timestamp("us")), *FACT_KINDS.items()]
    for declaration in declared:
        text = declaration.feature.kind == "category"
        kinds.append((declaration.feature.name, pa.string() if text else pa.float64()))
    return table.cast(pa.schema(kinds)).combine_chunks()
