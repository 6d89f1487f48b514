"""One task: tables in a folder, dates, where the snapshot goes; and the command line of a way."""

import argparse
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from benchmarks.features.wanted import EXPRESSIBLE, WANTED
from serving.leaving import leave

HORIZON_DAYS = 90
ALLOWED_GAP_DAYS = 30


@dataclass(frozen=True)
class Task:
    """What one way has to do.

    Attributes
    ----------
    data : Path
        Folder of a simulated company: ``events.parquet`` and so on, and ``kenshin.toml``.
    work : Path
        Empty folder for spilled data, and for nothing that lasts but the queries that ours keeps.
    out : Path
        The Parquet file to write: `wanted.COLUMNS`, sorted by (as_of, account_id).
    as_ofs : tuple of datetime
        Ascending midnights.
    memory_limit : str
        For the ways that have such a setting.
    observed_until : datetime
        Exclusive end of the data.
    wanted : tuple of str
        The features to compute; only `ours` is ever asked for less than all.
    """

    data: Path
    work: Path
    out: Path
    as_ofs: tuple[datetime, ...]
    memory_limit: str
    observed_until: datetime
    wanted: tuple[str, ...] = WANTED

    def file(self, table: str) -> Path:
        """Return where ``table`` lies."""
        return self.data / f"{table}.parquet"


def task(
    data: Path,
    work: Path,
    out: Path,
    as_ofs: tuple[datetime, ...],
    memory_limit: str = "4GB",
    wanted: tuple[str, ...] = WANTED,
) -> Task:
    """Return the task over the company in ``data``; its settings say where the data end."""
    with (data / "kenshin.toml").open("rb") as file:
        observed_until = tomllib.load(file)["data"]["observed_until"]
    return Task(data, work, out, as_ofs, memory_limit, observed_until, wanted)


def command(way: Callable[[Task], None]) -> NoReturn:
    """Run ``way`` on the task that the command line names."""
    parser = argparse.ArgumentParser()
    for name in ("--data", "--work", "--out"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--dates", required=True, help="Days with commas between.")
    parser.add_argument("--memory-limit", default="4GB")
    parser.add_argument("--expressible", action="store_true", help="Only what Featuretools can.")
    given = parser.parse_args()
    as_ofs = tuple(datetime.fromisoformat(day) for day in given.dates.split(","))
    wanted = EXPRESSIBLE if given.expressible else WANTED
    way(task(given.data, given.work, given.out, as_ofs, given.memory_limit, wanted))
    leave(0)
