"""Measuring a delivery in DuckDB: the rows of each day, and the values of a sample held in memory.

A table of up to ``SAMPLE`` rows is its own sample; of a larger one every n-th block of rows is
taken, wherever in the file it lies, so the cost hardly grows with the table.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import duckdb

from features.checks.upstream.profile import (
    EPOCH,
    RECENT_DAYS,
    ColumnProfile,
    TableProfile,
    day_after,
)
from features.checks.upstream.sampling import (
    DAY,
    SAMPLE_TABLE,
    Category,
    Sample,
    categories,
    day_of,
    figures,
)
from features.checks.upstream.watched import MATURING, WatchedColumn, WatchedTable, quoted
from features.tables import TABLES

KEPT_DAYS = 400
MOST_CATEGORIES = 60
_IDENTITIES = 256
_OLDEST = -719_162
"""Day of the year 1: before it lies only minus infinity."""


@dataclass(frozen=True)
class Series:
    """One column of the sample day by day; lists as long as the table's days.

    Attributes
    ----------
    filled, sized, unreadable : list of int
        Rows with a value, with a number other than 0, with something that cannot be read.
    low, high : list
        Smallest and largest number, or hash of any other value: equal where all are the same.
    logs : list of float
        Sum of ln |value|.
    """

    filled: list[int]
    low: list[Any]
    high: list[Any]
    sized: list[int]
    logs: list[float]
    unreadable: list[int]


@dataclass(frozen=True)
class Measured:
    """A delivery of one table: its profile and, day by day, what breaks are looked for in.

    Attributes
    ----------
    days : list of int
        Days since 1970 with rows, ascending, before the end of what was observed.
    rows, seen : list of int
        Rows of each day, and those of them in the sample.
    every : int
        Of so many rows one is in the sample.
    series : dict of str to Series
    categories : dict of str to list of Category
    own_days : dict of str to list of int
        For times that follow the row's own: the days on which they lie, ascending.
    """

    watched: WatchedTable
    profile: TableProfile
    days: list[int]
    rows: list[int]
    seen: list[int]
    every: int
    series: dict[str, Series]
    categories: dict[str, list[Category]]
    own_days: dict[str, list[int]]


def measure(
    con: duckdb.DuckDBPyConnection, watched: WatchedTable, kept: int, end: datetime
) -> Measured:
    """Return what there is to know about one table of the delivery.

    The sample is left in the temporary table `SAMPLE_TABLE`, with the day of each row.
    """
    until = day_after(end)
    counted = _counted(con, watched)
    total = sum(rows for _, rows in counted)
    sample = Sample.draw(con, watched, total)
    table = _by_day(con, watched)
    found = figures(con, watched)
    columns, kinds = {}, {}
    for at, column in enumerate(watched.columns):
        profile = _column(column, table, at, found[at], until)
        filled = round(total * (1 - profile.missing))
        if column.may_be_category and profile.distinct <= _most_kinds(watched, column, filled):
            kinds[column.canonical] = categories(con, column, until)
            profile = _with_categories(profile, kinds[column.canonical])
        columns[column.canonical] = profile
    inside = [(day, rows) for day, rows in counted if day is not None and _OLDEST <= day < until]
    by_day = {row[0]: row for row in table}
    own_days = _own_days(con, watched, until)
    columns |= {c: replace(columns[c], last=max(d, default=None)) for c, d in own_days.items()}
    nothing = (None, 0, *(value for _ in watched.columns for value in (0, None, None, 0, 0.0, 0)))
    lines = [by_day.get(day, nothing) for day, _ in inside]
    return Measured(
        watched=watched,
        profile=_profile(con, watched, counted, inside, kept, end, columns),
        days=[day for day, _ in inside],
        rows=[rows for _, rows in inside],
        seen=[line[1] for line in lines],
        every=sample.every,
        series={c.canonical: _series(lines, at) for at, c in enumerate(watched.columns)},
        categories=kinds,
        own_days=own_days,
    )


def _most_kinds(watched: WatchedTable, column: WatchedColumn, filled: int) -> int:
    """Return how many different values a column may have whose values are kinds of rows.

    Of a column that the contract does not know, a value may be an address or a remark: there,
    values that most rows have for themselves are no kinds, and are not kept.
    """
    contract = TABLES.get(watched.table)
    own = contract is None or column.canonical not in contract.columns
    return min(MOST_CATEGORIES, filled // 2) if own else MOST_CATEGORIES


def _counted(con: duckdb.DuckDBPyConnection, watched: WatchedTable) -> list[tuple[int | None, int]]:
    """Return each day with its rows, all rows counted."""
    if watched.known is not None:
        return list(watched.known.days)
    day = "CAST(NULL AS BIGINT)"
    if watched.time is not None:
        day = day_of(watched.time.value)
    query = f"SELECT {day} AS day, count(*) FROM {watched.relation} GROUP BY 1 ORDER BY 1"
    return con.execute(query).fetchall()


def _first_time(con: duckdb.DuckDBPyConnection, watched: WatchedTable) -> datetime | None:
    """Return the time of the first row; a query of its own is answered by a file's statistics."""
    if watched.time is None:
        return None
    if watched.known is not None:
        return watched.known.first
    query = f"SELECT min({watched.time.value}) FROM {watched.relation}"
    found: list[tuple[datetime | None]] = con.execute(query).fetchall()
    return found[0][0]


