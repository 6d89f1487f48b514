"""The page of what leavers had not done, ready to be written."""

from collections.abc import Mapping
from typing import Any

from serving.pages.reader import Reader

Context = dict[str, Any]

SHOWN = ("holds", "reversed")
"""Results that stand on the page; the others are folded away."""


def context(document: Mapping[str, Any], reader: Reader) -> Context:
    """Return all that the template writes."""
    rows = [_row(row, reader) for row in document["rows"]]
    return {
        "table": document,
        "holding": [row for row in rows if row["result"] == "holds"],
        "reversed": [row for row in rows if row["result"] == "reversed"],
        "others": [row for row in rows if row["result"] not in SHOWN],
        "alike": _alike(document["controlled_for"], reader),
    }


def absent(reader: Reader) -> Context:
    """Return what stands there where a model was made without the table."""
    return {
        "title": reader.say("What leavers had not done"),
        "sentence": reader.say(
            "The model in service was made without this comparison: too few companies had left "
            "then, or it is older than the comparison."
        ),
        "reason": "",
        "steps": [
            reader.say("For the table alone: kenshin leavers"),
            reader.say("With the next model: kenshin train"),
        ],
        "detail": "",
    }


def _row(row: Mapping[str, Any], reader: Reader) -> Context:
    low, high = row["odds_interval"]
    words = {
        "unproven": reader.say("does not hold at equal tenure and plan"),
        "none": reader.say("no difference"),
        "too few": reader.say("too few to say"),
    }
    return {
        **row,
        "label": row[f"label_{reader.language}"],
        "odds": "–" if row["odds_ratio"] is None else _times(row["odds_ratio"]),
        "odds_range": "" if low is None else f"{_times(low)}–{_times(high)}",
        "verdict": words.get(row["result"], ""),
    }


def _times(ratio: float) -> str:
    return f"{ratio:.1f}" if ratio < 100 else ">100"


def _alike(controlled: list[str], reader: Reader) -> str:
    if controlled == ["tenure", "plan"]:
        return reader.say("Stayers of the same tenure and plan")
    if controlled == ["tenure"]:
        return reader.say("Stayers of the same tenure")
    if controlled == ["plan"]:
        return reader.say("Stayers of the same plan")
    return reader.say("Stayers")
