"""The stored days as tables, for the views that features are made of."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import duckdb
import ibis

from features import usage, windows
from features.digests.batches import FILE_BITS
from features.digests.digesting import Meaning
from features.digests.segment import PARTS
from features.digests.shelf import Shelf
from features.sources.connection import name, text
from features.sources.origin import ROW, Origin
from features.sources.typed import Typed


@dataclass(frozen=True)
class Digests:
    """What is stored of the events of one company.

    Attributes
    ----------
    parts : mapping of str to ibis.Table
        The views on the stored Parquet files, looked up beforehand: while a build computes in
        the background its connection answers nobody else.
    meaning : Meaning
        Which events count as use, and which have columns of their own.
    events : tuple of str
        Names of all events that occur.
    known : dict of int to int
        First cut-off day at which rows count → a sum of hashes of those rows.
    """

    parts: Mapping[str, ibis.Table]
    meaning: Meaning
    events: tuple[str, ...]
    known: dict[int, int]

    def has(self, named: Collection[str]) -> bool:
        """Return whether each of ``named`` has columns of its own in the stored days."""
        return set(named) <= set(self.meaning.named)

    def days(self, part: str, cut_days: Sequence[int], reach: int | None) -> ibis.Table:
        """Return the rows of ``account_days``, ``user_days`` or ``event_days`` that count.

        Days that came in several files have several rows.
        """
        return windows.within(self.parts[part], cut_days, reach)

    def key_days(
        self, key: Literal["user_id", "event"], cut_days: Sequence[int], reach: int | None
    ) -> ibis.Table:
        """Return `usage.days_per` of ``key``."""
        part = "user_days" if key == "user_id" else "event_days"
        return usage.days_per(self.days(part, cut_days, reach), key)

    def used(self) -> ibis.Table:
        """Return the days of use, as often as stored: ``account_id``, ``day``, ``known``."""
        rows = self.parts["account_days"]
        return rows.filter(rows.events > 0).select("account_id", "day", "known")

    def activity_days(self) -> ibis.Table:
        """Return each account's active days: ``account_id``, ``day``, ``known``."""
        rows = self.used()
        return rows.group_by(["account_id", "day"]).aggregate(known=rows.known.min())


def show(con: duckdb.DuckDBPyConnection, shelf: Shelf, columns: Iterable[str]) -> None:
    """Create a view on each part of the shelf, and ``main.events`` with ``columns``."""
    con.execute("CREATE SCHEMA IF NOT EXISTS digests")
    for part in PARTS:
        con.execute(f"CREATE OR REPLACE VIEW digests.{part} AS {_union(shelf, part)}")
    chosen = ", ".join([*map(name, columns), "day", "known"])
    con.execute(f"CREATE VIEW main.events AS SELECT {chosen} FROM digests.rows")


def as_stored(con: duckdb.DuckDBPyConnection, shelf: Shelf, table: Typed) -> Typed:
    """Return ``table`` with the stored rows for its source: sound ones, under canonical names."""
    relation = "digests.watched"
    files = ", ".join(text(str(segment.part("rows"))) for segment in shelf.segments)
    number = f"(CAST(file_index AS BIGINT) << {FILE_BITS}) + file_row_number"
    con.execute(
        f"CREATE OR REPLACE VIEW {relation} AS SELECT *, {number} AS {name(ROW)} "
        f"FROM read_parquet([{files}], file_row_number = true){_still(shelf)}"
    )
    columns = tuple(
        replace(
            m,
            value=name(m.canonical),
            raw=f"CAST({name(m.canonical)} AS VARCHAR)",
            unreadable="false",
        )
        for m in table.columns
    )
    return Typed(table.table, Origin(relation, table.origin.columns), columns)


def _still(shelf: Shelf) -> str:
    """Return the condition that leaves out the files that no longer count."""
    at = {segment.name: place for place, segment in enumerate(shelf.segments)}
    gone = [
        f"(file_index = {at[segment]} AND file IN ({', '.join(map(str, numbers))}))"
        for segment, numbers in shelf.gone.items()
        if numbers
    ]
    return f" WHERE NOT ({' OR '.join(gone)})" if gone else ""


def _union(shelf: Shelf, part: str) -> str:
    whole = [s for s in shelf.segments if not shelf.gone.get(s.name)]
    parts = []
    if whole:
        files = ", ".join(text(str(segment.part(part))) for segment in whole)
        parts.append(f"SELECT * EXCLUDE (file) FROM read_parquet([{files}])")
    for segment in shelf.segments:
        gone = shelf.gone.get(segment.name)
        if gone:
            parts.append(
                f"SELECT * EXCLUDE (file) FROM read_parquet({text(str(segment.part(part)))}) "
                f"WHERE file NOT IN ({', '.join(map(str, gone))})"
            )
    return " UNION ALL ".join(parts)
