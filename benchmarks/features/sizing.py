"""What a company of a given size needs: the tables of ``docs/scale.md``, from measured slopes.

``python -m benchmarks.features.sizing`` writes them anew between the page's markers from what the
other programs measured: `results.json`, `engines.json` and `daily.json` beside this file, and
`scale.json`, `learning_curve.json`, `training_memory.json` and `training_cost.json` one folder up.
A file that is not there leaves its lines out and is named.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.features.slopes import (
    day_slope,
    engine_ratio,
    engine_runs,
    engine_slope,
    scoring,
    scoring_rate,
    slope,
    stored_bytes,
)

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "scale.md"
BEGIN, END = "<!-- sizing: begin -->", "<!-- sizing: end -->"
SOURCES = {
    "results": HERE / "results.json",
    "engines": HERE / "engines.json",
    "daily": HERE / "daily.json",
    "scale": HERE.parent / "scale.json",
    "curve": HERE.parent / "learning_curve.json",
    "memory": HERE.parent / "training_memory.json",
    "cost": HERE.parent / "training_cost.json",
}
COMPANIES = ((10_000, 10**7), (100_000, 10**8), (10**6, 10**10), (10**7, 10**11))
"""Accounts and events."""
DATES = 24
"""Monthly dates a training looks at."""
MOST_ROWS = 2_000_000
NIGHT_S = 8 * 3600
CORES = 16
"""Of the machine that `one_machine` speaks of."""

Json = dict[str, Any]
Row = tuple[str, ...]


def main() -> int:
    """Write the tables into ``docs/scale.md``; with ``--print`` only show them."""
    text = tables({name: read(path) for name, path in SOURCES.items()})
    if "--print" in sys.argv[1:]:
        print(text)
        return 0
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(between(page, text), encoding="utf-8")
    return 0


def read(path: Path) -> Any:  # noqa: ANN401  # what a program wrote
    """Return what a program measured; nothing where it has not run."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def between(page: str, text: str) -> str:
    """Return the page with ``text`` between its markers."""
    pattern = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    return pattern.sub(lambda _: f"{BEGIN}\n\n{text}\n\n{END}", page)


def tables(found: dict[str, Any]) -> str:
    """Return all tables as Markdown, with what was not measured named at the end."""
    parts = [
        _table(("measured", "value", "by"), list(_measured(found))),
        "Sized from these by the formulas below:",
        _table(("", *(f"{a:,} accounts, {_short(e)} events" for a, e in COMPANIES)), _sized(found)),
        _formulas(),
        _curve(found["curve"]),
        _missing(found),
    ]
    return "\n\n".join(part for part in parts if part)


def _measured(found: dict[str, Any]) -> Iterator[Row]:
    line = slope(engine_runs(found, "duckdb"))
    if line:
        sizes = " to ".join(_short(size) for size in line.sizes)
        what = f"DuckDB: events per core second ({sizes})"
        yield what, f"{line.rate:,.0f}", "`make bench-features`"
    for engine, title in (("spark", "Spark, local[2]"), ("postgres", "PostgreSQL")):
        ratio = engine_ratio(found, engine)
        if ratio:
            what = f"{title}: seconds for a snapshot, as a multiple of DuckDB's"
            yield what, f"{ratio:.1f}", "`python -m benchmarks.features.engines`"
    ours = engine_runs(found, "duckdb")
    if ours:
        largest = max(ours, key=lambda run: run["events"])
        what = f"peak memory at {_short(largest['events'])} events, with what spilled beside"
        spilled = f"{median(largest['peak_mb']):,.0f} MB, {largest['spill_mb']:,.0f} MB"
        yield f"DuckDB: {what}", spilled, "`make bench-features`"
        yield "input on disk per event", f"{_input_bytes(ours):.0f} bytes", "`make bench-features`"
    digest = stored_bytes(found)
    if digest:
        by = "`python -m benchmarks.features.daily`"
        yield "stored days per event", f"{digest:.1f} bytes", by
    for where in ("one machine", "spark"):
        for reasons in ("none", "red", "all"):
            rate = scoring_rate(found, where, reasons)
            if rate:
                what = f"scoring on {where}, reasons of {reasons}: accounts per core second"
                yield what, f"{rate:,.0f}", _by(found["scale"])
    case = scoring(found, "one machine", "none")
    if case:
        scored = found["scale"]
        yield (
            "… by a model of",
            f"{scored['trees']} trees, {scored['features']} features",
            _by(scored),
        )
        memory = f"{case['peak_mb']:,} MB at {case['rows']:,} accounts"
        yield "scoring on one machine: peak memory", memory, _by(found["scale"])
    if found["memory"]:
        yield (
            f"training: peak memory over a matrix of {found['memory']['matrix_mb']:,.0f} MB, its "
            "snapshot in Arrow included",
            f"{found['memory']['peak_over_matrix']} ×",
            _by(found["memory"]),
        )
    for cost in found["cost"].values():
        yield (
            "training: processor seconds of `kenshin train` over those of LightGBM's binning and "
            f"fitting inside it, {cost['rows']:,} rows × {cost['features']}",
            f"{cost['over_fits']:.2f} × ({cost['cpu_seconds']:,.0f} over "
            f"{cost['fits_cpu_seconds']:,.0f})",
            _by(cost),
        )


