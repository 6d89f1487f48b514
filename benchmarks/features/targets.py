"""The targets of the feature engine, each with what was measured."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.features.plan import BAR, FEATURETOOLS, OURS

Run = dict[str, Any]


@dataclass(frozen=True)
class Target:
    """One target.

    Attributes
    ----------
    what, bar, measured : str
    met : bool or None
        None where it was not measured.
    """

    what: str
    bar: str
    measured: str
    met: bool | None


def targets(runs: Sequence[Run]) -> list[Target]:
    """Return the targets that these runs decide."""
    found = []
    for size in ("10m", "100m"):
        pair = (of(runs, "sizes", OURS, size), of(runs, "sizes", BAR, size))
        found.append(_most(f"time, ours / hand-written SQL, {size}", ratio(*pair), 1.5))
        found.append(_most(f"peak memory, ours / hand-written SQL, {size}", memory(*pair), 1.2))
    naive = ratio(of(runs, "sizes", "pandas_naive", "10m"), of(runs, "sizes", OURS, "10m"))
    found.append(_least("time, naive pandas / ours, 10m", naive, 4))
    found.append(_least(*_against_featuretools(runs), 50))
    found.append(_most("growth with events, slope on log-log", events_slope(runs), 1.1))
    found.append(_below("growth with dates, slope on log-log", dates_slope(runs), 1))
    peak = _middle(of(runs, "sizes", OURS, "100m"), "peak_mb")
    found.append(_most("peak memory of ours, 100m, in GB", peak and peak / 1000, 4))
    return found


def of(runs: Iterable[Run], experiment: str, way: str, size: str) -> Run | None:
    """Return the run of that way, None where there is none that finished."""
    for run in runs:
        if (run["experiment"], run["way"], run["size"]) == (experiment, way, size):
            return run if run["seconds"] else None
    return None


def ratio(one: Run | None, other: Run | None) -> float | None:
    """Return the median of the ratios of rounds in which both ran."""
    if one is None or other is None:
        return None
    return median(a / b for a, b in zip(one["seconds"], other["seconds"], strict=False))


def memory(one: Run | None, other: Run | None) -> float | None:
    """Return the ratio of the median peaks."""
    mine, theirs = _middle(one, "peak_mb"), _middle(other, "peak_mb")
    return mine / theirs if mine and theirs else None


def slope(points: Sequence[tuple[float, float]]) -> float | None:
    """Return the slope of a straight line through the points on log-log scales.

    Examples
    --------
    >>> slope([(1, 2), (10, 20), (100, 200)])
    1.0
    """
    if len(points) < 2:
        return None
    logs = [(math.log(x), math.log(y)) for x, y in points]
    x_mean = sum(x for x, _ in logs) / len(logs)
    y_mean = sum(y for _, y in logs) / len(logs)
    above = sum((x - x_mean) * (y - y_mean) for x, y in logs)
    return round(above / sum((x - x_mean) ** 2 for x, _ in logs), 3)


def curve(runs: Iterable[Run], experiment: str, way: str, by: str) -> list[tuple[float, float]]:
    """Return (``by``, median seconds) of the runs of a way, ascending."""
    found = [
        (float(run[by]), median(run["seconds"]))
        for run in runs
        if (run["experiment"], run["way"]) == (experiment, way) and run["seconds"]
    ]
    return sorted(found)


def events_slope(runs: Sequence[Run]) -> float | None:
    """Return the slope of our seconds over events, from the smallest company to the largest."""
    return slope(curve(runs, "sizes", OURS, "events"))


def dates_slope(runs: Sequence[Run]) -> float | None:
    """Return the slope of our seconds over dates."""
    return slope(curve(runs, "dates", OURS, "dates"))


def _against_featuretools(runs: Sequence[Run]) -> tuple[str, float | None]:
    finished = [
        run
        for run in runs
        if run["experiment"] == FEATURETOOLS and run["way"] == FEATURETOOLS and run["seconds"]
    ]
    what = "time, Featuretools / ours, the largest size it finishes"
    if not finished:
        return what, None
    largest = max(finished, key=lambda run: run["events"])
    ours = of(runs, FEATURETOOLS, OURS, largest["size"])
    return f"{what} ({largest['size']})", ratio(largest, ours)


def _middle(run: Run | None, name: str) -> float | None:
    return median(run[name]) if run is not None else None


def _most(what: str, value: float | None, bar: float) -> Target:
    return _target(what, f"≤ {bar:g}", value, None if value is None else value <= bar)


def _least(what: str, value: float | None, bar: float) -> Target:
    return _target(what, f"≥ {bar:g}", value, None if value is None else value >= bar)


def _below(what: str, value: float | None, bar: float) -> Target:
    return _target(what, f"< {bar:g}", value, None if value is None else value < bar)


def _target(what: str, bar: str, value: float | None, met: bool | None) -> Target:
    return Target(what, bar, "–" if value is None else f"{value:.2f}", met)
