"""Events summed up per account and day before they meet the cut-offs."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

from features.windows import Expression

if TYPE_CHECKING:
    pass

QUANTITY_UNIT = 1000
"""Quantities are summed as integers of a thousandth, so that sums are exact in every order."""
LARGEST = 1e12
"""Quantities and durations beyond this are taken as this; sums then stay within integers."""


def in_units(number: Expression, unit: int) -> Expression:
    """Return ``number * unit`` as an integer, null where it is missing or not a number."""
    finite = number.isnan().ifelse(ibis.null("float64"), number)
    kept = finite.clip(lower=-LARGEST, upper=LARGEST)
    return (kept * unit).round().cast("int64")


def account_days(
    rows: ibis.Table, activity: Sequence[str] | None, named: Sequence[str]
) -> ibis.Table:
    """Return what each account did each day, split by the cut-off from which it is known.

    Parameters
    ----------
    rows : ibis.Table
        Placed events.
    activity : sequence of str or None
        Names of the events that count as use; None for all.
    named : sequence of str
        Event names that get columns of their own: ``n:<event>`` counts them, ``q:<event>`` adds
        their quantity.

    Returns
    -------
    ibis.Table
        ``account_id``, ``day``, ``known`` and integers: ``events``; ``active``, 1 in the first
        row of a day; ``squares``, what the row adds to the square of the day's events;
        ``duration_ms`` and ``quantity`` where the events have them.
    """
    sums = day_sums(rows, activity, named)
    return with_activity(rows.group_by(["account_id", "day", "known"]).aggregate(**sums))


def day_sums(
    rows: ibis.Table, activity: Sequence[str] | None, named: Sequence[str]
) -> dict[str, Expression]:
    """Return what `account_days` adds up: sums that parts of a day may be added up from."""
    usual = rows.event.notnull() if activity is None else rows.event.isin(activity)
    sums: dict[str, Expression] = {"events": rows.count(where=usual)}
    if "duration_s" in rows.columns:
        duration = in_units(rows.duration_s.cast("float64"), 1000)
        sums["duration_ms"] = duration.sum(where=usual)
    quantity = ibis.null("int64")
    if "quantity" in rows.columns:
        quantity = in_units(rows.quantity.cast("float64"), QUANTITY_UNIT)
        sums["quantity"] = quantity.sum(where=usual)
    for name in named:
        sums[f"n:{name}"] = rows.count(where=rows.event == name)
        if "quantity" in rows.columns:
            sums[f"q:{name}"] = quantity.sum(where=rows.event == name)
    return sums


def with_activity(days: ibis.Table) -> ibis.Table:
    """Add ``active`` and ``squares``, which add up to the same however late parts of a day came."""
    so_far = ibis.window(group_by=["account_id", "day"], order_by="known", preceding=(None, 0))
    days = days.mutate(total=days.events.sum().over(so_far).cast("int64"))
    before = days.total - days.events
    return days.mutate(
        active=((before == 0) & (days.events > 0)).cast("int64"),
        squares=days.total * days.total - before * before,
    ).drop("total")


def cells(days: ibis.Table, cut_days: Sequence[int], edges: Collection[int]) -> ibis.Table:
    """Return account-days merged into cells that no window edge of any cut-off divides.

    A window begins and ends at ``c − edge`` only, so all days between two neighbouring such points
    lie in the same windows: adding them up first changes no window's sum and leaves a fraction of
    the rows for the join with the cut-offs. ``day`` becomes the cell's first day, ``known`` the
    first cut-off at which the row counts; where there is ``active``, ``first_day`` and
    ``last_day`` are of active days.
    """
    points = sorted({c - edge for c in cut_days for edge in edges})
    calendar = _calendar(points, cut_days)
    late = calendar.select(k="day", first_c="first_c")
    days = days.join(calendar.drop("first_c"), "day")
    days = days.join(late, days.known == late.k)
    measured = [n for n in days.columns if n not in _KEYS]
    sums: dict[str, Expression] = {name: days[name].sum().cast("int64") for name in measured}
    if "active" in measured:
        active = days.active == 1
        sums["first_day"] = days.day.min(where=active)
        sums["last_day"] = days.day.max(where=active)
    found = days.group_by(["account_id", "cell", "first_c"]).aggregate(**sums)
    return found.rename(day="cell", known="first_c")


_KEYS = {"account_id", "day", "known", "cell", "k", "first_c"}


def _calendar(points: Sequence[int], cut_days: Sequence[int]) -> ibis.Table:
    """Return for each day the edge at or before it and the first cut-off at or after it."""
    days = range(points[0], max(cut_days) + 1)
    cell, first_c = [], []
    at = cut = 0
    for day in days:
        while at + 1 < len(points) and points[at + 1] <= day:
            at += 1
        while cut_days[cut] < day:
            cut += 1
        cell.append(points[at])
        first_c.append(cut_days[cut])
    columns = {"day": list(days), "cell": cell, "first_c": first_c}
    return ibis.memtable(
        pa.table({name: pa.array(values, pa.int64()) for name, values in columns.items()})
    )


def days_per(rows: ibis.Table, key: str) -> ibis.Table:
    """Return the placed days on which each value of ``key`` was seen, once each."""
    rows = rows.filter(rows[key].notnull())
    return rows.group_by(["account_id", key, "day"]).aggregate(known=rows.known.min())


def kept_users(before: ibis.Table, after: ibis.Table) -> ibis.Table:
    """Return the users of the period before with ``kept``: 1 if active in the one after as well.

    Parameters
    ----------
    before, after : ibis.Table
        One row per ``c``, ``account_id`` and ``user_id`` active in either period.
    """
    after = after.select(c2="c", account2="account_id", user2="user_id")
    joined = before.left_join(
        after,
        [
            before.c == after.c2,
            before.account_id == after.account2,
            before.user_id == after.user2,
        ],
    )
    kept = joined.user2.notnull().cast("int64")
    return joined.select("c", "account_id", "day", kept=kept)
