"""The pictures of ``docs/benchmarks.md``, as SVG."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks.features.plan import OURS, WAYS
from benchmarks.features.targets import Run, curve

COLOURS = ("#1f6feb", "#b42318", "#e3a008", "#0e9f6e", "#7e3af2", "#6b7280")
ORDER = (OURS, *(way for way in WAYS if way != OURS))
NAMES = {
    "ours": "ours",
    "ours_checked": "ours, with the data check",
    "duckdb_sql": "hand-written DuckDB SQL",
    "polars": "Polars",
    "pandas_vectorised": "vectorised pandas",
    "pandas_naive": "naive pandas",
    "featuretools": "Featuretools",
}


def draw(runs: Sequence[Run], folder: Path) -> None:
    """Write ``benchmarks-events.svg``, ``-memory.svg`` and ``-dates.svg`` into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    sized = [run for run in runs if run["experiment"] == "sizes"]
    lines = {way: curve(runs, "sizes", way, "events") for way in ORDER}
    _save(_lines(lines, "events", "seconds"), folder / "benchmarks-events.svg")
    memory = {way: _peaks(sized, way) for way in ORDER}
    _save(_lines(memory, "events", "peak memory, MB"), folder / "benchmarks-memory.svg")
    dates = {OURS: curve(runs, "dates", OURS, "dates")}
    _save(_lines(dates, "dates", "seconds"), folder / "benchmarks-dates.svg")


def _peaks(runs: Sequence[Run], way: str) -> list[tuple[float, float]]:
    return sorted(
        (float(run["events"]), median(run["peak_mb"]))
        for run in runs
        if run["way"] == way and run["peak_mb"]
    )


def _lines(lines: dict[str, list[tuple[float, float]]], across: str, up: str) -> Figure:
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.subplots()
    for (way, points), colour in zip(lines.items(), COLOURS, strict=False):
        if points:
            x, y = zip(*points, strict=True)
            axes.loglog(x, y, marker="o", color=colour, label=NAMES[way])
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.grid(visible=True, which="major", color="#d0d5dd", linewidth=0.6)
    if axes.lines:
        axes.legend(frameon=False)
    return figure


def _save(figure: Figure, path: Path) -> None:
    # Without a date and with fixed ids the same results give the same file.
    settings: dict[Any, Any] = {"svg.hashsalt": "kenshin", "svg.fonttype": "none"}
    with mpl.rc_context(settings):
        figure.savefig(path, metadata={"Date": None})
