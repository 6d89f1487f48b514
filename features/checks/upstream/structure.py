"""What became of the columns themselves: gone, renamed, of another type."""

import difflib
from collections.abc import Iterator

import duckdb

from features.checks.upstream.findings import finding, percent
from features.checks.upstream.measuring import Measured
from features.checks.upstream.profile import ColumnProfile, TableProfile
from features.checks.upstream.watched import quoted
from features.checks.violations import Severity, Violation

_FEW_ROWS = 20
_UNIT = 1.6
"""ln 5: beyond it a change of size is one of the unit."""


def structure(
    con: duckdb.DuckDBPyConnection, now: Measured, before: TableProfile
) -> Iterator[Violation]:
    """Yield every column that vanished, was renamed or changed its type since ``before``."""
    here = {c.canonical: c for c in now.watched.columns}
    new = [column for column in now.watched.there if column not in before.there]
    for canonical, was in before.columns.items():
        if canonical not in here and was.source not in now.watched.there:
            yield _gone(con, now, canonical, was, new)
        elif canonical in here and now.profile.rows:
            yield from _retyped(now, canonical, was)
    used = {was.source for was in before.columns.values()}
    for source in before.there:
        if source not in used and source not in now.watched.there:
            found = f"has no column '{source}' any more; nothing is made from it"
            yield finding(now, "K701", "", found, severity="warning", example=source)


def _gone(
    con: duckdb.DuckDBPyConnection,
    now: Measured,
    canonical: str,
    was: ColumnProfile,
    new: list[str],
) -> Violation:
    guess = _alike(con, now, was, new)
    since = f"the delivery before had the column '{was.source}' ({was.source_type})"
    if guess is None:
        found = f"is gone: {since}, this one has none of that name and none like it"
        return finding(now, "K701", canonical, found)
    found = (
        f"is gone: {since}, this one has a new column '{guess}' instead. Did you mean '{guess}'?"
    )
    section = "[flat]" if now.watched.table == "flat" else f"[tables.{now.watched.table}.columns]"
    fix = f'Rename it back, or write {canonical} = "{guess}" under {section}.'
    return finding(now, "K702", canonical, found, example=guess, fix=fix)


def _alike(
    con: duckdb.DuckDBPyConnection, now: Measured, was: ColumnProfile, new: list[str]
) -> str | None:
    """Return the new column that is most like the one that vanished, if any is."""
    scores = {column: _likeness(con, now, was, column) for column in new}
    best = max(scores, key=lambda column: scores[column], default=None)
    return best if best is not None and scores[best] >= 1 else None


def _likeness(
    con: duckdb.DuckDBPyConnection, now: Measured, was: ColumnProfile, column: str
) -> float:
    """Return how like the names are (0 to 1), how like the values are (0 to 1) and the types."""
    same_type = type_class(was.source_type) == type_class(now.watched.there[column])
    named = difflib.SequenceMatcher(None, was.source.lower(), column.lower()).ratio()
    given = quoted(column)
    rows, filled, size, values = con.execute(
        f"SELECT count(*), count({given}), "
        f"avg(ln(abs(nullif(try_cast(CAST({given} AS VARCHAR) AS DOUBLE), 0)))), "
        f"approx_top_k(CAST({given} AS VARCHAR), 20) FROM {now.watched.relation}"
    ).fetchall()[0]
    missing = 1 - filled / rows if rows else 0.0
    same = 0.4 if abs(missing - was.missing) < 0.02 else 0.0
    if was.magnitude is not None:
        same += 0.6 if size is not None and abs(size - was.magnitude) < 0.3 else 0.0
    elif was.is_category and was.shares:
        common = set(was.shares) & {value for value in values or () if value is not None}
        same += 0.6 * len(common) / min(20, len(was.shares))
    elif named > 0.5:
        same += 0.3
    return named + same + (0.3 if same_type else -0.3)


def type_class(duck_type: str) -> str:
    """Return what kind of type it is: number, time, truth, text or other."""
    if duck_type == "VARCHAR":
        return "text"
    if duck_type == "BOOLEAN":
        return "truth"
    if duck_type == "DATE" or duck_type.startswith("TIMESTAMP"):
        return "time"
    numbers = ("INT", "DOUBLE", "FLOAT", "DECIMAL")
    return "number" if any(part in duck_type for part in numbers) else "other"


def _retyped(now: Measured, canonical: str, was: ColumnProfile) -> Iterator[Violation]:
    column = now.profile.columns[canonical]
    old, new = type_class(was.source_type), type_class(column.source_type)
    if column.unreadable - was.unreadable >= 0.01 and column.unreadable * now.profile.rows >= 5:
        yield _unreadable(now, canonical, was, column)
    elif old != new:
        found = f"was {_a(was, old)} and is {_a(column, new)} now"
        yield finding(now, "K703", canonical, found, rows=now.profile.rows)
    elif old == "text" and now.profile.rows >= _FEW_ROWS and column.missing < 1:
        yield from _looks(now, canonical, was, column)
    if _broken_up(now, was, column):
        found = (
            f"held whole numbers in {percent(was.whole or 0)} of its values and does so in "
            f"{percent(column.whole or 0)} now"
        )
        yield finding(now, "K703", canonical, found, rows=now.profile.rows)


def _a(column: ColumnProfile, kind: str) -> str:
    return f"a {kind} ({column.source_type})"


def _unreadable(
    now: Measured, canonical: str, was: ColumnProfile, column: ColumnProfile
) -> Violation:
    rise = column.unreadable - was.unreadable
    found = (
        f"cannot be read as a {column.kind} in {percent(column.unreadable)} of the rows "
        f"({percent(was.unreadable)} before); its type is {column.source_type} "
        f"({was.source_type} before)"
    )
    rows = round(column.unreadable * now.profile.rows)
    severity: Severity = "refused" if rise >= 0.05 else "warning"
    return finding(now, "K703", canonical, found, severity=severity, rows=rows)


def _looks(
    now: Measured, canonical: str, was: ColumnProfile, column: ColumnProfile
) -> Iterator[Violation]:
    """Find texts that stopped being numbers, times or truths, or became them."""
    for kind in ("number", "time", "truth"):
        before, after = was.looks.get(kind, 0.0), column.looks.get(kind, 0.0)
        stopped = before >= 0.95 and after <= 0.5
        began = before <= 0.05 and after >= 0.95 and was.missing < 1
        if stopped or began:
            found = (
                f"looked like a {kind} in {percent(before)} of its values and does so in "
                f"{percent(after)} now"
            )
            yield finding(now, "K703", canonical, found, rows=now.profile.rows)
            return


def _broken_up(now: Measured, was: ColumnProfile, column: ColumnProfile) -> bool:
    """Whether whole numbers got decimals, by more than another unit would explain."""
    if was.whole is None or column.whole is None or now.profile.rows < _FEW_ROWS:
        return False
    if column.magnitude is None or was.magnitude is None:
        return False
    jumped = abs(column.magnitude - was.magnitude) > _UNIT
    return was.whole >= 0.99 and column.whole <= 0.5 and not jumped
