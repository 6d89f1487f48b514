"""Breaks inside one delivery: from some day on a column is another than in all its days before.

The days are held against the delivery's own past, so the first delivery is judged as well. A break
counts when it lasts to the end, is half as long again as any like it in the past, and chance does
not explain it among the accounts it touches: rows of one account, or of one mailing, go together.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from features.checks.upstream.findings import UNLIKELY, finding, percent
from features.checks.upstream.measuring import Measured, Series
from features.checks.upstream.profile import on
from features.checks.upstream.sampling import DAY, SAMPLE_TABLE, day_of
from features.checks.upstream.values import UNIT, size, times
from features.checks.upstream.watched import MATURING, WatchedColumn, quoted
from features.checks.violations import Violation

_PAST_DAYS = 14
"""Days with rows that a past must have to be held against."""
_LOOK_BACK = 270
"""Days with rows among which a run like it is looked for; a company's first days are others."""
_FEW_ACCOUNTS = 5
_STRAYS = 0.5
"""Share of rows with another value that a frozen column may have beyond the sample: it may have
frozen in the course of the first day."""
_SHORT = math.log(10)
"""A jump of unit in new rows only: they are fewer than all rows."""


@dataclass(frozen=True)
class Run:
    """The last days of a column on which something held, and the past without it.

    Attributes
    ----------
    since : int
        First of those days, since 1970.
    first : int
        Its place among the table's days.
    days, longest_before : int
        Length of the run and of the longest one before, in days with rows.
    """

    since: int
    first: int
    days: int
    longest_before: int

    @property
    def stands_out(self) -> bool:
        """Whether no run like it happened before."""
        return self.days > 1.5 * self.longest_before


def last_run(days: Sequence[int], flags: Sequence[bool | None]) -> Run | None:
    """Return the run of true flags that lasts to the end; None flags do not count as days.

    Examples
    --------
    >>> last_run([1, 2, 3, 4, 5], [False, True, False, None, True])
    Run(since=5, first=4, days=1, longest_before=1)
    """
    seen = [n for n, flag in enumerate(flags) if flag is not None]
    lengths, length = [0], 0
    for n in seen:
        length = length + 1 if flags[n] else 0
        lengths.append(length)
    run = lengths[-1]
    if not run:
        return None
    first = seen[len(seen) - run]
    longest = max(lengths[: len(seen) - run + 1][-_LOOK_BACK:])
    if len(seen) - run < _PAST_DAYS:
        return None
    return Run(days[first], first, run, longest)


def breaks(con: duckdb.DuckDBPyConnection, now: Measured) -> Iterator[Violation]:
    """Yield every column that broke on some day and stayed so, with that day."""
    if now.watched.time is None or len(now.days) < _PAST_DAYS:
        return
    for column in now.watched.columns:
        series = now.series[column.canonical]
        found = _unread(now, column, series) or _emptied(now, column, series)
        found = found or _one_value(con, now, column, series)
        if found is None and any(series.sized):
            found = _other_unit(con, now, column, series)
        if found is not None:
            yield found


def _unread(now: Measured, column: WatchedColumn, series: Series) -> Violation | None:
    """Return a finding where most values of the last days cannot be read."""
    flags = [2 * bad > n if n else None for bad, n in zip(series.unreadable, now.seen, strict=True)]
    run = last_run(now.days, flags)
    rows = sum(now.rows[run.first :]) if run else 0
    if run is None or not run.stands_out or rows < _FEW_ACCOUNTS:
        return None
    found = f"cannot be read as a {column.kind} since {on(run.since)}, in {rows:,} rows"
    return finding(now, "K703", column.canonical, found, rows=rows)


