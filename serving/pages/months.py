"""Where the months begin on an axis of weeks."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from serving.pages.numbers import Numbers


def month_marks(
    dates: Sequence[datetime], numbers: Numbers, most: int = 7
) -> list[tuple[float, str]]:
    """Return (week from the first date, month) for at most ``most`` months, evenly spread."""
    if len(dates) < 2:
        return []
    starts = [
        ((now - dates[0]).days / 7, numbers.month(now))
        for before, now in pairwise(dates)
        if now.month != before.month
    ]
    every = max(1, -(-len(starts) // most))
    return starts[::-1][::every][::-1]


def week_places(dates: Sequence[datetime], start: datetime) -> list[float]:
    """Return how many weeks after ``start`` each date lies."""
    return [(at - start).total_seconds() / 604_800 for at in dates]
