"""The targets of serving, each with what was measured."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.features.targets import Target

Json = Mapping[str, Any]


def targets(results: Json, bulk: Json | None) -> list[Target]:
    """Return the targets that one run decides; those of ``bulk`` come from `bulk.py`."""
    return [
        *_throughput(results["single"]),
        *_latency(results["sustained"]),
        *_process(results["lean"]),
        *_pages(results["pages"]),
        *_bulk(bulk),
    ]


def ratios(single: Json, ours: str, other: str) -> list[float]:
    """Return ours ÷ the other's requests per second, round by round."""
    pairs = zip(single[ours]["runs"], single[other]["runs"], strict=True)
    return [a["per_second"] / b["per_second"] for a, b in pairs if b["per_second"]]


def _throughput(single: Json) -> list[Target]:
    found = []
    for other, said, bar in (
        ("flavor", "`mlflow models serve` (MLflow's LightGBM flavour, probability only)", 20.0),
        ("bentoml_reasons", "BentoML with reasons", 5.0),
        ("constant", "a FastAPI route that validates the same body", 0.6),
    ):
        top, whole = (median(ratios(single, ours, other)) for ours in ("ours_top", "ours"))
        measured = f"{top:.2f} (all reasons: {whole:.2f})"
        if other == "flavor":
            lean = median(ratios(single, "ours_top", "mlflow"))
            measured += f"; {lean:.2f} against a pyfunc written to be lean"
        what = f"single predict with top 3 reasons, concurrency 16, requests/s against {said}"
        found.append(Target(what, f"≥ {bar:g} ×", measured, top >= bar))
    return found


def _latency(sustained: Json) -> list[Target]:
    tail, constant = (
        median(run["p99"] / run["p50"] for run in sustained["half"][of])
        for of in ("runs", "constant")
    )
    steady = [sustained["steady"][name] for name in ("features", "id")]
    slowest = max(run["p99"] for run in steady)
    soak = sustained["soak"]
    grown = soak["rss_after_mb"] / soak["rss_before_mb"] - 1
    errors = sum(run["errors"] for run in (*steady, *soak["runs"]))
    return [
        Target(
            "p99 / p50 at half of the maximum load",
            "≤ 4",
            f"{tail:.1f}; {constant:.1f} for the constant route at the same rate",
            tail <= 4,
        ),
        Target(
            f"{sustained['steady']['rate']:.0f} requests/s sustained, p99 in ms",
            "≤ 50",
            f"{slowest:.1f}",
            slowest <= 50,
        ),
        Target("failed requests, sustained and soak", "0", f"{errors}", errors == 0),
        Target(
            f"soak of {soak['seconds']:.0f} s, growth of memory",
            "≤ 5 %",
            f"{100 * grown:.1f} %",
            grown <= 0.05,
        ),
    ]


def _process(lean: Json) -> list[Target]:
    heavy = [name for name in lean["heavy"] if name in ("mlflow", "shap", "evidently")]
    ready, memory = lean["ready_s"], lean["rss_mb"]
    return [
        Target(
            "mlflow, shap and evidently imported", "none", ", ".join(heavy) or "none", not heavy
        ),
        Target("start to ready, s", "≤ 3", f"{ready:.1f}", ready <= 3),
        Target("memory when ready, before data, MB", "≤ 150", f"{memory:.0f}", memory <= 150),
    ]


def _pages(pages: Sequence[Json]) -> list[Target]:
    found = []
    for page, bar in zip(pages, (50, 150), strict=False):
        said = f"portfolio page of {page['accounts']:,} accounts"
        ms, kb = page["median_ms"], page["packed_bytes"] / 1000
        found.append(Target(f"{said}, median ms", f"≤ {bar}", f"{ms:.1f}", ms <= bar))
        found.append(Target(f"{said}, KB", "≤ 60", f"{kb:.1f}", kb <= 60))
    return found


def _bulk(bulk: Json | None) -> list[Target]:
    """Return the targets of `bulk.py`, each by the model that fares worst."""
    if bulk is None:
        return []
    faster = min(one["ratios"]["tree_explainer_to_ours"]["seconds"] for one in bulk["explained"])
    whole = max(one["ratios"]["reasons_to_predicted"]["seconds"] for one in bulk["company"])
    peak = max(run["peak_mb"] for one in bulk["company"] for run in one["ways"]["streamed-all"])
    rows, accounts = bulk["explained"][0]["rows"], bulk["company"][0]["accounts"]
    company = f"{accounts:,} accounts with reasons"
    return [
        Target(
            f"exact reasons of {rows:,} rows against `shap.TreeExplainer`",
            "≥ 8 ×",
            f"{faster:.1f}",
            faster >= 8,
        ),
        Target(f"{company} / plain prediction, time", "≤ 8 ×", f"{whole:.1f}", whole <= 8),
        Target(f"{company}, memory in GB", "≤ 2", f"{peak / 1000:.2f}", peak <= 2000),
    ]


def read_bulk(path: Path) -> Json | None:
    """Return what `bulk.py` measured; None where it has not run."""
    if not path.exists():
        return None
    found: Json = json.loads(path.read_text(encoding="utf-8"))
    return found