def _emptied(now: Measured, column: WatchedColumn, series: Series) -> Violation | None:
    """Return a finding where no row of the last days has a value."""
    if (now.watched.table, column.canonical) in MATURING:
        return None
    flags = [not filled if n else None for filled, n in zip(series.filled, now.seen, strict=True)]
    run = last_run(now.days, flags)
    if run is None or not run.stands_out:
        return None
    rows, seen = sum(now.rows[run.first :]), sum(now.seen[run.first :])
    filled = sum(series.filled[: run.first]) / sum(now.seen[: run.first])
    if (1 - filled) ** seen >= UNLIKELY or seen < _FEW_ACCOUNTS:
        return None
    found = (
        f"has no value in any of the {rows:,} rows since {on(run.since)}; before, "
        f"{percent(filled)} of the rows had one"
    )
    return finding(now, "K704", column.canonical, found, rows=rows)


def _one_value(
    con: duckdb.DuckDBPyConnection, now: Measured, column: WatchedColumn, series: Series
) -> Violation | None:
    """Return a finding where all rows of the last days repeat one value."""
    last = next((h for h, n in zip(series.high[::-1], series.filled[::-1], strict=True) if n), None)
    flags: list[bool | None] = [
        None if not filled else (low == high == last)
        for filled, low, high in zip(series.filled, series.low, series.high, strict=True)
    ]
    run = last_run(now.days, flags)
    if run is not None:
        run = last_run(now.days, _of_weight(flags, series.filled, run))
    if run is None or not run.stands_out:
        return None
    filled = sum(series.filled[run.first :])
    largest = _largest_constant(series, run.first)
    if filled <= 2 * largest or filled < _FEW_ACCOUNTS:
        return None
    by_account = column.canonical != "account_id"
    accounts, share, value = _repeated(con, column, run.since)
    among = accounts if by_account else filled
    usual = share
    if by_account:
        faithful, at_most = _faithful(con, column, run, value, accounts)
        usual = min(max(share, faithful), at_most)
    if among < _FEW_ACCOUNTS or usual**among >= UNLIKELY:
        return None
    if now.every > 1 and _others(con, now, column, run, value) > _STRAYS:
        return None
    found = (
        f"repeats one value ('{value[:40]}') in all {filled * now.every:,} rows with one since "
        f"{on(run.since)}; before, {percent(share)} of the rows had it"
    )
    return finding(now, "K706", column.canonical, found, rows=filled, example=value[:80])


def _others(
    con: duckdb.DuckDBPyConnection, now: Measured, column: WatchedColumn, run: Run, value: str
) -> float:
    """Return the share of all rows of the run, not only of the sample, that have another value.

    The sample is whole blocks of rows: in a file in the order of its accounts, all that it has of
    the last days may be the rows of one account.
    """
    time = now.watched.time
    if time is None:
        return 0.0
    [(share,)] = con.execute(
        f"SELECT avg(CAST(CAST({column.value} AS VARCHAR) <> ? AS INTEGER)) "
        f"FROM {now.watched.relation} WHERE {day_of(time.value)} >= {run.since}",
        [value],
    ).fetchall()
    return float(share or 0.0)


def _of_weight(flags: list[bool | None], filled: Sequence[int], run: Run) -> list[bool | None]:
    """Return the flags without the days before ``run`` that have far fewer rows than its days.

    Three rows of one value are no precedent for three hundred: a company's first weeks.
    """
    few = sum(filled[run.first :]) / run.days / 4
    before = zip(flags[: run.first], filled[: run.first], strict=True)
    return [flag if n >= few else None for flag, n in before] + flags[run.first :]


def _largest_constant(series: Series, until: int) -> int:
    """Return the most rows that a past day of one value had."""
    held = zip(series.filled[:until], series.low[:until], series.high[:until], strict=True)
    return max((n for n, low, high in held if n and low == high), default=0)


def _repeated(
    con: duckdb.DuckDBPyConnection, column: WatchedColumn, since: int
) -> tuple[int, float, str]:
    """Return the accounts in the run, the value's share before it, and the value."""
    held = quoted(column.canonical)
    accounts, value = con.execute(
        f"SELECT count(DISTINCT account_id), any_value(CAST({held} AS VARCHAR)) "
        f"FROM {SAMPLE_TABLE} WHERE {DAY} >= {since} AND {held} IS NOT NULL"
    ).fetchall()[0]
    [(share,)] = con.execute(
        f"SELECT avg(CAST(CAST({held} AS VARCHAR) = ? AS INTEGER)) "
        f"FROM {SAMPLE_TABLE} WHERE {DAY} < {since} AND {held} IS NOT NULL",
        [value],
    ).fetchall()
    return accounts, float(share or 0.0), str(value)


