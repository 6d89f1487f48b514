"""Whether the values of each column, taken together, are still those of the delivery before."""

import math
from collections.abc import Iterator

from features.checks.upstream.findings import UNLIKELY, finding, percent
from features.checks.upstream.measuring import Measured
from features.checks.upstream.profile import RECENT_DAYS, ColumnProfile, TableProfile, on
from features.checks.violations import Severity, Violation
from features.tables import TABLES, Column

UNIT = math.log(5)
"""A change of the usual size, either way, that customers do not make by themselves."""
_EXPECTED = 10
"""Values that should have been there, below which their absence proves nothing."""


def values(now: Measured, before: TableProfile, *, is_latest: bool) -> Iterator[Violation]:
    """Yield what changed in the columns that both deliveries have.

    Parameters
    ----------
    is_latest : bool
        Whether ``before`` is the delivery just before; against an older one a slow change of the
        usual size only warns.
    """
    if not now.profile.rows or not before.rows:
        return
    for canonical, was in before.columns.items():
        column = now.profile.columns.get(canonical)
        if column is None:
            continue
        yield from _missing(now, before, canonical, was, column)
        if column.missing < 1 and column.kind == was.kind:
            yield from _unit(now, canonical, was, column, is_latest=is_latest)
            yield from _frozen(now, canonical, was, column)
            yield from _categories(now, canonical, was, column)


def _missing(
    now: Measured, before: TableProfile, canonical: str, was: ColumnProfile, column: ColumnProfile
) -> Iterator[Violation]:
    rows = now.profile.rows
    if column.unreadable - was.unreadable >= 0.05:
        return
    if column.missing == 1 and was.missing < 1:
        if was.missing ** min(rows, before.rows) < UNLIKELY:
            text = f"has no value in any of {rows:,} rows; {percent(1 - was.missing)} had one"
            yield finding(now, "K704", canonical, text, rows=rows)
        return
    lacking = _needed(now, before, canonical, was) or _young(now, before, canonical, was)
    if lacking is not None:
        yield lacking
        return
    rise = column.missing - was.missing
    recent = column.missing_recent - was.missing_recent
    if rise >= 0.05 and unlikely_rise(was.missing, before.rows, column.missing, rows):
        severity: Severity = "refused" if rise >= 0.5 else "warning"
        found = (
            f"is missing in {percent(column.missing)} of the rows, was in {percent(was.missing)}"
        )
        yield finding(now, "K704", canonical, found, severity=severity, rows=int(rise * rows))
    elif recent >= 0.1 and unlikely_rise(
        was.missing_recent, before.recent_rows, column.missing_recent, now.profile.recent_rows
    ):
        severity = "refused" if recent >= 0.5 else "warning"
        text = (
            f"is missing in {percent(column.missing_recent)} of the rows of the last "
            f"{RECENT_DAYS} days; a delivery ago it was in {percent(was.missing_recent)}"
        )
        touched = int(recent * now.profile.recent_rows)
        yield finding(now, "K704", canonical, text, severity=severity, rows=touched)


def _needed(
    now: Measured, before: TableProfile, canonical: str, was: ColumnProfile
) -> Violation | None:
    """Return a finding where rows lack what no row of the table may lack."""
    contract = TABLES.get(now.watched.table)
    if contract is None or contract.columns.get(canonical, Column("text")).may_be_missing:
        return None
    column, rows = now.profile.columns[canonical], now.profile.rows
    lacking = round(column.missing * rows)
    if lacking < 3 or was.missing > 0.001:
        return None
    severity: Severity = "refused" if lacking >= _EXPECTED else "warning"
    text = f"has no value in {lacking:,} of {rows:,} rows; {percent(was.missing)} had none before"
    return finding(now, "K704", canonical, text, severity=severity, rows=lacking)


def _young(
    now: Measured, before: TableProfile, canonical: str, was: ColumnProfile
) -> Violation | None:
    """Return a finding where the rows since ``before`` lack what rows of their age had."""
    column, end = now.profile.columns[canonical], now.profile.end_day
    expected, filled, rows = 0.0, 0, 0
    for age, (n, has) in enumerate(column.ages):
        if end - 1 - age < before.end_day or age >= len(was.ages) or not was.ages[age][0]:
            continue
        expected += n * was.ages[age][1] / was.ages[age][0]
        filled, rows = filled + has, rows + n
    if expected < _EXPECTED or filled > 0.1 * expected:
        return None
    found = (
        f"has {filled:,} values in the {rows:,} rows since {on(before.end_day)}; going by rows of "
        f"their age about {expected:,.0f} should have one"
    )
    return finding(now, "K704", canonical, found, rows=rows - filled)


