"""What a snapshot is made from, named: equal names mean that it need not be built again.

Every row adds a hash of its values at the first cut-off at which it counts; a time that a row
gets later (when a contract ended, a ticket was resolved, an invoice was paid) adds the row again
at the cut-off from which it is seen. The sum up to a cut-off names all that was known there, in
any order of rows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

import duckdb

from features import windows
from features.catalogue import catalog
from features.engines.compiled import CODE, Compiled, key
from features.engines.light import ibis
from features.engines.plain import plain
from features.settings import Settings
from features.sources.connection import name, text
from features.tables import TABLES
from features.windows import Expression

if TYPE_CHECKING:
    from features.sources import Tables

SETTLED = {"subscriptions": "ended_at", "tickets": "resolved_at", "invoices": "paid_at"}
"""The time of a row that no snapshot sees before it has passed."""
_FROM = "from day"
_ALWAYS = 0
_PRIME = 2**61 - 1


def states(
    tables: Tables, settings: Settings, as_ofs: Sequence[datetime]
) -> dict[datetime, str | None]:
    """Return for each instant a name of all that its snapshot is made from.

    None where the tables are not in the embedded DuckDB: there everything is built.
    """
    if tables.backend.name != "duckdb":
        return dict.fromkeys(as_ofs)
    common = _common(tables, settings)
    sums = _sums(tables, settings)
    return {as_of: _named(common, sums, windows.day_number(as_of)) for as_of in as_ofs}


def _named(common: str, sums: Mapping[str, Mapping[int, int]], c: int) -> str:
    known = [
        [table, sum(value for day, value in by_day.items() if day <= c) % _PRIME]
        for table, by_day in sums.items()
    ]
    return sha256(json.dumps([common, known]).encode()).hexdigest()[:16]


def _common(tables: Tables, settings: Settings) -> str:
    """Return a name of what all instants share: the settings, the catalogue, the code."""
    said = settings.model_dump(
        mode="json", include={"churn": True, "features": True, "snapshots": {"windows_days"}}
    )
    features = [[f.name, f.kind, f.source] for f in catalog(settings, tables)]
    columns = {table: list(tables.columns(table)) for table in sorted(tables.tables)}
    parts = [said, settings.company.currency, features, columns, CODE, duckdb.__version__]
    return sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def _sums(tables: Tables, settings: Settings) -> dict[str, dict[int, int]]:
    """Return by table and first cut-off day the sum of hashes of the rows that count from it.

    All in one query: small tables are summed side by side.
    """
    found: dict[str, dict[int, int]] = {table: {} for table in sorted(tables.tables)}
    if tables.digests is not None:
        found["events"] = dict(tables.digests.known)
    parts = [
        f"SELECT {text(table)}, * FROM ({query})"
        for table in found
        if table != "events" or tables.digests is None
        for query in _queries(tables, settings, table)
    ]
    rows = tables.backend.con.execute(" UNION ALL ".join(parts)).fetchall()
    for table, day, count, summed in rows:
        found[table][day] = found[table].get(day, 0) + count + int(summed)
    return found


def _queries(tables: Tables, settings: Settings, table: str) -> list[str]:
    """Return the queries whose answers add up to `_sums`, kept where they are always the same."""

    def write() -> list[str]:
        return [_query(tables, part) for part in _effective(tables[table], table)]

    said = plain(tables.tables, table)
    if said is None or not settings.root.is_absolute():
        return write()
    return Compiled(settings.workspace).texts(key("inputs", table, said), write)


def _query(tables: Tables, rows: ibis.Table) -> str:
    values = ", ".join(name(column) for column in rows.columns if column != _FROM)
    return (
        f'SELECT "{_FROM}", count(*), sum(CAST(hash({values}) AS HUGEINT)) % {_PRIME} '
        f"FROM ({tables.backend.compile(rows)}) GROUP BY 1"
    )


def _effective(rows: ibis.Table, table: str) -> list[ibis.Table]:
    """Return the rows with ``from day``, and again where a time of theirs is settled later."""
    time, later = TABLES[table].time, SETTLED.get(table)
    if table == "identities" or time is None or time not in rows.columns:
        return [rows.mutate(**{_FROM: ibis.literal(_ALWAYS, "int64")})]
    known = windows.placed(rows, time)
    began = known.known.coalesce(_ALWAYS)
    if later not in rows.columns:
        return [_at(known, began, rows.columns)]
    settled = known.filter(known[later].notnull())
    seen = ibis.greatest(settled.known, windows.day_of(settled[later]) + 1)
    first = [column for column in rows.columns if column != later]
    return [_at(known, began, first), _at(settled, seen, rows.columns)]


def _at(rows: ibis.Table, day: Expression, columns: Sequence[str]) -> ibis.Table:
    """Return ``columns`` of the rows with ``from day``."""
    return rows.select(*columns, **{_FROM: day})
