"""How regularly each table receives rows: what freshness is judged by."""

from datetime import datetime, timedelta

import ibis

from features.sources import Tables
from features.tables import TABLES
from serving.drift.broken import Feed

LOOK_BACK_DAYS = 90
REGULAR = ("events", "tickets", "surveys", "messages", "invoices", "learning")
"""Tables that receive rows as business goes on; the others may rest for months."""


def feeds(tables: Tables, as_of: datetime) -> dict[str, Feed]:
    """Return the regularity of each regular table the company has, over rows before ``as_of``.

    Parameters
    ----------
    tables : Tables
    as_of : datetime
        UTC.
    """
    found = {name: _feed(tables[name], name, as_of) for name in REGULAR if name in tables}
    return {name: feed for name, feed in found.items() if feed is not None}


def _feed(table: ibis.Table, name: str, as_of: datetime) -> Feed | None:
    time = table[TABLES[name].time]
    before = table.filter(time < ibis.timestamp(as_of))
    last_at = before.aggregate(last=time.max()).to_pyarrow()["last"][0].as_py()
    if last_at is None:
        return None
    recent = before.filter(time > ibis.timestamp(last_at - timedelta(days=LOOK_BACK_DAYS)))
    days = recent.aggregate(days=time.date().nunique()).to_pyarrow()["days"][0].as_py()
    return Feed(last_at, min(1.0, days / LOOK_BACK_DAYS))