def _sized(found: dict[str, Any]) -> list[Row]:
    lines: list[Row] = []

    def line(title: str, values: list[str]) -> None:
        if any(value != "–" for value in values):
            lines.append((title, *values))

    for engine, title in (("duckdb", "DuckDB"), ("spark", "Spark")):
        rate = engine_slope(found, engine)
        if rate:
            hours = [rate.core_hours(events) for _, events in COMPANIES]
            line(f"first build on {title}, time of one core", [_time(h) for h in hours])
            if engine == "duckdb":
                line(f"… on {CORES} cores", [_time(h / CORES) for h in hours])
            else:
                line("… cores for one night (8 h)", [_number(max(1, h / 8)) for h in hours])
    day = day_slope(found)
    if day:
        hours = [day.core_hours(events) for _, events in COMPANIES]
        line("one more day on DuckDB, time of one core", [_time(h) for h in hours])
    ours = engine_runs(found, "duckdb")
    if ours:
        size = _input_bytes(ours)
        line("input on disk", [_bytes(events * size) for _, events in COMPANIES])
    digest = stored_bytes(found)
    if digest:
        line("stored days on disk", [_bytes(events * digest) for _, events in COMPANIES])
    _scoring_lines(found, line)
    if found["memory"]:
        _training_lines(found, line)
    return lines


def _scoring_lines(found: dict[str, Any], line: Any) -> None:  # noqa: ANN401
    for where in ("one machine", "spark"):
        for reasons in ("none", "red", "all"):
            rate = scoring_rate(found, where, reasons)
            if rate:
                hours = [a / rate / 3600 for a, _ in COMPANIES]
                title = f"scoring on {where}, reasons of {reasons}, time of one core"
                line(title, [_time(h) for h in hours])
    each = [found["scale"].get(f"{what}_bytes_per_account") for what in ("snapshot", "score")]
    if all(each):
        disk = [_bytes(accounts * sum(each)) for accounts, _ in COMPANIES]
        line("today's snapshot and scores on disk", disk)


def _training_lines(found: dict[str, Any], line: Any) -> None:  # noqa: ANN401
    rows = [min(accounts * DATES, MOST_ROWS) for accounts, _ in COMPANIES]
    wide = found["curve"].get("features", found["memory"]["features"])
    times = found["memory"]["peak_over_matrix"]
    line("training rows (accounts × 24 dates, at most most_rows)", [f"{r:,}" for r in rows])
    line(
        "accounts trained on",
        [f"{min(a, r // DATES):,}" for (a, _), r in zip(COMPANIES, rows, strict=True)],
    )
    line(f"training memory ({wide} features)", [_bytes(r * wide * 8 * times) for r in rows])
    sizes = found["curve"].get("sizes", [])
    if sizes:
        per_row = sizes[-1]["cpu_seconds"] / sizes[-1]["rows"]
        line("fitting, time of one core", [_time(r * per_row / 3600) for r in rows])


def _formulas() -> str:
    return f"""\
Time of a build = fixed seconds + events ÷ events per core second, the slope between the two
largest sizes measured; Spark's is DuckDB's times the multiple above, measured on a small
company where starting weighs most, so less is to be expected. One more day = the same line
through what one more day took after {DATES} months were built. Disk = events × bytes per event.
Scoring = accounts ÷ accounts per core second, what starting takes left out. Training rows =
accounts × {DATES} dates, at most `[training].most_rows`; memory = rows × features × 8 bytes ×
the measured multiple; fitting = rows × processor seconds per row at the largest size of the
curve. What lies beyond the sizes measured is a straight line drawn on, not a measurement."""


def _curve(curve: Json) -> str:
    if not curve.get("sizes"):
        return ""
    rows = [
        (
            f"{size['rows']:,.0f}",
            f"{size['accounts']:,.0f}",
            f"{size['auc']:.4f}",
            f"{size['log_loss']:.5f}",
            f"{size['cpu_seconds']:,.0f}",
        )
        for size in curve["sizes"]
    ]
    test, truth = curve["test"], curve["test"]["truth"]
    rows.append(("the simulated truth", "", f"{truth['auc']:.4f}", f"{truth['log_loss']:.5f}", ""))
    head = ("rows fitted on", "accounts", "AUC", "log loss", "core seconds")
    return (
        f"Learning curve on {test['rows']:,} later rows of {test['accounts']:,} accounts that no "
        f"model saw, {curve['features']} features (`{curve['command']}`):\n\n{_table(head, rows)}"
    )


def _missing(found: dict[str, Any]) -> str:
    absent = [SOURCES[name].name for name, content in found.items() if not content]
    return f"Not measured yet: {', '.join(absent)}." if absent else ""


def _input_bytes(ours: list[Json]) -> float:
    largest = max(ours, key=lambda run: run["events"])
    return float(largest["input_mb"]) * 1e6 / float(largest["events"])


def _by(found: Json) -> str:
    return f"`{found['command']}`" if "command" in found else ""


def _table(head: Row, rows: list[Row]) -> str:
    if not rows:
        return ""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _short(events: float) -> str:
    for size, name in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if events >= size:
            return f"{events / size:,.3g} {name}"
    return f"{events:,.0f}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def _time(hours: float) -> str:
    for size, name in ((1.0, "h"), (1 / 60, "min")):
        if hours >= size:
            return f"{_number(hours / size)} {name}"
    return f"{_number(hours * 3600)} s"


def _bytes(value: float) -> str:
    for size, name in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB")):
        if value >= size:
            return f"{value / size:,.3g} {name}"
    return f"{value / 1e3:,.0f} kB"


if __name__ == "__main__":
    raise SystemExit(main())
