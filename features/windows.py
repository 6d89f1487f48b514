"""Rows placed on whole UTC days, and the cut-off dates at which they count.

Every ``as_of`` is a midnight, so whole days decide exactly what a comparison of instants would:
a row of day ``d`` lies in ``[as_of − w, as_of)`` if and only if ``c − w <= d < c``, where ``c`` is
the day that begins at ``as_of``. Days are integers since 1970-01-01. A row recorded late counts
from the first midnight after both its day and the day it was recorded: ``known``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from features.engines.light import dt, ibis
from features.errors import SettingsError
from features.given import given
from features.recipe import Recipe

Expression = Any
"""An ibis value; ibis gives its methods by the value's type, which annotations cannot follow."""

EPOCH = datetime(1970, 1, 1)


def midnight(instant: datetime) -> datetime:
    """Return the last UTC midnight at or before ``instant``, without zone."""
    naive = instant.astimezone(UTC).replace(tzinfo=None) if instant.tzinfo else instant
    return naive.replace(hour=0, minute=0, second=0, microsecond=0)


def day_number(instant: datetime) -> int:
    """Return the whole days from 1970-01-01 to ``instant``, rounded down."""
    return (instant - EPOCH) // timedelta(days=1)


def require_midnights(as_ofs: Iterable[datetime]) -> list[datetime]:
    """Return ``as_ofs`` sorted, each once, without zone.

    Raises
    ------
    SettingsError
        Where there is none, or one is no midnight in UTC.
    """
    found = set()
    for as_of in as_ofs:
        naive = as_of.astimezone(UTC).replace(tzinfo=None) if as_of.tzinfo else as_of
        if naive != midnight(naive):
            raise SettingsError(
                "an as_of at midnight UTC",
                f"{as_of.isoformat()}",
                "Give a date without a time of day, for example 2026-04-01.",
            )
        found.add(naive)
    if not found:
        raise SettingsError(
            "at least one as_of", "none", "Give --as-of, or a later [data].observed_until."
        )
    return sorted(found)


def cuts(as_ofs: Sequence[datetime], recipe: Recipe | None = None) -> ibis.Table:
    """Return the table of cut-offs: ``as_of`` and its day number ``c``."""
    return given(recipe, **instants(as_ofs))


def instants(as_ofs: Sequence[datetime]) -> dict[str, Sequence[datetime] | list[int]]:
    """Return the columns of `cuts`."""
    return {"as_of": as_ofs, "c": [day_number(as_of) for as_of in as_ofs]}


class CutDays(tuple[int, ...]):
    """Cut-offs as day numbers, ascending, of which queries say the first and last by a variable.

    Attributes
    ----------
    names : (str, str)
        DuckDB's variables that are the first and the last.
    """

    names: tuple[str, str]

    @classmethod
    def named(cls, days: Iterable[int], first: str, last: str) -> CutDays:
        """Return the days under those names."""
        found = cls(days)
        found.names = (first, last)
        return found


@cache
def _getvariable() -> Expression:
    """Return DuckDB's function that reads a variable: a constant by the time of planning."""

    def getvariable(variable: str) -> dt.int64: ...

    return ibis.udf.scalar.builtin(getvariable)


def _ends(cut_days: Sequence[int]) -> tuple[Expression, Expression]:
    """Return the first and the last cut-off as queries say them."""
    if isinstance(cut_days, CutDays):
        first, last = (_getvariable()(name) for name in cut_days.names)
        return first, last
    return cut_days[0], cut_days[-1]


def day_of(time: Expression) -> Expression:
    """Return the day number of a time expression."""
    return time.date().delta(ibis.date(1970, 1, 1), unit="day")


def placed(rows: ibis.Table, time: str) -> ibis.Table:
    """Return ``rows`` with ``day`` and ``known``, the first cut-off day at which they count.

    Rows that were stored with both stay as they are.
    """
    if "day" in rows.columns and "known" in rows.columns:
        return rows
    rows = rows.mutate(day=day_of(rows[time]))
    if "recorded_at" not in rows.columns:
        return rows.mutate(known=rows.day + 1)
    recorded = day_of(rows.recorded_at).coalesce(rows.day)
    return rows.mutate(known=ibis.greatest(rows.day, recorded) + 1)


def within(rows: ibis.Table, cut_days: Sequence[int], reach: int | None) -> ibis.Table:
    """Return the placed rows that count at one of the cut-offs at least.

    Parameters
    ----------
    cut_days : sequence of int
        Ascending.
    reach : int or None
        Only rows of ``[c − reach, c)`` are wanted at ``c``; None for all that is known.
    """
    first, last = _ends(cut_days)
    if reach is None:
        return rows.filter(rows.known <= last)
    # At once: a selection that two reaches share would be kept whole, to be selected from again.
    return rows.filter(rows.known <= last, rows.day >= first - reach)


def at_cuts(rows: ibis.Table, dates: ibis.Table, reach: int | None = None) -> ibis.Table:
    """Return each placed row once for every cut-off at which it counts.

    Parameters
    ----------
    reach : int or None
        Only rows of ``[c − reach, c)``; None for all that is known.
    """
    conditions = [rows.known <= dates.c]
    if reach is not None:
        conditions.append(rows.day >= dates.c - reach)
    return rows.join(dates, conditions)


def last_seen(rows: ibis.Table, by: Sequence[str]) -> ibis.Table:
    """Return one row per ``by`` and day with the cut-offs at which it is the last one known.

    The row is the last that counts at exactly the cut-offs ``from_c <= c < until_c``, so joining
    on that range gives at most one row per ``by`` and cut-off: "distinct users in the last w days"
    becomes a plain count of rows with ``day >= c − w``, exact and without a distinct.

    Parameters
    ----------
    rows : ibis.Table
        With ``account_id``, the columns ``by``, ``day`` and ``known``.
    """
    keys = ["account_id", *by]
    days = rows.group_by([*keys, "day"]).aggregate(known=rows.known.min())
    days = days.mutate(from_c=ibis.greatest(days.known, days.day + 1))
    later = ibis.window(group_by=keys, order_by="day", following=(1, None))
    days = days.mutate(until_c=days.from_c.min().over(later))
    return days.filter(days.until_c.isnull() | (days.from_c < days.until_c)).drop("known")


def seen_at(rows: ibis.Table, dates: ibis.Table, reach: int | None = None) -> ibis.Table:
    """Return the rows of `last_seen` at the cut-offs where each is the last one known."""
    conditions = [rows.from_c <= dates.c, rows.until_c.isnull() | (dates.c < rows.until_c)]
    if reach is not None:
        conditions.append(rows.day >= dates.c - reach)
    return rows.join(dates, conditions)
