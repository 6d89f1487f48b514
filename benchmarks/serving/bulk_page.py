"""The table of ``docs/reasons.md``, written from what the bulk benchmark measured."""

import statistics
from pathlib import Path
from typing import Any, Final

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "reasons.md"
BEGIN: Final = "<!-- bulk: begin -->"
END: Final = "<!-- bulk: end -->"

NAMES: Final = {
    "plain": "prediction alone (LightGBM)",
    "ours": "exact reasons by the walk",
    "pred_contrib": "LightGBM's `pred_contrib`",
    "tree_explainer": "`shap.TreeExplainer`",
    "predicted": "read, predict with LightGBM alone, write",
    "streamed-none": "`score --out --reasons none`",
    "streamed-all": "`score --out`, reasons of all",
}

Json = dict[str, Any]


def publish(told: Json, page: Path = PAGE) -> None:
    """Write the measured part of the page."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n\n{table(told)}\n{END}{after}", encoding="utf-8")


def table(told: Json) -> str:
    """Return what was measured as Markdown."""
    machine = told["machine"]
    versions = machine["versions"]
    lines = [
        f"Two threads on {machine['cores']} cores ({machine['processor']}), {told['measured_on']}, "
        f"by `{told['command']}`; load average {machine['load_at_start']} at the start: where that "
        "is high, read processor time rather than seconds. Medians of the rounds; ratios are taken "
        f"within a round. LightGBM {versions['lightgbm']}, shap {versions['shap']}, "
        f"Numba {versions['numba']}.",
        "",
        "| model and rows | way | µs of processor a row | seconds | peak MB |",
        "|---|---|--:|--:|--:|",
    ]
    for one in told["explained"]:
        lines += _ways(f"{one['model']}, {one['rows']:,} rows in memory", one["ways"])
    for one in told["company"]:
        lines += _ways(f"{one['model']}, {one['accounts']:,} accounts in Parquet", one["ways"])
    lines += [""]
    for one in told["explained"]:
        ratios = one["ratios"]
        lines.append(
            f"- {one['model']}: {ratios['tree_explainer_to_ours']['cpu_seconds']} times less "
            f"processor time than `shap.TreeExplainer`, "
            f"{ratios['pred_contrib_to_ours']['cpu_seconds']} times less than `pred_contrib`, "
            f"{ratios['ours_to_plain']['cpu_seconds']} times a prediction alone. Largest "
            f"difference of any share {one['largest_difference']:.1e}; the same five largest in "
            f"{one['same_top_five']:.0%} of the rows."
        )
    for one in told["company"]:
        ratio = one["ratios"]["reasons_to_predicted"]
        lines.append(
            f"- {one['model']}, a whole company from Parquet to Parquet with reasons: "
            f"{ratio['seconds']} times the seconds of prediction alone "
            f"({ratio['cpu_seconds']} times the processor time)."
        )
    return "\n".join(lines) + "\n"


def _ways(what: str, ways: dict[str, list[Json]]) -> list[str]:
    return [
        f"| {what} | {NAMES[way]} | "
        f"{statistics.median(1e6 * run['cpu_seconds'] / run['rows'] for run in runs):.1f} | "
        f"{statistics.median(run['seconds'] for run in runs):.1f} | "
        f"{max(run['peak_mb'] for run in runs):.0f} |"
        for way, runs in ways.items()
    ]