def _faithful(
    con: duckdb.DuckDBPyConnection, column: WatchedColumn, run: Run, value: str, accounts: int
) -> tuple[float, float]:
    """Return the largest share of accounts without another value in a span as long as the run.

    Most rows may have the value while few accounts have no other; and where the accounts of some
    weeks differ from those of others, as yearly contracts do, the span most like the run counts.

    Returns
    -------
    tuple of float
        The share, and what it is at most (Wilson); 0 and 1 where no span before the run has half
        as many accounts.
    """
    held = quoted(column.canonical)
    spans = con.execute(
        f"SELECT count(*) AS n, count(*) FILTER (alone) FROM (SELECT account_id, "
        f"({run.since} - 1 - {DAY}) // {run.days} AS span, "
        f"bool_and(CAST({held} AS VARCHAR) = ?) AS alone FROM {SAMPLE_TABLE} "
        f"WHERE {DAY} < {run.since} AND {held} IS NOT NULL GROUP BY ALL) GROUP BY span "
        f"HAVING n >= {accounts / 2}",
        [value],
    ).fetchall()
    if not spans:
        return 0.0, 1.0
    return max(k / n for n, k in spans), max(_at_most(k, n) for n, k in spans)


def _at_most(k: int, n: int) -> float:
    """Return the upper end of Wilson's 90 % interval of ``k`` of ``n``."""
    z = 1.645
    middle, spread = k + z * z / 2, z * math.sqrt(k * (n - k) / n + z * z / 4)
    return (middle + spread) / (n + z * z)


def _other_unit(
    con: duckdb.DuckDBPyConnection, now: Measured, column: WatchedColumn, series: Series
) -> Violation | None:
    """Return a finding where the numbers of the last days are of another size than before."""
    means = [
        logs / sized if sized else None
        for logs, sized in zip(series.logs, series.sized, strict=True)
    ]
    usual = _median([mean for mean in means if mean is not None])
    for sign in (1, -1):
        flags = [None if mean is None else sign * (mean - usual) > UNIT for mean in means]
        run = last_run(now.days, flags)
        if run is None or not run.stands_out:
            continue
        jump = _jump(con, column, run.since)
        if jump is not None and sign * jump > 0:
            rows = sum(series.sized[run.first :]) * now.every
            found = (
                f"is {times(jump)} what it was in the {rows:,} rows since {on(run.since)}; "
                f"before, it was usually about {size(usual)}"
            )
            return finding(now, "K705", column.canonical, found, rows=rows)
    return None


def _median(numbers: Sequence[float]) -> float:
    return sorted(numbers)[len(numbers) // 2]


def _jump(con: duckdb.DuckDBPyConnection, column: WatchedColumn, since: int) -> float | None:
    """Return the change of ln size since that day, account by account, where it is no accident.

    The accounts that have a past are held against their own; where there are too few of them, all
    accounts since then are held against the spread among the accounts before.
    """
    size_of = f"ln(abs(nullif(CAST({quoted(column.canonical)} AS DOUBLE), 0)))"
    rows: list[tuple[Any, ...]] = con.execute(
        f"SELECT median(late - early), count(late - early), avg(late), count(late), avg(early), "
        f"stddev_samp(early) FROM (SELECT avg({size_of}) FILTER ({DAY} >= {since}) AS late, "
        f"avg({size_of}) FILTER ({DAY} < {since}) AS early "
        f"FROM {SAMPLE_TABLE} GROUP BY account_id)"
    ).fetchall()
    own, paired, late, several, early, spread = rows[0]
    if paired >= _FEW_ACCOUNTS:
        return float(own) if abs(own) >= _SHORT else None
    if several < _FEW_ACCOUNTS or early is None:
        return None
    jump = late - early
    enough = abs(jump) >= max(_SHORT, 6 * (spread or 0.0) / math.sqrt(several))
    return float(jump) if enough else None
