"""The model card: one page of Markdown a person can read before trusting a model."""

from collections.abc import Sequence
from typing import Any

Json = dict[str, Any]

NAMES = {
    "auc": "AUC",
    "log_loss": "Log loss",
    "brier": "Brier score",
    "average_precision": "Average precision",
    "ece": "Calibration error",
    "recall_worst_tenth": "Leavers found in the riskiest tenth",
    "lift_worst_tenth": "Lift of the riskiest tenth",
}


def model_card(company: str, success: str, evaluation: Json) -> str:
    """Return the card as Markdown."""
    horizon = evaluation["horizon_days"]
    parts = [
        f"# Health model of {company}",
        f"Says how probable it is that an account leaves within {horizon} days: a calibrated "
        "probability, and as a health score from 0 to 100 whose reasons add up.",
        f"Verdict: **{evaluation['verdict']}**.",
        f"What success means here: {success}" if success else "",
        "## Data",
        _table(("part", "from", "to", "rows", "left"), _periods(evaluation)),
        evaluation["design"],
        evaluation["choice"]["sentence"] if evaluation.get("choice") else "",
        "## Quality on the test, with 90 % intervals",
        _table(("figure", "value", "from", "to"), _metrics(evaluation)),
        "## Beside it",
        _table(("baseline", "AUC", "log loss", "detail"), _baselines(evaluation)),
        *_horizons(evaluation),
        *_withheld(evaluation),
        "## Checks",
        _table(("check", "result", "finding"), _checks(evaluation)),
        "## Limits",
        "The probability holds for accounts like those of the test period. It says who may well "
        "leave, not who can be kept; a reason is an association, not a proven cause.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _horizons(evaluation: Json) -> list[str]:
    judged = evaluation.get("horizons")
    if not judged:
        return []
    lines = [
        (
            line["days"],
            line["basis"],
            f"{line['expected']:.3f}",
            f"{line['observed']:.3f}",
            _number(line["auc"]["value"]),
            _number(line["log_loss"]["value"]),
        )
        for line in judged["horizons"]
    ]
    brier, period = judged["integrated_brier"], judged["period"]
    return [
        f"## Leaving within other horizons, judged from {period['from']} to {period['to']}",
        _table(("days", "by", "expected", "observed", "AUC", "log loss"), lines),
        f"Integrated Brier score {brier['value']:.4f}; a constant hazard has "
        f"{brier['constant_hazard']:.4f}.",
        *(absent["sentence_en"] for absent in judged["absent"]),
    ]


def _withheld(evaluation: Json) -> list[str]:
    withheld = evaluation.get("withheld")
    if not withheld or not withheld["rows"]:
        return []
    reasons = ", ".join(f"{why} {count}" for why, count in withheld["by_reason"].items())
    return [
        f"No score would have been given for {withheld['withheld']} of {withheld['rows']} rows of "
        f"the test ({withheld['share']:.1%}{': ' if reasons else ''}{reasons})."
    ]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _periods(evaluation: Json) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for name in ("train", "calibration", "test"):
        part = evaluation[name]
        if part is not None:
            rows.append((name, part["from"], part["to"], part["rows"], part["churns"]))
    return rows


def _metrics(evaluation: Json) -> list[tuple[object, ...]]:
    metrics = evaluation["metrics"]
    return [
        (title, *(_figure(metrics[name][part]) for part in ("value", "low", "high")))
        for name, title in NAMES.items()
    ]


def _baselines(evaluation: Json) -> list[tuple[object, ...]]:
    return [
        (line["name"], _figure(line["auc"]), _figure(line["log_loss"]), line["detail"])
        for line in evaluation["baselines"]
    ]


def _checks(evaluation: Json) -> list[tuple[object, ...]]:
    return [(c["title"], c["result"], c["sentence"]) for c in evaluation["checks"]]


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _table(head: Sequence[str], rows: Sequence[tuple[object, ...]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join("" if c is None else str(c) for c in line) + " |" for line in lines
    )
