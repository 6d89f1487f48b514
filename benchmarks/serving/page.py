"""``docs/benchmarks-serving.md`` from ``results.json``, its targets for ``docs/benchmarks.md``.

``python -m benchmarks.serving.page`` alone writes it anew from the figures that are there.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.features.targets import Target
from benchmarks.serving.targets import ratios, read_bulk, targets

HERE = Path(__file__).parent
NAME = "benchmarks-serving.md"

Json = Mapping[str, Any]


def publish(results: Path, folder: Path) -> None:
    """Write ``benchmarks-serving.md`` from ``results`` into ``folder``."""
    found = json.loads(results.read_text(encoding="utf-8"))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / NAME).write_text(page(found, read_bulk(HERE / "bulk.json")), encoding="utf-8")


def summary(folder: Path = HERE) -> str:
    """Return the section "Serving" of ``benchmarks.md``; empty where nothing was measured."""
    results = folder / "results.json"
    if not results.exists():
        return ""
    found = json.loads(results.read_text(encoding="utf-8"))
    rows = _targets(targets(found, read_bulk(folder / "bulk.json"))).partition("\n\n")[2]
    return (
        f"## Serving\n\nWritten by `{found['command']}` on {found['measured_on']}; how, and all "
        f"figures, in [{NAME}]({NAME}).\n\n{rows}"
    )


def page(results: Json, bulk: Json | None) -> str:
    """Return the whole page."""
    parts = [
        _head(results),
        _targets(targets(results, bulk)),
        _equality(results["equal"]),
        _single(results),
        _batch(results),
        _sustained(results["sustained"]),
        _stalls(results.get("stalls")),
        _starts(results),
        _pages(results["pages"]),
        NOT_COMPARABLE,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(results: Json) -> str:
    machine, facts = results["machine"], results["facts"]
    versions = ", ".join(f"{name} {at}" for name, at in machine["versions"].items())
    load = f"load average {machine['load_at_start']} at the start"
    busy = "" if machine["quiet"] else f"\n\n**The machine was busy ({load}).**"
    return (
        f"# Benchmarks: serving\n\nThe second part of [benchmarks.md](benchmarks.md). Written by "
        f"`{results['command']}` on {results['measured_on']} in one run of "
        f"{results['minutes']:g} minutes; do not edit by hand.{busy}\n\nThe demo company's own "
        f"model ({facts['features']} features, {facts['trees']:,} trees) behind each server, all "
        "of them up at once, one worker process each, asked in turns and in rounds (every second "
        "round backwards) over 16 keep-alive connections by the same load generator "
        "(`benchmarks/serving/load.py`, a process of its own on the other core). Figures are "
        "medians over rounds, ratios medians of the ratios within rounds. Every answer of ours is "
        "the whole canonical record of [api.md](api.md): probability with range and horizons, "
        f"score, band, reasons, action, freshness.\n\nMachine: {machine['processor']}, "
        f"{machine['cores']} cores, {machine['memory_gb']} GB, {machine['system']}, Python "
        f"{machine['python']}; {versions}; {load}."
    )


def _targets(found: Sequence[Target]) -> str:
    lines = ["## Targets", "", "| target | bar | measured | |", "|---|---|---|---|"]
    for target in found:
        said = {True: "met", False: "**not met**", None: "not measured"}[target.met]
        lines.append(f"| {target.what} | {target.bar} | {target.measured} | {said} |")
    return "\n".join(lines)


def _equality(equal: Sequence[Json]) -> str:
    compared, worst = sum(one["compared"] for one in equal), max(one["worst"] for one in equal)
    return (
        "## Equality\n\nBefore anything is measured each way's probabilities are compared with the "
        f"stored scores: {compared:,} probabilities of {len(equal)} ways, largest difference "
        f"{worst:.1e} (10⁻⁹ is allowed)."
    )


def _single(results: Json) -> str:
    single, bare = results["single"], results["bare"]
    lines = [
        "## One account per request",
        "",
        "| way | reasons | requests/s | ours (top 3) ÷ it | p50 ms | p99 ms | CPU ms a request "
        "| failed |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, way in single.items():
        ratio = "" if name.startswith("ours") else f"{median(ratios(single, 'ours_top', name)):.2f}"
        lines.append(_line(way, ratio))
    lines += [
        "",
        f"The bare booster in a process without a server needs {bare['predict_us']:.0f} µs for a "
        f"row, and {bare['with_reasons_us']:.0f} µs with its own SHAP values "
        "(`Booster.predict` on an ndarray, one thread). Our reasons of a single row come from "
        "tables (`training/tree_shap/small.py`), so they are not bound by the second figure.",
        "",
        "The route that answers a constant has the pydantic model that our API documents, so it "
        "checks the same form of body, number by number; it does not look for a key given twice, "
        "for features the model does not have, nor for a caller, a limit, a metric or a log line. "
        "Where the time of ours goes, layer by layer: `python -m benchmarks.serving.layers`.",
    ]
    return "\n".join(lines)


def _line(way: Json, ratio: str) -> str:
    runs = way["runs"]
    middle = {key: median(run[key] for run in runs) for key in ("per_second", "p50", "p99")}
    cpu = median(run["cpu_ms"] for run in runs)
    failed = sum(run["errors"] for run in runs)
    reasons = "yes" if way["reasons"] else "no"
    return (
        f"| {way['said']} | {reasons} | {middle['per_second']:,.0f} | {ratio} | "
        f"{middle['p50']:.2f} | {middle['p99']:.2f} | {cpu:.2f} | {failed} |"
    )


def _batch(results: Json) -> str:
    lines = [
        "## Many accounts per request",
        "",
        "Two connections. The comparison is by rows.",
        "",
        "| way | reasons | rows a request | rows/s | p50 ms a request | failed |",
        "|---|---|---|---|---|---|",
    ]
    for way in results["batch"].values():
        runs = way["runs"]
        rows = way["rows"] * median(run["per_second"] for run in runs)
        lines.append(
            f"| {way['said']} | {'yes' if way['reasons'] else 'no'} | {way['rows']:,} | "
            f"{rows:,.0f} | {median(run['p50'] for run in runs):.1f} | "
            f"{sum(run['errors'] for run in runs)} |"
        )
    return "\n".join(lines)


def _middle(runs: Sequence[Json]) -> Json:
    """Return the run in the middle by its tail."""
    return sorted(runs, key=lambda run: run["p99"] / run["p50"])[len(runs) // 2]


def _sustained(sustained: Json) -> str:
    half, steady, soak = sustained["half"], sustained["steady"], sustained["soak"]
    lines = [
        "## Sustained load",
        "",
        "Requests are due at fixed instants; a latency counts from the instant, not from when the "
        "request could be sent. All reasons.",
        "",
        "| load | requests/s | p50 ms | p99 ms | p99.9 ms | failed |",
        "|---|---|---|---|---|---|",
    ]
    for said, run in (
        ("half of the maximum, features given", _middle(half["runs"])),
        ("the same rate, the route that answers a constant", _middle(half["constant"])),
        (f"{steady['rate']:.0f}/s, features given", steady["features"]),
        (f"{steady['rate']:.0f}/s, by account_id", steady["id"]),
    ):
        lines.append(
            f"| {said} | {run['per_second']:,.0f} | {run['p50']:.2f} | {run['p99']:.2f} | "
            f"{run['p99.9']:.2f} | {run['errors']} |"
        )
    answered = sum(run["answered"] for run in soak["runs"])
    lines += [
        "",
        f"Soak: {answered:,} requests in {soak['seconds']:.0f} s, features given and by id; memory "
        f"{soak['rss_before_mb']:.0f} MB before, {soak['rss_after_mb']:.0f} MB after. This is the "
        "short form; nothing here says what happens after hours.",
    ]
    return "\n".join(lines)


def _stalls(stalls: Json | None) -> str:
    """Return how often the machine stood still; nothing of a run that did not look."""
    if stalls is None:
        return ""
    return (
        f"The machine itself, before any of it: a process that only looks at the clock, one a "
        f"processor, was stopped {stalls['per_second']:.1f} times a second for "
        f"{stalls['median_ms']:.1f} ms (median; longest {stalls['longest_ms']:.1f}), "
        f"{100 * stalls['share']:.1f} % of the time (`python -m benchmarks.serving.stalls`, "
        f"{stalls['seconds']:.0f} s). Requests that are due in a stall, of the server's processor "
        "or of the load generator's, wait for its end, and those behind them until the server has "
        f"caught up: the busier it is, the longer.{_bound(stalls)} So the tail of the "
        "route that answers a constant, asked in turns with ours, stands beside ours."
    )


def _bound(stalls: Json) -> str:
    if stalls["share"] <= 0.01:
        return ""
    return " More than one request in a hundred is due in one here, so stalls decide every p99."


def _starts(results: Json) -> str:
    lines = [
        "## Start and memory",
        "",
        "From the start of the process to the first answer to a prediction, with the demo's data; "
        "memory is the resident size of all processes of the server.",
        "",
        "| server | first answer, s | MB then | MB after the load |",
        "|---|---|---|---|",
    ]
    named = {"kenshin": "Kenshin", "constant": "FastAPI with a constant",
             "flavor": "mlflow models serve, LightGBM flavour",
             "mlflow": "mlflow models serve, lean pyfunc", "bentoml": "BentoML"}  # fmt: skip
    lines += [
        f"| {named[name]} | {one['first_answer_s']:.1f} | {one['rss_mb']:.0f} | "
        f"{one['rss_after_mb']:.0f} |"
        for name, one in results["starts"].items()
    ]
    lean = results["lean"]
    lines += [
        "",
        f"Before any data (a workspace with the demo's bundle and a store without a row): "
        f"ready after {lean['ready_s']:.1f} s with {lean['rss_mb']:.0f} MB, median of "
        "three starts, files in the system's cache. Imported of what is large: "
        f"{', '.join(lean['heavy']) or 'nothing'}.",
    ]
    return "\n".join(lines)


def _pages(pages: Sequence[Json]) -> str:
    lines = [
        "## The portfolio page",
        "",
        "Both languages, filters, orders and a far page, one request after the other; three weekly "
        "runs of a made-up company.",
        "",
        "| accounts | median ms | slowest address, median ms | first request, ms | KB sent | "
        "KB of HTML | server MB |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {one['accounts']:,} | {one['median_ms']:.1f} | "
        f"{max(one['by_address_ms'].values()):.1f} | {one['first_ms']:,.0f} | "
        f"{one['packed_bytes'] / 1000:.1f} | {one['plain_bytes'] / 1000:.1f} | "
        f"{one['rss_mb']:.0f} |"
        for one in pages
    ]
    return "\n".join(lines)


NOT_COMPARABLE = """## What is not comparable

