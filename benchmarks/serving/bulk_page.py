"""The table of ``docs/reasons.md``, written from what the bulk benchmark measured."""

import statistics
from pathlib import Path
from typing import Any, Final

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "reasons.md"
BEGIN: Final = "<!-- bulk: begin -->"
END: Final = "<!-- bulk: end -->"

NAMES: Final = {
    "plain": "prediction alone (LightGBM)",
    "own": "prediction alone (our own sum of the trees)",
    "ours": "exact reasons by the walk",
    "pred_contrib": "LightGBM's `pred_contrib`",
    "tree_explainer": "`shap.TreeExplainer`",
    "predicted": "read, predict with LightGBM alone, write",
    "summed": "read, predict by our own sum, write",
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
        f"is high, read processor time rather than seconds. {_rounds(told)}; ratios are taken "
        f"within a round. LightGBM {versions['lightgbm']}, "
        f"shap {versions['shap']}, Numba {versions['numba']}.",
        "",
        "| model and rows | way | µs of processor a row | seconds | peak MB |",
        "|---|---|--:|--:|--:|",
    ]
    for one in told["explained"]:
        lines += _ways(f"{one['model']}, {one['rows']:,} rows in memory", one["ways"])
    for one in told["company"]:
        lines += _ways(f"{one['model']}, {one['accounts']:,} accounts in Parquet", one["ways"])
    lines += [""]
    lines += [_explained(one) for one in told["explained"]]
    lines += [_company(one) for one in told["company"]]
    return "\n".join(lines) + "\n"


def _rounds(told: Json) -> str:
    """Return how often each way ran: the slow ones less often."""
    ways = told["explained"][0]["ways"]
    rounds = len(ways["ours"])
    slow = [NAMES[way] for way, runs in ways.items() if len(runs) < rounds]
    whole = "One round" if rounds == 1 else f"Medians of {rounds} rounds"
    return whole + (f", of {' and '.join(slow)} the first alone" if slow else "")


def _explained(one: Json) -> str:
    ratio = {name: both["cpu_seconds"] for name, both in one["ratios"].items()}
    said = (
        f"- {one['model']}: {ratio['tree_explainer_to_ours']} times less processor time than "
        f"`shap.TreeExplainer`, {ratio['pred_contrib_to_ours']} times less than `pred_contrib`, "
        f"{ratio['ours_to_plain']} times a prediction alone by LightGBM"
    )
    if "ours_to_own" in ratio:
        bits = "the same bits" if one["same_margins"] else "OTHER BITS"
        said += (
            f" and {ratio['ours_to_own']} times one by our own sum of the trees, which takes "
            f"{ratio['plain_to_own']} times less than LightGBM's for {bits}"
        )
    return said + (
        f". Largest difference of any share {one['largest_difference']:.1e}; the same five largest "
        f"in {one['same_top_five']:.0%} of the rows."
    )


COMPANY: Final = {
    "predicted": "prediction alone by LightGBM",
    "summed": "prediction alone by our own sum of the trees",
    "none": "`--reasons none`",
}


def _company(one: Json) -> str:
    said = [
        f"{ratio['seconds']} times the seconds of {COMPANY[name.removeprefix('reasons_to_')]} "
        f"({ratio['cpu_seconds']} times the processor time)"
        for name, ratio in one["ratios"].items()
    ]
    return (
        f"- {one['model']}, a whole company from Parquet to Parquet with reasons: "
        f"{', '.join(said)}."
    )


def _ways(what: str, ways: dict[str, list[Json]]) -> list[str]:
    return [
        f"| {what} | {NAMES[way]} | "
        f"{statistics.median(1e6 * run['cpu_seconds'] / run['rows'] for run in runs):.1f} | "
        f"{statistics.median(run['seconds'] for run in runs):.1f} | "
        f"{max(run['peak_mb'] for run in runs):.0f} |"
        for way, runs in ways.items()
    ]
