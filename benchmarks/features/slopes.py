"""Rates drawn from what the benchmarks measured: events and accounts per second of one core."""

from dataclasses import dataclass
from statistics import median
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Slope:
    """Processor seconds as a line over events: ``fixed + events / rate``.

    Attributes
    ----------
    rate : float
        Events per second of one core.
    fixed : float
        Processor seconds whatever the number of events.
    sizes : tuple of float
        The numbers of events it was drawn through.
    """

    rate: float
    fixed: float
    sizes: tuple[float, ...]

    def core_hours(self, events: float) -> float:
        """Return the core hours that so many events take."""
        return (self.fixed + events / self.rate) / 3600


def slope(runs: list[Json]) -> Slope | None:
    """Return the line through the two largest sizes of runs; None with fewer than two.

    Between the largest, since small sizes are mostly imports and plans.
    """
    points: dict[float, float] = {}
    for run in runs:
        seconds = run.get("cpu_seconds") or run.get("seconds")
        if run.get("events") and seconds:
            many = seconds if isinstance(seconds, list) else [seconds]
            points[float(run["events"])] = median(many)
    sizes = sorted(points)[-2:]
    if len(sizes) < 2 or points[sizes[1]] <= points[sizes[0]]:
        return None
    small, large = sizes
    rate = (large - small) / (points[large] - points[small])
    return Slope(rate, max(0.0, points[large] - large / rate), (small, large))


def engine_runs(found: dict[str, Json], engine: str) -> list[Json]:
    """Return the runs of an engine: DuckDB's in `results.json`, others' in `engines.json`."""
    if engine == "duckdb":
        runs = found["results"].get("runs", [])
        same = [run for run in runs if run["way"] == "ours" and run.get("experiment") == "sizes"]
        return [run for run in same if run.get("equal", True)]
    runs = [*found["engines"].get("runs", []), *found["scale"].get("engines", [])]
    return [run for run in runs if engine in str(run.get("engine", run.get("way", ""))).lower()]


def scoring(found: dict[str, Json], where: str, reasons: str) -> Json | None:
    """Return the largest measured case of scoring."""
    return max(_cases(found, where, reasons), key=lambda case: int(case["rows"]), default=None)


def scoring_rate(found: dict[str, Json], where: str, reasons: str) -> float | None:
    """Return accounts per second of one core, without what starting takes.

    What starting takes (loading the model, on Spark the JVM and its workers) follows from the two
    sizes that were scored without reasons.
    """
    largest = scoring(found, where, reasons)
    if largest is None:
        return None
    plain = sorted(_cases(found, where, "none"), key=lambda case: int(case["rows"]))
    fixed = 0.0
    if len(plain) > 1:
        (n, t), (m, u) = ((case["rows"], case["cpu_seconds"]) for case in (plain[0], plain[-1]))
        fixed = max(0.0, t - n * (u - t) / (m - n))
    return float(largest["rows"] / max(largest["cpu_seconds"] - fixed, 1e-9))


def _cases(found: dict[str, Json], where: str, reasons: str) -> list[Json]:
    cases = found["scale"].get("cases", [])
    return [case for case in cases if (case["where"], case["reasons"]) == (where, reasons)]
