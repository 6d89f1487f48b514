"""Kinds of rows that are written because an account leaves: a farewell ticket, a closing event."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from features import labels
from features.checks.leaks.report import Leak
from features.engines.light import ibis
from features.settings import Settings
from features.tables import TABLES

if TYPE_CHECKING:
    from features.sources import Tables

KINDS = (("tickets", "category"), ("messages", "kind"), ("events", "event"))
ENOUGH = 10
"""Fewer accounts prove nothing."""
NEARLY_ALL = 0.95
NEAR = timedelta(days=1)
"""From so long before the end a row may belong to it."""


def written_by_leaving(tables: Tables, settings: Settings) -> Iterator[Leak]:
    """Yield kinds of rows of which nearly all lie at the end of an account or after it."""
    if settings.churn.source == "inactivity":
        return
    gone = labels.departures(tables, settings)
    if gone.num_rows < ENOUGH:
        return
    ends = ibis.memtable(gone.rename_columns(["gone", "left_at"]))
    final = ends.group_by("gone").aggregate(left_at=ends.left_at.max())
    for table, column in KINDS:
        if table not in tables or column not in tables[table].columns:
            continue
        rows = tables[table]
        time = rows[TABLES[table].time or ""]
        rows = rows.select("account_id", value=rows[column].lower(), at=time)
        joined = rows.left_join(final, rows.account_id == final.gone)
        joined = joined.filter(joined.value.notnull())
        late = (joined.at >= joined.left_at - ibis.interval(days=NEAR.days)).coalesce(False)
        told = joined.group_by("value").aggregate(
            rows=joined.count(), late=late.sum(), accounts=joined.account_id.nunique()
        )
        told = told.filter((told.accounts >= ENOUGH) & (told.late >= told.rows * NEARLY_ALL))
        for row in told.order_by("value").to_pyarrow().to_pylist():
            yield _leak(table, column, row)


def _leak(table: str, column: str, row: dict[str, int]) -> Leak:
    value = row["value"]
    return Leak(
        "K407",
        "column",
        f"{table}.{column} = {value}",
        (),
        row["rows"],
        f"{row['late']:,} of {row['rows']:,} rows of {table} with {column} '{value}' lie at the "
        f"end of their account or after it ({row['accounts']:,} accounts): they are written "
        "because it leaves. Dated back, they would tell who does.",
        f"Leave them out of [tables.{table}] with SQL, or date them by when they were written.",
    )
