"""At which instants statements are made."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from features import windows
from features.engines import arrow
from features.errors import SettingsError, TableError
from features.settings import Settings

if TYPE_CHECKING:
    from features.sources import Tables


def as_of_dates(
    settings: Settings, tables: "Tables", until: datetime | None = None
) -> list[datetime]:
    """Return the regular instants for training, ascending.

    The first days of months, the Mondays, every day, or every so many days, as
    ``[snapshots].every`` says, from ``[snapshots].start`` to ``until`` (default: the end of what
    was observed), both included.
    """
    last = windows.midnight(until or tables.observed_until)
    start = settings.snapshots.start
    first = windows.midnight(start) if start else _first_with_data(settings, tables)
    if start and first < start.replace(tzinfo=None):
        first += timedelta(days=1)
    return regular(settings.snapshots.every, first, last)


def regular(every: str, first: datetime, last: datetime) -> list[datetime]:
    """Return the instants of the rhythm ``every`` in ``[first, last]``.

    Examples
    --------
    >>> regular("month", datetime(2026, 1, 15), datetime(2026, 3, 1))
    [datetime.datetime(2026, 2, 1, 0, 0), datetime.datetime(2026, 3, 1, 0, 0)]

    Raises
    ------
    SettingsError
        Where the rhythm is no days long.
    """
    days = (last - first).days
    all_days = [first + timedelta(days=n) for n in range(days + 1)]
    if every == "month":
        return [day for day in all_days if day.day == 1]
    if every == "week":
        return [day for day in all_days if day.weekday() == 0]
    step = 1 if every == "day" else int(every.removesuffix("d"))
    if step == 0:
        raise SettingsError("a rhythm of at least a day", every, "Write day, week, month or 14d.")
    return all_days[::step]


def _first_with_data(settings: Settings, tables: "Tables") -> datetime:
    """Return the first midnight by which a third of the shortest window has data."""
    name, time = ("events", "occurred_at")
    if name not in tables:
        name, time = ("subscriptions", "started_at")
    if name not in tables:
        name, time = ("accounts", "created_at")
    first = arrow(tables[name].aggregate(first=tables[name][time].min()))["first"][0].as_py()
    if first is None:
        raise TableError(f"rows in {name}", "none", f"Check the source of [tables.{name}].")
    shortest = min(settings.snapshots.windows_days, default=1)
    return windows.midnight(first) + timedelta(days=max(1, -(-shortest // 3)))