def unlikely_rise(before: float, rows_before: int, now: float, rows_now: int) -> bool:
    """Return whether a share rose by more than chance explains (one-sided, four deviations)."""
    if rows_before < _EXPECTED or rows_now < _EXPECTED:
        return False
    pooled = (before * rows_before + now * rows_now) / (rows_before + rows_now)
    error = math.sqrt(pooled * (1 - pooled) * (1 / rows_before + 1 / rows_now))
    return error == 0 or (now - before) / error > 4


def _unit(
    now: Measured, canonical: str, was: ColumnProfile, column: ColumnProfile, *, is_latest: bool
) -> Iterator[Violation]:
    if was.magnitude is None or column.magnitude is None:
        return
    jump = column.magnitude - was.magnitude
    series = now.series.get(canonical)
    sized = (sum(series.sized) if series else 0) or now.profile.rows // now.every
    error = max(was.spread or 0.0, column.spread or 0.0) / math.sqrt(sized)
    if abs(jump) < max(UNIT, 6 * error) or sized < 5:
        return
    found = (
        f"is {times(jump)} what it was: usually about {size(column.magnitude)}, "
        f"before about {size(was.magnitude)}"
    )
    severity: Severity = "refused" if is_latest else "warning"
    yield finding(now, "K705", canonical, found, severity=severity, rows=now.profile.rows)


def times(jump: float) -> str:
    """Return e to the ``jump`` as a factor in words: 1,000 times, 0.01 times."""
    factor = math.exp(jump)
    return f"{factor:,.0f} times" if factor >= 1 else f"{factor:.2g} times"


def size(magnitude: float) -> str:
    """Return e to the ``magnitude`` as it is written."""
    value = math.exp(magnitude)
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _frozen(
    now: Measured, canonical: str, was: ColumnProfile, column: ColumnProfile
) -> Iterator[Violation]:
    if column.distinct != 1 or was.distinct <= 1:
        return
    filled = round((1 - column.missing) * now.profile.rows)
    [value] = list(column.shares) or [_only(column)]
    share = was.shares.get(value, 0.0) if was.is_category else 1 / was.distinct
    if share**filled < UNLIKELY:
        shown = f" ('{value[:40]}')" if value else ""
        found = f"has one value for all {filled:,} rows{shown}; it had {_many(was)} before"
        yield finding(now, "K706", canonical, found, rows=filled, example=value[:80])


def _only(column: ColumnProfile) -> str:
    return f"{column.low:g}" if column.low is not None else ""


def _many(was: ColumnProfile) -> str:
    return f"{was.distinct:,} or more different ones"


def _categories(
    now: Measured, canonical: str, was: ColumnProfile, column: ColumnProfile
) -> Iterator[Violation]:
    """Find values that vanished from all rows, or came, or took another's place."""
    if not (was.is_category and column.is_category) or column.distinct <= 1:
        return
    rows = round((1 - column.missing) * now.profile.rows)
    lost = {
        value: share
        for value, share in was.shares.items()
        if value not in column.shares and share >= 0.02 and (1 - share) ** rows < UNLIKELY
    }
    new = {v: s for v, s in column.shares.items() if v not in was.shares and s * rows >= 5}
    for value, share in lost.items():
        twin = next((v for v, s in new.items() if 0.5 < s / share < 2), None)
        if twin is not None:
            found = (
                f"has no '{value}' any more, which was {percent(share)} of its values, and a new "
                f"'{twin}' ({percent(new.pop(twin))}). Was it renamed?"
            )
            fix = map_back(now, canonical, twin, value)
            yield finding(now, "K709", canonical, found, example=twin, fix=fix)
        else:
            found = f"has no '{value}' any more, which was {percent(share)} of its values"
            severity: Severity = "refused" if share >= 0.05 else "warning"
            yield finding(now, "K709", canonical, found, severity=severity, example=value)
    for value, share in new.items():
        if share >= 0.01:
            found = f"has a new value '{value}' in {percent(share)} of its values"
            yield finding(now, "K709", canonical, found, severity="warning", example=value)


def map_back(now: Measured, canonical: str, new: str, old: str) -> str:
    """Return what to do about a value that took another's place."""
    return (
        f'Rename it back, or write "{new}" = "{old}" under '
        f"[tables.{now.watched.table}.values.{canonical}]; where it is another thing, run "
        "`kenshin check --accept`."
    )
