"""How regularly each table receives rows: what freshness is judged by."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import ibis
import numpy as np
import numpy.typing as npt

from features import windows
from features.sources import Tables
from features.tables import TABLES
from serving.drift.broken import Feed

LOOK_BACK_DAYS = 90
GAPS_DAYS = 365
"""Days before the last row in which gaps are looked for: holidays come once a year."""
ENOUGH_GAPS = 8
"""Gaps below which none is known to be the usual one."""
REGULAR = ("events", "tickets", "surveys", "messages", "invoices", "learning")
"""Tables that receive rows as business goes on; the others may rest for months."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Calendar:
    """The days on which a table had rows.

    Attributes
    ----------
    days : ndarray of shape (n,)
        Ascending, as whole days since 1970-01-01.
    known : ndarray of shape (n,)
        Day from which on each was known; later where rows were recorded late.
    last : ndarray of shape (n,), datetime64[us]
        Time of each day's last row.
    """

    days: Ints
    known: Ints
    last: npt.NDArray[np.datetime64]

    def feed(self, as_of: datetime) -> Feed | None:
        """Return the regularity of the rows before ``as_of``; None without any."""
        day = windows.day_number(as_of)
        rows = (self.days < day) & (self.known <= day)
        if not rows.any():
            return None
        days, at = self.days[rows], self.last[rows][-1]
        inside = days[days > days[-1] - LOOK_BACK_DAYS]
        gaps = np.diff(days[days >= days[-1] - GAPS_DAYS]) - 1
        longest = int(gaps.max()) if len(gaps) >= ENOUGH_GAPS else None
        return Feed(at.astype(datetime), min(1.0, len(inside) / LOOK_BACK_DAYS), longest)


def calendars(tables: Tables) -> dict[str, Calendar]:
    """Return the calendar of each regular table the company has, in one pass over each."""
    return {name: _calendar(tables[name], name) for name in REGULAR if name in tables}


def feeds(tables: Tables, as_of: datetime) -> dict[str, Feed]:
    """Return the regularity of each regular table the company has, over rows before ``as_of``.

    Parameters
    ----------
    tables : Tables
    as_of : datetime
        UTC.
    """
    return feeds_at(calendars(tables), as_of)


def feeds_at(known: Mapping[str, Calendar], as_of: datetime) -> dict[str, Feed]:
    """Return the regularity of each table over rows before ``as_of``."""
    found = {name: calendar.feed(as_of) for name, calendar in known.items()}
    return {name: feed for name, feed in found.items() if feed is not None}


def stale_feeds(known: Mapping[str, Calendar], as_of: datetime) -> dict[str, float]:
    """Return the tables whose rows had stopped at ``as_of`` → days since the last."""
    found = feeds_at(known, as_of)
    return {n: feed.silent_days(as_of) for n, feed in found.items() if feed.is_stale(as_of)}


def _calendar(table: ibis.Table, name: str) -> Calendar:
    time = TABLES[name].time
    assert time is not None, "regular tables have a time"
    rows = windows.placed(table.filter(table[time].notnull()), time)
    found = rows.group_by("day").aggregate(known=rows.known.min(), last=rows[time].max())
    told = found.order_by("day").to_pyarrow()
    return Calendar(
        told["day"].to_numpy().astype(np.int64),
        told["known"].to_numpy().astype(np.int64),
        told["last"].to_numpy().astype("datetime64[us]"),
    )