def _by_day(con: duckdb.DuckDBPyConnection, watched: WatchedTable) -> list[tuple[Any, ...]]:
    """Return per day of the sample: the day, its rows, then six figures per column."""
    parts = [DAY, "count(*)"]
    for n, c in enumerate(watched.columns):
        value, number = quoted(c.canonical), c.kind in ("number", "integer")
        held = value if number else f"hash({value})"
        where = "" if number else f" FILTER ({value} IS NOT NULL)"
        sized = f"nullif(CAST({value} AS DOUBLE), 0)"
        parts += [
            f"count({value})",
            f"min({held}){where}",
            f"max({held}){where}",
            f"count({sized})" if number else "0",
            f"coalesce(sum(ln(abs({sized}))), 0)" if number else "0.0",
            "0" if c.unreadable == "false" else f"count(*) FILTER ({quoted(f'unreadable {n}')})",
        ]
    query = f"SELECT {', '.join(parts)} FROM {SAMPLE_TABLE} GROUP BY 1 ORDER BY 1"
    return con.execute(query).fetchall()


def _series(lines: Sequence[tuple[Any, ...]], at: int) -> Series:
    first = 2 + 6 * at
    filled, low, high, sized, logs, unreadable = (
        [row[first + n] for row in lines] for n in range(6)
    )
    return Series(filled, low, high, sized, logs, unreadable)


def _column(
    column: WatchedColumn,
    table: Sequence[tuple[Any, ...]],
    at: int,
    sampled: dict[str, Any],
    until: int,
) -> ColumnProfile:
    first = 2 + 6 * at
    total = sum(row[1] for row in table)
    filled = sum(row[first] for row in table)
    young = [row for row in table if row[0] is not None and until - RECENT_DAYS <= row[0] < until]
    young_rows, young_filled = sum(row[1] for row in young), sum(row[first] for row in young)
    ages = {until - 1 - row[0]: (row[1], row[first]) for row in young}
    lows = [row[first + 1] for row in table if row[first]]
    highs = [row[first + 2] for row in table if row[first]]
    number = column.kind in ("number", "integer")
    sized = sum(row[first + 3] for row in table)
    one = bool(lows) and min(lows) == max(highs)
    return ColumnProfile(
        source=column.source,
        source_type=column.source_type,
        kind=column.kind,
        missing=1 - filled / total if total else 0.0,
        missing_recent=1 - young_filled / young_rows if young_rows else 0.0,
        unreadable=sum(row[first + 5] for row in table) / total if total else 0.0,
        distinct=(1 if one else max(2, sampled["distinct"])) if filled else 0,
        looks=sampled["looks"],
        magnitude=sum(row[first + 4] for row in table) / sized if sized else None,
        spread=sampled["spread"],
        low=float(min(lows)) if number and lows else None,
        high=float(max(highs)) if number and highs else None,
        whole=sampled["whole"],
        hours=sampled["hours"],
        offset=sampled["offset"],
        offset_spread=sampled["offset_spread"],
        ages=tuple(ages.get(age, (0, 0)) for age in range(RECENT_DAYS)),
    )


def _with_categories(profile: ColumnProfile, kinds: Sequence[Category]) -> ColumnProfile:
    filled = sum(kind.rows for kind in kinds)
    shares = {kind.value: kind.rows / filled for kind in kinds[:MOST_CATEGORIES]}
    return replace(profile, shares=shares, is_category=len(kinds) <= MOST_CATEGORIES)


def _own_days(
    con: duckdb.DuckDBPyConnection, watched: WatchedTable, until: int
) -> dict[str, list[int]]:
    """Return the days on which the times lie that follow the row's own."""
    found = {}
    for column in watched.columns:
        if column.kind != "time" or (watched.table, column.canonical) not in MATURING:
            continue
        day = f"epoch_us({quoted(column.canonical)}) // 86400000000"
        rows = con.execute(
            f"SELECT DISTINCT {day} AS d FROM {SAMPLE_TABLE} WHERE {day} < {until} ORDER BY d"
        ).fetchall()
        found[column.canonical] = [day for (day,) in rows]
    return found


def _profile(
    con: duckdb.DuckDBPyConnection,
    watched: WatchedTable,
    counted: Sequence[tuple[int | None, int]],
    inside: Sequence[tuple[int, int]],
    kept: int,
    end: datetime,
    columns: dict[str, ColumnProfile],
) -> TableProfile:
    last = inside[-1][0] if inside else None
    counts = dict(inside)
    first = inside[0][0] if inside else 0
    oldest = max(first, last - KEPT_DAYS + 1) if last is not None else 0
    spans = range(oldest, last + 1) if last is not None else range(0)
    begun = _first_time(con, watched)
    return TableProfile(
        table=watched.table,
        mapping=watched.mapping,
        rows=sum(rows for _, rows in counted),
        kept=kept,
        recent_rows=sum(n for day, n in inside if day >= (end.date() - EPOCH).days - RECENT_DAYS),
        first_time=begun.isoformat() if begun else "",
        end=end.isoformat(),
        first_day=first if inside else None,
        last_day=last,
        day_rows=tuple(counts.get(day, 0) for day in spans),
        columns=columns,
        there=dict(watched.there),
        identities=_identities(con, watched),
        files=watched.files,
        outside=sum(rows for _, rows in counted) - sum(counts.values()),
    )


def _identities(con: duckdb.DuckDBPyConnection, watched: WatchedTable) -> tuple[str, ...]:
    """Return the smallest hashes of the account ids."""
    key = next((c for c in watched.columns if c.canonical == "account_id"), None)
    if key is None or watched.table not in ("accounts", "flat"):
        return ()
    rows = con.execute(
        f"SELECT DISTINCT left(md5({key.value}), 12) AS h FROM {watched.relation} "
        f"WHERE ({key.value}) IS NOT NULL ORDER BY h LIMIT {_IDENTITIES}"
    ).fetchall()
    return tuple(h for (h,) in rows)
