"""A sample of one source, held in memory, and what its values look like."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import duckdb

from features.checks.upstream.watched import WatchedColumn, WatchedTable, quoted

SAMPLE_TABLE = "delivery_sample"
"""Temporary table of the sample: canonical columns, `DAY`, what could not be read."""
DAY = '"day of the row"'
"""Its column with the day since 1970, called as no company calls one."""
SAMPLE = 40_000
"""Most rows of a sample."""
_BLOCK = 128
_LOOKED_AT = 1_000


@dataclass(frozen=True)
class Category:
    """One value of a categorical column: how many rows, on how many days, from when to when."""

    value: str
    rows: int
    days: int
    first: int
    last: int
    longest_gap: int


@dataclass(frozen=True)
class Sample:
    """One row in ``every`` of a table, a power of two, whole blocks at a time."""

    every: int

    @classmethod
    def draw(cls, con: duckdb.DuckDBPyConnection, watched: WatchedTable, rows: int) -> Self:
        """Make `SAMPLE_TABLE` from a source of so many rows; the same source gives the same."""
        every = one_in(rows)
        where = f" WHERE {in_sample(watched.row_number, every)}" if every > 1 else ""
        known = watched.known
        relation = watched.relation if known is None or known.every > every else known.sample
        parts = [f"CAST(NULL AS BIGINT) AS {DAY}"]
        if watched.time is not None:
            parts = [f"{day_of(watched.time.value)} AS {DAY}"]
        for n, column in enumerate(watched.columns):
            parts.append(f"{column.value} AS {quoted(column.canonical)}")
            if column.source_type == "VARCHAR" and column.kind != "text":
                parts.append(f"{column.raw} AS {quoted(f'raw {n}')}")
            if column.unreadable != "false":
                parts.append(f"{column.unreadable} AS {quoted(f'unreadable {n}')}")
        select = f"SELECT {', '.join(parts)} FROM {relation}{where}"
        con.execute(f"CREATE OR REPLACE TEMP TABLE {SAMPLE_TABLE} AS {select}")
        return cls(every)


def one_in(rows: int) -> int:
    """Return of how many rows one is in the sample of so many: a power of two."""
    return 1 << max(0, -(-rows // SAMPLE) - 1).bit_length()


def in_sample(row_number: str, every: int) -> str:
    """Return SQL for whether a row is in the sample; who is in one is in each with fewer rows."""
    return f"({row_number} & {every * _BLOCK - 1}) < {_BLOCK}"


def day_of(time: str) -> str:
    """Return SQL for the day since 1970 on which ``time``, an SQL expression, lies."""
    return f"CAST({time} AS DATE) - DATE '1970-01-01'"


def figures(con: duckdb.DuckDBPyConnection, watched: WatchedTable) -> list[dict[str, Any]]:
    """Return, column by column, what the values of the sample are like."""
    columns = watched.columns
    if not columns:
        return []
    own = quoted(watched.time.canonical) if watched.time else "CAST(NULL AS TIMESTAMP)"
    parts = [part for column in columns for part in _figures(column, own)]
    row = con.execute(f"SELECT {', '.join(parts)} FROM {SAMPLE_TABLE}").fetchall()[0]
    parts = [part for n, column in enumerate(columns) for part in _looks(n, column)]
    few = f"(SELECT * FROM {SAMPLE_TABLE} LIMIT {_LOOKED_AT})"
    looks = con.execute(f"SELECT {', '.join(parts)} FROM {few}").fetchall()[0]
    return [_read(row[5 * n : 5 * n + 5], looks[4 * n : 4 * n + 4]) for n in range(len(columns))]


def _figures(column: WatchedColumn, own: str) -> list[str]:
    value, nothing = quoted(column.canonical), "CAST(NULL AS DOUBLE)"
    number, time = column.kind in ("number", "integer"), column.kind == "time"
    days = f"(epoch_us({value}) - epoch_us({own})) / 86400e6"
    return [
        f"approx_count_distinct({value})",
        f"stddev_samp(ln(abs(nullif(CAST({value} AS DOUBLE), 0))))" if number else nothing,
        f"avg(CAST({value} = floor({value}) AS INTEGER))" if number else nothing,
        f"histogram(hour({value}))" if time else "CAST(NULL AS MAP(BIGINT, UBIGINT))",
        f"[avg({days}), stddev_samp({days})]" if time else f"[{nothing}, {nothing}]",
    ]


def _looks(n: int, column: WatchedColumn) -> list[str]:
    """Return SQL that counts the texts, and those that could be a number, a time or a truth."""
    if column.source_type != "VARCHAR":
        return ["0", "0", "0", "0"]
    held = quoted(column.canonical if column.kind == "text" else f"raw {n}")
    raw = f"nullif(trim({held}), '')"
    truths = "('true', 'false', 'yes', 'no', 't', 'f', 'y', 'n')"
    return [
        f"count({raw})",
        f"count(try_cast({raw} AS DOUBLE))",
        f"count(try_cast({raw} AS TIMESTAMP))",
        f"count(*) FILTER (lower({raw}) IN {truths})",
    ]


def _read(row: Sequence[Any], looks: Sequence[int]) -> dict[str, Any]:
    distinct, spread, whole, hours, offset = row
    filled, *counts = looks
    shares = zip(("number", "time", "truth"), counts, strict=True)
    by_hour = dict(hours or {})
    total = sum(by_hour.values())
    return {
        "distinct": distinct,
        "looks": {kind: n / filled for kind, n in shares if n} if filled else {},
        "spread": spread,
        "whole": whole,
        "hours": tuple(by_hour.get(h, 0) / total for h in range(24)) if total else (),
        "offset": offset[0],
        "offset_spread": offset[1],
    }


def categories(con: duckdb.DuckDBPyConnection, column: WatchedColumn, until: int) -> list[Category]:
    """Return every value with its rows and days in the sample, the most frequent first."""
    value = quoted(column.canonical)
    rows = con.execute(
        "SELECT value, sum(n), count(*) FILTER (inside), coalesce(min(day) FILTER (inside), 0), "
        "coalesce(max(day) FILTER (inside), 0), "
        "coalesce(max(gap) FILTER (inside), 0) FROM (SELECT *, "
        "day - lag(day) OVER (PARTITION BY value ORDER BY day) AS gap, "
        f"coalesce(day < {until}, false) AS inside FROM ("
        f"SELECT CAST({value} AS VARCHAR) AS value, {DAY} AS day, count(*) AS n "
        f"FROM {SAMPLE_TABLE} WHERE {value} IS NOT NULL GROUP BY 1, 2)) "
        "GROUP BY value ORDER BY 2 DESC, 1"
    ).fetchall()
    return [Category(*row) for row in rows]
