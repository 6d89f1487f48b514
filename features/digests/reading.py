"""The stored days as tables, for the views that features are made of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

import duckdb

from features import usage, windows
from features.checks.upstream.watched import Known
from features.digests.batches import FILE_BITS
from features.digests.digesting import Meaning
from features.digests.rollups import LASTS, PLACE, last_days
from features.digests.segment import PARTS, Found
from features.digests.shelf import Shelf
from features.engines.light import ibis
from features.sources.connection import name, text
from features.sources.origin import ROW, Origin
from features.sources.typed import Typed

_OF_KEY = {"user_id": ("user_days", "last_users"), "event": ("event_days", "last_events")}


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

    def newest(
        self,
        key: Literal["user_id", "event"],
        cut_days: Sequence[int],
        reach: int | None,
        day_by_day: int = 0,
    ) -> ibis.Table:
        """Return days of ``key``, once or more: the last of each, and all lately.

        Parameters
        ----------
        day_by_day : int
            So many days before a cut-off every day is wanted, and not only the last.

        Returns
        -------
        ibis.Table
            ``account_id``, the key, ``day``, ``known``. Where a row counts only after the cut-off,
            and where there are several cut-offs, it has every day of ``reach``.
        """
        part, last = _OF_KEY[key]
        columns = ["account_id", key, "day", "known"]
        if not self.all_count(cut_days):
            return self.days(part, cut_days, reach).select(columns)
        rows = self.days(last, cut_days, reach).select(columns)
        if not day_by_day:
            return rows
        return ibis.union(rows, self.days(part, cut_days, day_by_day).select(columns))

    def last_used(self, cut_days: Sequence[int]) -> ibis.Table | None:
        """Return days of use with the last of each account, where all count at one cut-off."""
        return self.parts["last_days"] if self.all_count(cut_days) else None

    def all_count(self, cut_days: Sequence[int]) -> bool:
        """Return whether there is one cut-off and every stored row counts at it."""
        return len(cut_days) == 1 and max(self.known, default=0) <= cut_days[0]

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
    for last in LASTS:
        con.execute(f"CREATE OR REPLACE VIEW digests.{last} AS {_last(shelf, last)}")
    chosen = ", ".join([*map(name, columns), "day", "known"])
    con.execute(f"CREATE VIEW main.events AS SELECT {chosen} FROM digests.rows")


def as_stored(
    con: duckdb.DuckDBPyConnection, shelf: Shelf, table: Typed, placed: Iterable[Found]
) -> Typed:
    """Return ``table`` with the stored rows for its source: sound ones, under canonical names."""
    relation, sample = "digests.watched", "digests.sampled"
    for view, part, place in (
        (relation, "rows", "file_row_number"),
        (sample, "sample", name(PLACE)),
    ):
        files = ", ".join(text(str(segment.part(part))) for segment in shelf.segments)
        number = f"(CAST(file_index AS BIGINT) << {FILE_BITS}) + {place}"
        con.execute(
            f"CREATE OR REPLACE VIEW {view} AS SELECT *, {number} AS {name(ROW)} "
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
    origin = Origin(relation, table.origin.columns)
    return Typed(table.table, origin, columns, _known(shelf, placed, sample))


def _known(shelf: Shelf, placed: Iterable[Found], sample: str) -> Known:
    """Return the sound rows of each day, the first of all, and where their sample is."""
    rows: dict[int, int] = {}
    firsts = []
    for found in placed:
        for day, (count, first) in found.sound.items():
            rows[int(day)] = rows.get(int(day), 0) + count
            firsts.append(first)
    begun = min(map(datetime.fromisoformat, firsts), default=None)
    every = max((segment.every for segment in shelf.segments), default=1)
    return Known(tuple(sorted(rows.items())), begun, sample, every)


def _still(shelf: Shelf) -> str:
    """Return the condition that leaves out the files that no longer count."""
    at = {segment.name: place for place, segment in enumerate(shelf.segments)}
    gone = [
        f"(file_index = {at[segment]} AND file IN ({', '.join(map(str, numbers))}))"
        for segment, numbers in shelf.gone.items()
        if numbers
    ]
    return f" WHERE NOT ({' OR '.join(gone)})" if gone else ""


def _last(shelf: Shelf, last: str) -> str:
    """Return SQL for the last days of all segments, made anew where files no longer count."""
    parts = []
    for segment in shelf.segments:
        gone = shelf.gone.get(segment.name)
        stored = f"SELECT * FROM read_parquet({text(str(segment.part(last)))})"
        parts.append(last_days(last, segment.folder, gone) if gone else stored)
    return " UNION ALL ".join(parts)


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
