"""What is run: which ways at which sizes, how often, over which dates, and for how long at most."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

OURS = "ours"
BAR = "duckdb_sql"
FEATURETOOLS = "featuretools"
WAYS = ("duckdb_sql", "ours", "ours_checked", "polars", "pandas_vectorised", "pandas_naive")
"""The ways that compute all wanted features."""

MONTHS = tuple(datetime(2025 + (m + 11) // 12, (m + 11) % 12 + 1, 1) for m in range(12))
"""The twelve dates of the comparison: the firsts of 2025-12 to 2026-11."""
LAST_MONDAY = datetime(2026, 11, 16)
MEMORY_LIMIT = {"1m": "4GB", "10m": "4GB", "100m": "3GB"}
"""DuckDB's ``memory_limit``, the same for its two ways. It counts DuckDB's buffers; the process
needs more than it says, hence less of it where 4 GB are the target."""


@dataclass(frozen=True)
class Experiment:
    """Ways that are run in turns over the same tables and dates.

    Attributes
    ----------
    name : str
        ``sizes``, ``dates`` or ``featuretools``.
    size : str
        Which company; see `company`.
    ways : tuple of str
    rounds : int
        How often each is run; the ways take turns, each round begins with another.
    dates : tuple of datetime
    once : tuple of str
        Ways that are run in the first round only.
    limit_s : float
        A way is stopped after so many seconds.
    """

    name: str
    size: str
    ways: tuple[str, ...]
    rounds: int
    dates: tuple[datetime, ...] = MONTHS
    once: tuple[str, ...] = field(default=())
    limit_s: float = 300

    def turns(self) -> list[tuple[int, str]]:
        """Return (round, way) in the order they run."""
        found = []
        for number in range(self.rounds):
            shift = number % len(self.ways)
            for way in (*self.ways[shift:], *self.ways[:shift]):
                if number == 0 or way not in self.once:
                    found.append((number, way))
        return found


def mondays(count: int) -> tuple[datetime, ...]:
    """Return the last ``count`` Mondays of the data, ascending."""
    return tuple(LAST_MONDAY - timedelta(weeks=n) for n in reversed(range(count)))


def everything() -> list[Experiment]:
    """Return the whole benchmark."""
    once = (FEATURETOOLS,)
    big = (BAR, OURS, "polars", "pandas_vectorised", "pandas_naive")
    return [
        Experiment("sizes", "1m", WAYS, rounds=3),
        Experiment("sizes", "10m", WAYS, rounds=3, once=("ours_checked", "polars")),
        *(Experiment("dates", "10m", (OURS,), 1, mondays(n)) for n in (1, 6, 12, 24, 52, 104)),
        Experiment(FEATURETOOLS, "10k", (FEATURETOOLS, OURS), rounds=3),
        Experiment(FEATURETOOLS, "100k", (FEATURETOOLS, OURS), rounds=3),
        Experiment(FEATURETOOLS, "1m", (FEATURETOOLS, OURS), rounds=3, once=once),
        Experiment(FEATURETOOLS, "10m", (FEATURETOOLS, OURS), rounds=3, limit_s=420),
        Experiment("sizes", "100m", big, rounds=3, once=big[2:], limit_s=100),
    ]


def chosen(
    sizes: Sequence[str] | None, ways: Sequence[str] | None, rounds: int | None
) -> list[Experiment]:
    """Return the parts of the benchmark with these sizes and ways, and so many rounds."""
    found = []
    for part in everything():
        kept = tuple(way for way in part.ways if ways is None or way in ways)
        if kept and (sizes is None or part.size in sizes):
            number = part.rounds if rounds is None else rounds
            found.append(
                Experiment(part.name, part.size, kept, number, part.dates, part.once, part.limit_s)
            )
    return found
