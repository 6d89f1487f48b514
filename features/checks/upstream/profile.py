"""The profile of one delivery of a table: what the next one is held against."""

from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

EPOCH = date(1970, 1, 1)
RECENT_DAYS = 28


@dataclass(frozen=True)
class ColumnProfile:
    """What one column looked like.

    Attributes
    ----------
    source, source_type, kind : str
        Its name and type in the source; its kind in the contract.
    missing, missing_recent : float
        Share of rows without a value, in all rows and in the last 28 days. A value that cannot be
        read counts as missing.
    unreadable : float
        Share of rows with a value that is not of the column's kind.
    distinct : int
        Different values in the sample; exact up to 1.
    looks : dict of str to float
        Share of the sample's texts that could be a ``number``, a ``time`` or a ``truth``.
    shares : dict of str to float
        Value → share of the filled rows: all values of a category, the most frequent ones of any
        other text.
    is_category : bool
        Whether ``shares`` holds all values.
    magnitude, spread : float or None
        Mean and standard deviation of ln |value| of the values that are not 0.
    low, high, whole : float or None
        Range of a number, and its share of whole numbers.
    hours : tuple of float
        Share of a time's values by hour of the day, UTC; empty for other kinds.
    offset, offset_spread : float or None
        Mean and standard deviation, in days, from the row's own time to this time.
    ages : tuple of (int, int)
        By age of the row in days (0 to 27): rows and filled ones.
    last : int or None
        Last day (since 1970) on which this time lies, up to the end of what was observed.
    """

    source: str
    source_type: str
    kind: str
    missing: float = 0.0
    missing_recent: float = 0.0
    unreadable: float = 0.0
    distinct: int = 0
    looks: dict[str, float] = field(default_factory=dict)
    shares: dict[str, float] = field(default_factory=dict)
    is_category: bool = False
    magnitude: float | None = None
    spread: float | None = None
    low: float | None = None
    high: float | None = None
    whole: float | None = None
    hours: tuple[float, ...] = ()
    offset: float | None = None
    offset_spread: float | None = None
    ages: tuple[tuple[int, int], ...] = ()
    last: int | None = None


@dataclass(frozen=True)
class TableProfile:
    """What one delivery of a table looked like.

    Attributes
    ----------
    table : str
    mapping : str
        Fingerprint of the settings that read it.
    rows, kept, recent_rows : int
        Rows in all, those that passed the row checks, and those of the last 28 days.
    first_time : str
        ISO time of the first row, or nothing.
    end : str
        ISO time, exclusive end of what was observed.
    first_day, last_day : int or None
        Days since 1970 of the first and the last row before ``end``.
    day_rows : tuple of int
        Rows per day for the last 400 days up to ``last_day``, oldest first.
    columns : dict of str to ColumnProfile
    there : dict of str to str
        Every source column → DuckDB type.
    identities : tuple of str
        The smallest hashes of the account ids: a sample that stays the same from one delivery to
        the next. Only for the table that says who the accounts are.
    files : str
        Fingerprint of the files it came from; nothing where it is not known.
    outside : int
        Rows without a day, or from ``end`` on.
    """

    table: str
    mapping: str
    rows: int
    kept: int
    recent_rows: int
    first_time: str
    end: str
    first_day: int | None
    last_day: int | None
    day_rows: tuple[int, ...]
    columns: dict[str, ColumnProfile]
    there: dict[str, str]
    identities: tuple[str, ...] = ()
    files: str = ""
    outside: int = 0

    def rows_on(self, day: int) -> int | None:
        """Return the rows of that day, or None where it lies outside what is kept."""
        if self.last_day is None:
            return None
        at = day - (self.last_day - len(self.day_rows) + 1)
        return self.day_rows[at] if 0 <= at < len(self.day_rows) else None

    @property
    def end_day(self) -> int:
        """First day, since 1970, that was not observed."""
        return (datetime.fromisoformat(self.end).date() - EPOCH).days

    def observed(self, end: datetime, kept: int) -> "TableProfile":
        """Return the profile of the same rows, none of them outside, at a later ``end``."""
        later = day_after(end) - day_after(datetime.fromisoformat(self.end))
        recent = (end.date() - EPOCH).days - RECENT_DAYS
        first = (self.last_day or 0) - len(self.day_rows) + 1
        return replace(
            self,
            kept=kept,
            end=end.isoformat(),
            recent_rows=sum(n for at, n in enumerate(self.day_rows) if first + at >= recent),
            columns={name: _aged(column, later) for name, column in self.columns.items()},
        )

    def document(self) -> dict[str, Any]:
        """Return the profile as plain JSON values."""
        return asdict(self)


def _aged(column: ColumnProfile, days: int) -> ColumnProfile:
    """Return the column so many days later, without new rows."""
    ages = (*((0, 0),) * days, *column.ages)[:RECENT_DAYS]
    rows, filled = (sum(age[n] for age in ages) for n in (0, 1))
    return replace(column, ages=ages, missing_recent=1 - filled / rows if rows else 0.0)


def day_after(end: datetime) -> int:
    """Return the first day, since 1970, of which nothing was observed before ``end``."""
    return (end.date() - EPOCH).days + (1 if end.time() != datetime.min.time() else 0)


def read_profile(document: dict[str, Any]) -> TableProfile:
    """Return the profile that ``document`` holds.

    Raises
    ------
    KeyError, TypeError
        Where it holds none.
    """
    columns = {
        name: ColumnProfile(
            **{
                **column,
                "hours": tuple(column["hours"]),
                "ages": tuple((rows, filled) for rows, filled in column["ages"]),
            }
        )
        for name, column in document["columns"].items()
    }
    whole = {
        **document,
        "columns": columns,
        "day_rows": tuple(document["day_rows"]),
        "identities": tuple(document["identities"]),
    }
    return TableProfile(**whole)


def on(day: int) -> str:
    """Return a day since 1970 as it is written: 2026-03-31."""
    return (EPOCH + timedelta(days=day)).isoformat()
