"""A table that is still the file it was: what was measured of it then holds today."""

from datetime import datetime

from features.checks.upstream.measuring import Measured
from features.checks.upstream.profile import TableProfile, day_after
from features.checks.upstream.watched import WatchedTable


def unchanged(watched: WatchedTable, latest: TableProfile, end: datetime) -> bool:
    """Return whether measuring ``watched`` would give what ``latest`` already says.

    Rows outside of what was observed then may be inside today, so a table with any is measured.
    """
    return (
        bool(watched.columns)
        and watched.files == latest.files != ""
        and watched.mapping == latest.mapping
        and dict(watched.there) == latest.there
        and latest.outside == 0
        and day_after(end) >= day_after(datetime.fromisoformat(latest.end))
    )


def measured_again(
    watched: WatchedTable, latest: TableProfile, kept: int, end: datetime
) -> Measured:
    """Return ``latest`` as of today, without the days of single columns.

    Parameters
    ----------
    kept : int
        Rows that passed the row checks, which may be others: they look at other tables as well.
    """
    first = (latest.last_day or 0) - len(latest.day_rows) + 1
    filled = [(first + at, rows) for at, rows in enumerate(latest.day_rows) if rows]
    return Measured(
        watched=watched,
        profile=latest.observed(end, kept),
        days=[day for day, _ in filled],
        rows=[rows for _, rows in filled],
        seen=[],
        every=1,
        series={},
        categories={},
        own_days={},
    )
