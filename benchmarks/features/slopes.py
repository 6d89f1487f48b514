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
        if run.get("events") and run.get("cpu_seconds"):
            points[float(run["events"])] = median(run["cpu_seconds"])
    sizes = sorted(points)[-2:]
    if len(sizes) < 2 or points[sizes[1]] <= points[sizes[0]]:
        return None
    small, large = sizes
    rate = (large - small) / (points[large] - points[small])
    return Slope(rate, max(0.0, points[large] - large / rate), (small, large))


def engine_runs(found: dict[str, Any], engine: str) -> list[Json]:
    """Return the runs of an engine: DuckDB's in `results.json`, others' in `engines.json`."""
    if engine == "duckdb":
        runs = found["results"].get("runs", [])
        same = [run for run in runs if run["way"] == "ours" and run.get("experiment") == "sizes"]
        return [run for run in same if run.get("equal", True)]
    return [run for run in found["engines"].get("runs", []) if run.get("engine") == engine]


def engine_ratio(found: dict[str, Any], engine: str) -> float | None:
    """Return how many times DuckDB's seconds an engine took for the snapshot of one company.

    Of the company with most rows; None where the engine was not measured beside DuckDB.
    """
    taken: dict[str, dict[str, Json]] = {}
    for run in found["engines"].get("runs", []):
        taken.setdefault(run["data"], {})[run["engine"]] = run
    both = [runs for runs in taken.values() if engine in runs and "duckdb" in runs]
    if not both:
        return None
    runs = max(both, key=lambda runs: int(runs["duckdb"]["rows"]))
    return float(runs[engine]["seconds"]["snapshot"] / runs["duckdb"]["seconds"]["snapshot"])


def engine_slope(found: dict[str, Any], engine: str) -> Slope | None:
    """Return an engine's slope: its own, else DuckDB's slowed by the ratio of the two."""
    own = slope(engine_runs(found, engine))
    ratio, base = engine_ratio(found, engine), slope(engine_runs(found, "duckdb"))
    if own is not None or ratio is None or base is None:
        return own
    return Slope(base.rate / ratio, base.fixed * ratio, base.sizes)


def stored_bytes(found: dict[str, Any]) -> float | None:
    """Return the bytes of stored days per event, of the largest company measured day by day."""
    largest = max(found["daily"] or [], key=lambda one: int(one["events"]), default=None)
    return None if largest is None else float(largest["stored_mb"] * 1e6 / largest["events"])


def day_slope(found: dict[str, Any]) -> Slope | None:
    """Return the line of one more day's processor seconds over all events kept; None without."""
    return slope(
        [
            {
                "events": one["events"],
                "cpu_seconds": [d["cpu_seconds"] for d in one["one_more_day"]],
            }
            for one in found["daily"] or []
        ]
    )


def scoring(found: dict[str, Any], where: str, reasons: str) -> Json | None:
    """Return the largest measured case of scoring."""
    return max(_cases(found, where, reasons), key=lambda case: int(case["rows"]), default=None)


def scoring_rate(found: dict[str, Any], where: str, reasons: str) -> float | None:
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


def _cases(found: dict[str, Any], where: str, reasons: str) -> list[Json]:
    cases = found["scale"].get("cases", [])
    return [case for case in cases if (case["where"], case["reasons"]) == (where, reasons)]
