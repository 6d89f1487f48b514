"""Times that moved as a whole: another time zone, days and months in each other's place."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import duckdb

from features.checks.upstream.findings import finding, percent
from features.checks.upstream.measuring import Measured
from features.checks.upstream.profile import EPOCH, ColumnProfile, TableProfile, on
from features.checks.upstream.sampling import DAY, SAMPLE_TABLE
from features.checks.upstream.watched import quoted
from features.checks.violations import Violation

_MOVED = 0.25
_ENOUGH = 200
_HOUR = timedelta(hours=1)


def clocks(now: Measured, before: TableProfile) -> Iterator[Violation]:
    """Yield times whose hours or days are others than before."""
    shifted = _first_row(now, before)
    for canonical, was in before.columns.items():
        column = now.profile.columns.get(canonical)
        if column is None or not was.hours or not column.hours:
            continue
        found = _hours(was.hours, column.hours) if now.profile.rows >= _ENOUGH else None
        own = now.watched.time is not None and now.watched.time.canonical == canonical
        found = found or (shifted if own else None) or _offset(was, column)
        if found is not None:
            code = "K711" if "days after" in found else "K710"
            yield finding(now, code, canonical, found, rows=now.profile.rows)
    yield from _swapped(now, before)


def _hours(was: Sequence[float], now: Sequence[float]) -> str | None:
    """Return what happened to the times of day, where most of them moved together."""
    if min(sum(was), sum(now)) < 0.5:
        return None
    if was[0] >= 0.95 and now[0] <= 0.5:
        return f"was always at midnight (UTC) and is so in {percent(now[0])} of the rows now"
    if now[0] >= 0.95 and was[0] <= 0.5:
        return "lost its time of day: all values are at midnight (UTC) now"
    hours = best_shift(was, now)
    if hours == 0:
        return None
    return f"lies {hours:+d} hours from where it was in the day; is it in another time zone?"


def best_shift(was: Sequence[float], now: Sequence[float]) -> int:
    """Return by how many hours the times of day moved; 0 where they did not or it is not clear.

    Examples
    --------
    >>> office = [0.0] * 9 + [0.1] * 10 + [0.0] * 5
    >>> best_shift(office, office[-9:] + office[:-9])
    9
    """
    apart = {
        shift: sum(abs(was[h] - now[(h + shift) % 24]) for h in range(24)) / 2
        for shift in range(-11, 13)
    }
    best = min(apart, key=lambda shift: (apart[shift], abs(shift)))
    return best if apart[0] >= _MOVED and apart[best] <= 0.4 * apart[0] else 0


def _first_row(now: Measured, before: TableProfile) -> str | None:
    """Return a finding where the very first row moved by whole hours within a day."""
    if not before.first_time or not now.profile.first_time:
        return None
    first, then = (datetime.fromisoformat(t) for t in (now.profile.first_time, before.first_time))
    moved = first - then
    if moved % _HOUR or not _HOUR <= abs(moved) <= 14 * _HOUR:
        return None
    hours = moved // _HOUR
    return f"lies {hours:+d} hours from where it was: the first row was at {then} and is at {first}"


def _offset(was: ColumnProfile, now: ColumnProfile) -> str | None:
    if was.offset_spread is None or now.offset_spread is None:
        return None
    if now.offset_spread < 3 * was.offset_spread + 20:
        return None
    return (
        f"lies {now.offset or 0:,.0f} ± {now.offset_spread:,.0f} days after its row, was "
        f"{was.offset or 0:,.0f} ± {was.offset_spread:,.0f}; are day and month swapped?"
    )


def _swapped(now: Measured, before: TableProfile) -> Iterator[Violation]:
    """Find days whose rows are on the day with day and month in each other's place."""
    if before.last_day is None or before.rows < _ENOUGH or now.watched.time is None:
        return
    counts: Counter[int] = Counter(dict(zip(now.days, now.rows, strict=True)))
    same = swapped = compared = 0
    first = before.last_day - len(before.day_rows) + 1
    for at, then in enumerate(before.day_rows):
        day = EPOCH + timedelta(days=first + at)
        if day.day > 12 or day.day == day.month or then < 5:
            continue
        there = (day.replace(month=day.day, day=day.month) - EPOCH).days
        compared += 1
        same += abs(counts[first + at] - then) <= 0.02 * then
        swapped += abs(counts[there] - then) <= 0.02 * then
    if compared >= 20 and swapped >= 0.6 * compared and same <= 0.3 * compared:
        found = (
            f"has day and month swapped: of {compared} days up to {on(before.last_day)}, "
            f"{swapped} have their rows on the swapped day"
        )
        yield finding(now, "K711", now.watched.time.canonical, found)


def shifted_lately(con: duckdb.DuckDBPyConnection, now: Measured) -> Iterator[Violation]:
    """Yield whether the rows of the last week, or four, lie at other hours than those before.

    One hour is let pass: that is what daylight saving does to a company in UTC.
    """
    if now.watched.time is None or now.profile.rows < _ENOUGH:
        return
    end, time = now.profile.end_day, now.watched.time
    rows = con.execute(
        f"SELECT {DAY}, hour({quoted(time.canonical)}), count(*) FROM {SAMPLE_TABLE} "
        f"WHERE {DAY} >= {end - 126} AND {DAY} < {end} GROUP BY ALL"
    ).fetchall()
    for days in (7, 28):
        late = _by_hour((hour, n) for day, hour, n in rows if day >= end - days)
        early = _by_hour((hour, n) for day, hour, n in rows if day < end - days)
        shift = best_shift(early, late) if early and late else 0
        if abs(shift) > 1:
            found = f"lies {shift:+d} hours from where it was in the day, since {on(end - days)}"
            yield finding(now, "K710", time.canonical, found)
            return


def _by_hour(counts: Iterable[tuple[int, int]]) -> list[float]:
    """Return the shares of the hours of the day, or nothing where there are too few rows."""
    hours: Counter[int] = Counter()
    for hour, n in counts:
        hours[hour] += n
    total = hours.total()
    return [hours[hour] / total for hour in range(24)] if total >= _ENOUGH / 2 else []
