"""Whether the rows keep coming: silent tables, kinds of rows that stopped, numbers of rows."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import duckdb

from features.checks.upstream.findings import UNLIKELY, finding, percent
from features.checks.upstream.measuring import Measured
from features.checks.upstream.profile import TableProfile, on
from features.checks.upstream.sampling import Category
from features.checks.upstream.values import map_back, unlikely_rise
from features.checks.violations import Severity, Violation

_MAY_BE_CLOSED = ("accounts", "subscriptions", "churns", "actions", "opinions")
"""Tables whose silence in a first delivery says nothing: there may be no new customers."""
_ACTIVE_DAYS = 15
_ENOUGH = 50
_LIVE = timedelta(days=3)


def silences(now: Measured, before: TableProfile | None) -> Iterator[Violation]:
    """Yield what stopped: the table, a time that follows its rows, or a kind of its rows.

    Held against the table's own past: the longest silence there was, and the share of days with
    rows in the 90 days up to the last. A table that was silent in its first delivery may be closed:
    it warns once; one that fell silent since the delivery before is refused.
    """
    if not now.days or now.watched.time is None:
        return
    own = now.watched.time.canonical
    found = _silence(now, own, now.days, before)
    if found is not None:
        yield found
        return
    for canonical, days in now.own_days.items():
        found = _silence(now, canonical, days, before)
        if found is not None:
            yield found
    for canonical, kinds in now.categories.items():
        yield from _stopped(now, canonical, kinds)


def _silence(
    now: Measured, canonical: str, days: Sequence[int], before: TableProfile | None
) -> Violation | None:
    end = now.profile.end_day
    if before is None and now.watched.table in _MAY_BE_CLOSED:
        return None
    if not _is_silent(days, end) or (before is not None and _is_silent(days, before.end_day)):
        return None
    text = f"has nothing after {on(days[-1])}, and the data go up to {on(end - 1)}"
    severity: Severity = "refused" if before is not None else "warning"
    return finding(now, "K707", canonical, text, severity=severity)


def _is_silent(days: Sequence[int], end: int) -> bool:
    if len(days) < _ACTIVE_DAYS:
        return False
    recent = [day for day in days if day > days[-1] - 400]
    gaps = [late - early - 1 for early, late in pairwise(recent)]
    active = sum(day > days[-1] - 90 for day in days) / 90
    return _unusual(end - 1 - days[-1], max(gaps, default=0), active)


def _unusual(silent: int, longest: int, active: float) -> bool:
    return silent > 2 * longest and silent >= 1 and (1 - min(active, 0.95)) ** silent < UNLIKELY


def _stopped(now: Measured, canonical: str, kinds: Sequence[Category]) -> Iterator[Violation]:
    """Yield values that stopped coming; refused where another began in their place."""
    total = sum(kind.rows for kind in kinds)
    for kind in kinds:
        if kind.rows < 0.01 * total or kind.days < _ACTIVE_DAYS:
            continue
        last = now.days[-1]
        active = kind.days / (kind.last - kind.first + 1)
        if not _unusual(last - kind.last, max(0, kind.longest_gap - 1), active):
            continue
        twin = _successor(kind, kinds)
        found = f"has no '{kind.value}' since {on(kind.last)}, {percent(kind.rows / total)} before"
        if twin is None:
            yield finding(now, "K709", canonical, found, severity="warning", example=kind.value)
            continue
        found += f", and a new '{twin.value}' since {on(twin.first)}. Was it renamed?"
        fix = map_back(now, canonical, twin.value, kind.value)
        yield finding(
            now, "K709", canonical, found, rows=twin.rows * now.every, example=twin.value, fix=fix
        )


def _successor(kind: Category, kinds: Sequence[Category]) -> Category | None:
    """Return the value that began when ``kind`` stopped, about as often as it was."""
    pace = kind.rows / (kind.last - kind.first + 1)
    for other in kinds:
        began = abs(other.first - kind.last - 1) <= 3 and other.last > kind.last
        if began and 1 / 3 < other.rows / (other.last - other.first + 1) / pace < 3:
            return other
    return None


def volumes(
    con: duckdb.DuckDBPyConnection, now: Measured, before: TableProfile
) -> Iterator[Violation]:
    """Yield whether rows of the past vanished, doubled, or are kept out more than before."""
    rows, shown = now.profile.rows, f"{now.profile.rows:,} rows ({before.rows:,} before)"
    if before.rows >= _ENOUGH and rows < 0.7 * before.rows:
        yield finding(now, "K708", "", f"has only {shown}", rows=before.rows - rows)
    elif before.rows >= _ENOUGH:
        yield from _doubled(now, before)
    yield from kept_out(now, before)
    yield from _identities(now, before)


def _doubled(now: Measured, before: TableProfile) -> Iterator[Violation]:
    """Find days, already delivered, that have about twice the rows now."""
    then, again = before.rows, now.profile.rows
    if before.last_day is not None:
        counts = dict(zip(now.days, now.rows, strict=True))
        first = before.last_day - len(before.day_rows) + 1
        then = sum(before.day_rows)
        again = sum(counts.get(day, 0) for day in range(first, before.last_day + 1))
    if then >= _ENOUGH and not 0.7 <= again / then <= 1.5:
        span = f" on the days up to {on(before.last_day)}" if before.last_day is not None else ""
        found = f"has {again:,} rows{span}, where {then:,} were delivered before"
        if again > then:
            found += "; was something delivered twice"
        yield finding(
            now, "K708", "", found + ("?" if again > then else ""), rows=abs(again - then)
        )


def kept_out(now: Measured, before: TableProfile) -> Iterator[Violation]:
    """Yield whether the row checks keep out more than before."""
    out, was = (
        1 - now.profile.kept / max(1, now.profile.rows),
        1 - before.kept / max(1, before.rows),
    )
    if out - was >= 0.05 and unlikely_rise(was, before.rows, out, now.profile.rows):
        severity: Severity = "refused" if out - was >= 0.2 else "warning"
        found = f"has {percent(out)} of its rows kept out by the row checks, {percent(was)} before"
        rows = now.profile.rows - now.profile.kept
        fix = "See the codes and the quarantine file named above; they say what is wrong with them."
        yield finding(now, "K712", "", found, severity=severity, rows=rows, fix=fix)


def _identities(now: Measured, before: TableProfile) -> Iterator[Violation]:
    """Find accounts that are all others: the smallest hashes stay the same where the ids do."""
    if not before.identities or not now.profile.identities:
        return
    reach = min(before.identities[-1], now.profile.identities[-1])
    if len(now.profile.identities) < len(before.identities):
        reach = before.identities[-1]
    known = [one for one in before.identities if one <= reach]
    still = len(set(known) & set(now.profile.identities)) / max(1, len(known))
    if len(known) >= 10 and still < 0.9:
        severity: Severity = "refused" if still < 0.5 else "warning"
        found = f"holds {percent(still)} of the ids that the delivery before had"
        yield finding(now, "K713", "account_id", found, severity=severity)


def doubled_lately(con: duckdb.DuckDBPyConnection, now: Measured) -> Iterator[Violation]:
    """Yield whether the last seven days have far more or fewer rows than any such week before."""
    if now.watched.time is None or not now.days:
        return
    end, counts = now.profile.end_day, dict(zip(now.days, now.rows, strict=True))
    weeks = [sum(counts.get(end - 7 * w - d, 0) for d in range(1, 8)) for w in range(9)]
    usual = sorted(weeks[1:])[4]
    if usual < _ENOUGH or min(weeks[1:]) < 0.5 * usual:
        return
    if weeks[0] > 1.5 * max(weeks[1:]):
        fresh, old = _copies(con, now, end - 7, end), _copies(con, now, end - 35, end - 7)
        twice = fresh >= 0.3 and fresh - old >= 0.2
        found = f"has {weeks[0]:,} rows in the last 7 days, in the weeks before about {usual:,}"
        if twice:
            found += f"; {percent(fresh)} of them are exact copies, {percent(old)} before"
        yield finding(now, "K708", "", found, severity="refused" if twice else "warning")
    elif weeks[0] < 0.3 * usual:
        found = f"has {weeks[0]:,} rows in the last 7 days, in the weeks before about {usual:,}"
        yield finding(now, "K708", "", found, severity="warning", rows=usual - weeks[0])


def _copies(con: duckdb.DuckDBPyConnection, now: Measured, first: int, until: int) -> float:
    """Return the share of rows of those days that repeat another one in every column."""
    whole = ", ".join(f"CAST({c.value} AS VARCHAR)" for c in now.watched.columns)
    time = now.watched.time.value if now.watched.time else "NULL"
    day = f"epoch_us({time}) // 86400000000"
    rows, different = con.execute(
        f"SELECT count(*), count(DISTINCT hash([{whole}])) FROM {now.watched.relation} "
        f"WHERE {day} >= {first} AND {day} < {until}"
    ).fetchall()[0]
    return 1 - different / rows if rows else 0.0


def nothing_new(
    now: Sequence[Measured], before: Sequence[TableProfile], taken_at: str, present: datetime
) -> Violation | None:
    """Return a warning where a company that delivered live sends the same rows as long ago.

    Whether the company is live is told by its last delivery: its data went up to the day it was
    taken, give or take three days. One that is a fixed extract is never asked for more.
    """
    if not now or not before:
        return None
    end, taken = datetime.fromisoformat(before[0].end), datetime.fromisoformat(taken_at)
    same = {p.table: (p.rows, p.last_day) for p in before} == {
        m.profile.table: (m.profile.rows, m.profile.last_day) for m in now
    }
    if not same or abs(taken - end) > _LIVE or present - taken < timedelta(days=4):
        return None
    found = f"and every other table are the same as on {taken:%Y-%m-%d}; nothing new arrived since"
    return finding(now[0], "K707", "", found, severity="warning")
