"""When Japan works: weekdays, holidays, months and hours."""

from datetime import date, timedelta

import numpy as np

from features.simulator.plan import Floats, Grid

WEEKDAY = (1.0, 1.04, 1.03, 1.02, 0.94, 0.10, 0.07)
MONTH = (0.95, 1.0, 1.08, 1.03, 0.95, 1.02, 1.0, 0.90, 1.03, 1.03, 1.0, 0.94)
HOURS_UTC = (8.0, 10.0, 9.0, 4.0, 8.0, 9.0, 9.0, 8.0, 6.0, 3.5, 2.0, 1.2, 0.8, 0.5)
"""Share of work by UTC hour from 0, which is nine in the morning in Japan."""
LEAVING_MONTH = (0.9, 0.95, 1.35, 1.1, 0.9, 1.0, 0.95, 0.9, 1.25, 1.0, 0.95, 1.0)
"""Contracts are ended more often when the Japanese fiscal year or half-year closes."""

_FIXED = ((2, 11), (2, 23), (4, 29), (5, 3), (5, 4), (5, 5), (8, 11), (11, 3), (11, 23))
_A_DAY = timedelta(1)
_MONDAYS = ((1, 2), (7, 3), (9, 3), (10, 2))


def holidays(year: int) -> frozenset[date]:
    """Return the public holidays of Japan and the days on which offices close by custom.

    The equinoxes follow the usual approximation, right for 1980 to 2099. A holiday on a Sunday is
    made up for on the next day that is none; a day between two holidays is one too.
    """
    days = {date(year, month, day) for month, day in _FIXED}
    days |= {_nth_monday(year, month, n) for month, n in _MONDAYS}
    shift = 0.242194 * (year - 1980) - (year - 1980) // 4
    days |= {date(year, 3, int(20.8431 + shift)), date(year, 9, int(23.2488 + shift))}
    days |= {_made_up_for(day, days) for day in days if day.weekday() == 6}
    days |= {day + _A_DAY for day in days if day + 2 * _A_DAY in days}
    days |= {date(year, 1, d) for d in (1, 2, 3)} | {date(year, 12, d) for d in (29, 30, 31)}
    return frozenset(days | {date(year, 8, d) for d in (13, 14, 15)})


def _made_up_for(day: date, days: set[date]) -> date:
    while day in days:
        day += _A_DAY
    return day


def _nth_monday(year: int, month: int, n: int) -> date:
    first = date(year, month, 1)
    return first + timedelta((7 - first.weekday()) % 7 + 7 * (n - 1))


def work_by_day(grid: Grid) -> Floats:
    """Return how much is worked on each day, 1 on a usual weekday, shape (all days,)."""
    closed = {day for year in {d.year for d in _dates(grid)} for day in holidays(year)}
    return np.array([_work(day, day in closed) for day in _dates(grid)])


def work_by_week(grid: Grid) -> Floats:
    """Return how much is worked in each week, 1 in a usual one, shape (weeks,)."""
    by_day: Floats = work_by_day(grid)[: grid.days].reshape(-1, 7)
    return np.asarray(by_day.sum(axis=1) / 5.0)


def leaving_by_day(grid: Grid) -> Floats:
    """Return how readily contracts are ended in each day's month, shape (all days,)."""
    return np.array([LEAVING_MONTH[day.month - 1] for day in _dates(grid)])


def _dates(grid: Grid) -> list[date]:
    first = date(1970, 1, 1) + timedelta(grid.first_day)
    return [first + timedelta(n) for n in range(grid.all_days)]


def _work(day: date, closed: bool) -> float:
    usual = WEEKDAY[day.weekday()] * MONTH[day.month - 1]
    return usual * 0.08 if closed and day.weekday() < 5 else usual


def seconds_of_day(uniform: Floats) -> Floats:
    """Return the second of the UTC day at which work falls, for uniform draws in [0, 1).

    Working hours in Japan lie within one UTC day, so no work crosses midnight.
    """
    shares = np.array(HOURS_UTC)
    edges = np.concatenate([[0.0], np.cumsum(shares / shares.sum())])
    return np.asarray(np.interp(uniform, edges, np.arange(len(edges)) * 3600.0))
