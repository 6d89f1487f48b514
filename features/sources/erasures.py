"""Tables without the accounts that were erased, whatever the source still holds."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.engines.light import ibis
from features.erased import Erased

if TYPE_CHECKING:
    from features.sources.load import Tables


def without_erased(tables: Tables, erased: Erased) -> tuple[Tables, frozenset[str]]:
    """Return the tables without the rows of erased accounts, and which of them the source holds.

    An account that was ever merged into an erased one goes with it: its rows would become that
    one's.
    """
    gone = erased.among(_accounts(tables)) if erased.subjects else frozenset()
    if not gone:
        return tables, gone
    gone = _with_merged(tables, gone)
    kept = {name: _without(table, gone) for name, table in tables.tables.items()}
    digests = tables.digests
    if digests is not None:
        parts = {name: _without(part, gone) for name, part in digests.parts.items()}
        digests = replace(digests, parts=parts)
    return replace(tables, tables=kept, digests=digests), gone


def quarantine_without(files: Iterable[Path], erased: Erased, gone: frozenset[str]) -> None:
    """Take the rows of erased accounts out of quarantine files, each in one replacement."""
    for file in files if erased.subjects else ():
        table = pq.read_table(file, partitioning=None)
        mentioned = gone | erased.among(_texts(table))
        if mentioned and (kept := rows_without(table, mentioned)).num_rows < table.num_rows:
            partial = file.with_name(f".{file.name}.{os.getpid()}")
            pq.write_table(kept, partial)
            partial.replace(file)


def rows_without(table: pa.Table, gone: Iterable[str]) -> pa.Table:
    """Return the rows in which no text is one of ``gone``; of a raw line, none that holds one."""
    wanted = pa.array(sorted(gone), pa.string())
    keep = pa.array([True] * table.num_rows)
    for name, column in _text_columns(table).items():
        found = pc.is_in(column, value_set=wanted)
        if name == "line":
            for one in wanted.to_pylist():
                found = pc.or_(found, pc.fill_null(pc.match_substring(column, one), False))
        keep = pc.and_(keep, pc.invert(found))
    return table.filter(keep)


def _accounts(tables: Tables) -> list[str]:
    named = ["accounts"] if "accounts" in tables else sorted(tables.tables)
    found: set[str] = set()
    for name in named:
        ids = tables[name].select("account_id").distinct().to_pyarrow()
        found |= set(ids["account_id"].to_pylist())
    if "identities" in tables:
        rows = tables["identities"].select("account_id", "merged_into").to_pyarrow().to_pydict()
        found |= {*rows["account_id"], *rows["merged_into"]}
    return sorted(one for one in found if one is not None)


def _with_merged(tables: Tables, gone: frozenset[str]) -> frozenset[str]:
    """Return ``gone`` with every account that was merged into one of them, however far back."""
    if "identities" not in tables:
        return gone
    rows = tables["identities"].select("account_id", "merged_into").to_pyarrow().to_pylist()
    found, before = set(gone), set[str]()
    while found != before:
        before = set(found)
        found |= {row["account_id"] for row in rows if row["merged_into"] in found}
    return frozenset(found)


def _without(table: ibis.Table, gone: frozenset[str]) -> ibis.Table:
    if "account_id" not in table.columns:
        return table
    return table.filter(table.account_id.notin(sorted(gone)))


def _text_columns(table: pa.Table) -> Mapping[str, pa.ChunkedArray]:
    return {
        name: table[name].cast(pa.string())
        for name in table.column_names
        if pa.types.is_string(table.schema.field(name).type)
        or pa.types.is_large_string(table.schema.field(name).type)
    }


def _texts(table: pa.Table) -> set[str]:
    return {value for column in _text_columns(table).values() for value in column.to_pylist()}
