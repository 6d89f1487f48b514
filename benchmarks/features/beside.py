"""What the programs beside this one measured: other engines, and one more day."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.features.targets import Target

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Section:
    """One section of the page.

    Attributes
    ----------
    title, text : str
    head : tuple of str
    rows : tuple of tuple of str
    targets : tuple of Target
    """

    title: str
    text: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    targets: tuple[Target, ...]

    def lines(self) -> list[str]:
        """Return the section as Markdown."""
        lines = [f"## {self.title}", "", self.text, ""]
        lines += [f"| {' | '.join(self.head)} |", "|---" * len(self.head) + "|"]
        return [*lines, *(f"| {' | '.join(row)} |" for row in self.rows)]


def sections(folder: Path = HERE) -> list[Section]:
    """Return a section for each of ``engines.json`` and ``daily.json`` that exists."""
    found = []
    for name, section in (("engines", engines), ("daily", daily)):
        file = folder / f"{name}.json"
        if file.exists():
            found.append(section(json.loads(file.read_text(encoding="utf-8"))))
    return found


def engines(found: dict[str, Any]) -> Section:
    """Return the section on DuckDB, PostgreSQL and Spark."""
    runs = found["runs"]
    others = [run for run in runs if run["engine"] != "duckdb"]
    differ = sum(run["cells_differing"] + run["label_cells_differing"] for run in others)
    compared = sum(run["cells"] + run["label_cells"] for run in others)
    days = ", ".join(sorted({run["measured_on"] for run in runs}))
    return Section(
        "The same features on other engines",
        f"Measured on {days} by `python -m benchmarks.features.engines`: each "
        "company is loaded, checked and built whole, all features at every regular date, on each "
        f"engine, and compared with DuckDB: {compared:,} cells, {differ:,} different.",
        ("company", "engine", "rows", "dates", "cells", "different", "same id", "seconds"),
        tuple(_engine(run) for run in runs),
        (Target("cells differing between engines", "0", f"{differ:,}", differ == 0),),
    )


def _engine(run: dict[str, Any]) -> tuple[str, ...]:
    spent = ", ".join(f"{what} {seconds:g}" for what, seconds in run["seconds"].items())
    return (
        run["data"],
        run["engine"],
        f"{run['rows']:,}",
        str(run["dates"]),
        f"{run['cells'] + run['label_cells']:,}",
        f"{run['cells_differing'] + run['label_cells_differing']:,}",
        "yes" if run["same_content_id"] else "no",
        spent,
    )


def daily(found: Sequence[dict[str, Any]]) -> Section:
    """Return the section on one more day."""
    return Section(
        "One more day",
        f"Measured on {found[-1]['measured_on']} by `python -m benchmarks.features.daily`, whole "
        "`kenshin snapshot` processes: a rebuild of 24 months from raw files and an empty "
        "workspace, then today's snapshot after one more day's file has arrived. It is the first "
        "such day: its queries are written; on days after they are found. Both the rebuild and "
        "every day contain the start of Python and its imports, whatever the number of events.\n\n"
        "The bar is held against 24 monthly snapshots; `ratio` and `CPU ratio` are to those. What "
        "a company has to rebuild that takes a snapshot every day stands beside where it was "
        "measured, without a bar of its own. With few events most of a day is what every process "
        "takes.",
        (
            "events",
            "rebuild of 24 monthly snapshots, s",
            "of a snapshot every day, s",
            "one more day, s",
            "ratio",
            "CPU ratio",
            "days after, s",
            "of each, until the first query, s",
            "stored MB",
            "raw MB",
        ),
        tuple(tuple(_day(one)) for one in found),
        tuple(
            Target(
                f"one more day / rebuild of 24 months, time, {one['events']:,} events",
                "≤ 5 %",
                f"{one['ratio_clock']:.1%}{_of_every_day(one)}",
                one["ratio_clock"] <= 0.05,
            )
            for one in found
        ),
    )


def _of_every_day(one: dict[str, Any]) -> str:
    """Return what one more day is of a snapshot for every day, where that was measured."""
    if "rebuild_every_day" not in one:
        return ""
    ratio = _seconds(one, "one_more_day") / _seconds(one, "rebuild_every_day")
    return f" ({ratio:.1%} of {one['snapshots_every_day']} daily snapshots)"


def _seconds(one: dict[str, Any], what: str) -> float:
    return median(run["seconds"] for run in one[what])


def _day(one: dict[str, Any]) -> Iterator[str]:
    yield f"{one['events']:,}"
    yield f"{_seconds(one, 'rebuild'):.1f}"
    yield f"{_seconds(one, 'rebuild_every_day'):.1f}" if "rebuild_every_day" in one else "–"
    yield f"{_seconds(one, 'one_more_day'):.1f}"
    yield f"{one['ratio_clock']:.1%}"
    yield f"{one['ratio_cpu']:.1%}"
    for what in ("days_after", "until_first_query"):
        yield f"{_seconds(one, what):.1f}" if what in one else "–"
    yield f"{one['stored_mb']:,.0f}"
    yield f"{one['raw_mb']:,.0f}"