- **Ours answers more**: two languages of sentences, range, horizons, action. The others answer one
  number, BentoML three reasons with it.
- **`mlflow models serve` stands here twice**: with MLflow's own flavour of LightGBM and the
  signature that MLflow asks for, which is what whoever logs a model gets, and with a pyfunc
  written for this page that skips the flavour's frames and threads
  (`benchmarks/serving/servers/pyfunc.py`). The bar of 20 was set against what MLflow gives, so it
  is the former's; the latter says what is left of it once somebody has tuned MLflow.
- **The others take categories as codes**, as their authors would have to encode them first; ours
  takes and checks the texts.
- **Ours writes a log line per request, checks the body for duplicate keys and numbers beyond 64
  bits, and limits callers**; the limits are raised for the run, because all load is one caller. No
  other server does any of it by default.
- **A stored score is told once.** Its record is kept for up to ten minutes and sent as it was told,
  after a look into the store that nothing has changed. The load asks for the same 200 accounts, and
  for the same thousand, over and over; who is asked for the first time costs what making a record
  costs.
- **One worker process each.** All of them can run several; the ratios then hold per worker.
- **BentoML's reasons are LightGBM's own SHAP values**, which `shap.TreeExplainer` does not beat
  ([reasons.md](reasons.md#what-it-costs), `make bench-bulk`)."""


if __name__ == "__main__":
    publish(HERE / "results.json", HERE.parents[1] / "docs")
    sys.exit(0)
