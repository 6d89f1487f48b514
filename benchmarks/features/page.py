"""``docs/benchmarks.md`` from ``results.json``; ``python -m benchmarks.features.page`` alone."""

import itertools
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.features import charts
from benchmarks.features.beside import Section, sections
from benchmarks.features.charts import NAMES
from benchmarks.features.plan import BAR, FEATURETOOLS, MEMORY_LIMIT, OURS, WAYS
from benchmarks.features.targets import Run, Target, curve, memory, of, ratio, slope, targets
from benchmarks.features.wanted import EXPRESSIBLE, WANTED
from benchmarks.serving import page as serving

HERE = Path(__file__).parent


def publish(results: Path, folder: Path) -> None:
    """Write ``benchmarks.md`` and its pictures from ``results`` into ``folder``."""
    found = json.loads(results.read_text(encoding="utf-8"))
    charts.draw(found["runs"], folder / "images")
    text = page(found, sections(), serving.summary())
    (folder / "benchmarks.md").write_text(text, encoding="utf-8")


def page(results: dict[str, Any], others: Sequence[Section] = (), last: str = "") -> str:
    """Return the whole page; ``last`` is what stands at its end."""
    runs = results["runs"]
    parts = [
        _head(results),
        _targets(targets(runs), others),
        _equality(runs),
        *(_size(runs, size) for size in MEMORY_LIMIT),
        _curves(runs),
        _featuretools(runs),
        *("\n".join(other.lines()) for other in others),
        NOT_COMPARABLE,
        last,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(results: dict[str, Any]) -> str:
    machine = results["machine"]
    versions = ", ".join(f"{name} {at}" for name, at in machine["versions"].items())
    load = f"load average {machine['load_at_start']} at the start"
    busy = "" if machine["quiet"] else f"\n\n**The machine was busy ({load}).**"
    return (
        f"# Benchmarks of the feature engine\n\nWritten by `{results['command']}` on "
        f"{results['measured_on']} in one run of {results['minutes']:g} minutes; do not edit by "
        f"hand.{busy}\n\nThe task: {len(WANTED)} features of our catalogue "
        "(`benchmarks/features/wanted.py`) and the label (left within 90 days) of every live "
        "account at 12 monthly dates, from the Parquet tables of a simulated company into one "
        "Parquet file. Every way is a program in a process of its own, started anew each time "
        "(its imports are in the seconds) and ended when its file is written, the files in the "
        "system's cache. Ours finds the queries that an earlier run compiled, as a company's "
        "workspace has them from the second run on; its first run is a row of its own, outside "
        "the rounds. The ways take turns "
        "in rounds; seconds and memory are medians over rounds, ratios are medians of the ratios "
        "within rounds. Peak memory is the largest resident size of the process, spilled is what "
        f"lay in its temporary folder.\n\nMachine: {machine['processor']}, {machine['cores']} "
        f"cores, {machine['memory_gb']} GB, {machine['system']}, Python {machine['python']}; "
        f"{versions}; {load}."
    )


def _targets(found: Sequence[Target], others: Sequence[Section]) -> str:
    lines = ["## Targets", "", "| target | bar | measured | |", "|---|---|---|---|"]
    more = [target for other in others for target in other.targets]
    for target in (*found, *more):
        said = {True: "met", False: "**not met**", None: "not measured"}[target.met]
        lines.append(f"| {target.what} | {target.bar} | {target.measured} | {said} |")
    return "\n".join(lines)


def _equality(runs: Sequence[Run]) -> str:
    against = [run for run in runs if run["way"] != OURS and run["cells"]]
    cells = sum(run["cells"] for run in against)
    different = sum(sum(run["different"].values()) for run in against)
    return (
        "## Equality\n\nBefore anything is published each way's file is compared with ours, cell "
        "by cell: whole numbers, texts, times and missing values exactly, other numbers within "
        f"10⁻⁹ of their size. Compared in this run: {cells:,} cells of {len(against)} files; "
        f"different: {different:,}."
    )


def _size(runs: Sequence[Run], size: str) -> str:
    here = [run for run in runs if run["experiment"] == "sizes" and run["size"] == size]
    if not here:
        return ""
    bar, first = of(runs, "sizes", BAR, size), here[0]
    rows = next((run["rows"] for run in here if run["rows"]), 0)
    lines = [
        f"## {first['events']:,} events ({size})",
        "",
        f"{first['accounts']:,} accounts, {first['input_mb']:,.0f} MB of Parquet in, {rows:,} "
        f"rows out, DuckDB's `memory_limit` {MEMORY_LIMIT[size]} for both of its ways.",
        "",
        "| way | rounds | seconds | time / SQL | CPU seconds | peak MB | memory / SQL "
        "| spilled MB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    order = {way: at for at, way in enumerate(WAYS)}
    for run in sorted(here, key=lambda run: order[run["way"]]):
        lines.append(_line(run, bar))
        if "first" in run:
            lines.append(_line(_first(run), bar, f"{NAMES[run['way']]}: its first run"))
    return "\n".join(lines)


def _first(run: Run) -> Run:
    """Return the run before the rounds as if it were all rounds."""
    return run | {name: [value] for name, value in run["first"].items()}


def _line(run: Run, bar: Run | None, name: str = "") -> str:
    name = name or NAMES[run["way"]]
    if not run["seconds"]:
        return f"| {name} | 0 | {run['stopped']} | – | – | – | – | – |"
    return (
        f"| {name} | {len(run['seconds'])} | {median(run['seconds']):.1f} | "
        f"{_plain(ratio(run, bar))} | {median(run['cpu_seconds']):.1f} | "
        f"{median(run['peak_mb']):,.0f} | {_plain(memory(run, bar))} | {run['spill_mb']:,.0f} |"
    )


def _curves(runs: Sequence[Run]) -> str:
    events = curve(runs, "sizes", OURS, "events")
    dates = [run for run in runs if run["experiment"] == "dates" and run["seconds"]]
    if not events and not dates:
        return ""
    lines = [
        "## Growth",
        "",
        "![Seconds by events](images/benchmarks-events.svg)",
        "",
        "![Peak memory by events](images/benchmarks-memory.svg)",
        "",
        "![Seconds of ours by dates](images/benchmarks-dates.svg)",
        "",
        f"Slope of our seconds over events on log-log scales: {_plain(slope(events))}; from one "
        f"size to the next: {_steps(events)}. The slope includes the start of the process.",
        "",
        "Ours over the last Mondays of the 10m company:",
        "",
        "| dates | seconds | peak MB | rows |",
        "|---|---|---|---|",
    ]
    for run in sorted(dates, key=lambda run: int(run["dates"])):
        lines.append(
            f"| {run['dates']} | {median(run['seconds']):.1f} | {median(run['peak_mb']):,.0f} "
            f"| {run['rows']:,} |"
        )
    by_dates = curve(runs, "dates", OURS, "dates")
    lines += [
        "",
        f"Slope over dates: {_plain(slope(by_dates))}; from one number of dates to the next: "
        f"{_steps(by_dates)}.",
    ]
    return "\n".join(lines)


def _steps(points: Sequence[tuple[float, float]]) -> str:
    pairs = itertools.pairwise(points)
    return ", ".join(_plain(slope(pair)) for pair in pairs) or "–"


def _featuretools(runs: Sequence[Run]) -> str:
    here = [run for run in runs if run["experiment"] == FEATURETOOLS]
    if not here:
        return ""
    lines = [
        "## Featuretools",
        "",
        f"The {len(EXPRESSIBLE)} of the features that its primitives express, with cut-off times "
        "and training windows (one run per window), over companies without `recorded_at`: it "
        "knows one time per row. No contracts, and nothing that changes after its time (open "
        "tickets, unpaid invoices). Ours computes the same features over the same tables.",
        "",
        "| events | Featuretools, seconds | ours, seconds | ours: its first run | ratio "
        "| Featuretools, peak MB |",
        "|---|---|---|---|---|---|",
    ]
    lines += list(_featuretools_lines(here))
    return "\n".join(lines)


def _featuretools_lines(runs: Sequence[Run]) -> Iterator[str]:
    for run in runs:
        if run["way"] != FEATURETOOLS:
            continue
        ours = of(runs, FEATURETOOLS, OURS, run["size"])
        mine = f"{median(ours['seconds']):.1f}" if ours else "–"
        mine += f" | {ours['first']['seconds']:.1f}" if ours and "first" in ours else " | –"
        if not run["seconds"]:
            yield f"| {run['events']:,} | {run['stopped']} | {mine} | – | – |"
            continue
        yield (
            f"| {run['events']:,} | {median(run['seconds']):.1f} | {mine} | "
            f"{_plain(ratio(run, ours))} | {median(run['peak_mb']):,.0f} |"
        )


NOT_COMPARABLE = """## What is not comparable

- **Ours also computes twelve fact columns** (name, plan, amount and so on, which pages show) and
  drops them before it writes; the other ways do not.
- **The hand-written SQL knows this company**: it refuses more than 64 event names, and dates whose
  windows and late rows need more than 128 bits. Ours has no such limits, takes its features from
  the catalogue and runs on PostgreSQL and Spark.
- **Ours is compiled before**: the SQL of its queries is kept between runs under what it depends on
  (code, settings, columns, never dates), so the rounds do not write it again. The hand-written SQL
  was written by hand before, too. What a first run takes is in the tables.
- **"With the data check"** is what `kenshin snapshot` does: every row is read and held against the
  data contract first, and what was read of the events is stored for the next day. No other way
  checks or stores anything; what is stored counts as spilled here.
- **The pandas ways share their code for the small tables** (contracts, tickets, surveys, messages,
  invoices); they differ in the events.
- **DuckDB and Polars use both cores**, pandas and Featuretools one. CPU seconds are beside."""


def _plain(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


if __name__ == "__main__":
    publish(HERE / "results.json", HERE.parents[1] / "docs")
    sys.stdout.write("docs/benchmarks.md\n")
