"""Every figure of an answer check as one CSV: each count, of how many, and how sure."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from features.catalog import Language
from serving.answer_words import unseen_sentence

Json = Mapping[str, Any]
HEADER = ("part", "group", "name", "measure", "count", "of", "share", "low", "high", "note")
BOM = "\ufeff"
"""So that Excel reads the file as UTF-8."""


def write(path: Path, checked: Json, language: Language, currency: str) -> None:
    """Write all figures; sentences in ``language``, codes and numbers in neither."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(BOM)
        table = csv.writer(file)
        table.writerow(HEADER)
        table.writerows(lines(checked, language, currency))


def lines(checked: Json, language: Language, currency: str) -> Iterator[tuple[Any, ...]]:
    """Yield the lines below the header."""
    verdict = checked["verdict"]
    yield (
        "verdict", verdict["weeks_before"], verdict["result"], "green", verdict["green"],
        verdict["scored"], verdict["share"], *verdict["interval"], f"limit {verdict['limit']}",
    )  # fmt: skip
    for week in checked["weeks"]:
        yield from _bands("weeks before leaving", week["weeks"], "", week)
    for one in checked["outcomes"]:
        yield _share("outcome", one["band"], "", one)
    for name in ("all", "not_contacted", "contacted"):
        if checked["alerts"][name]:
            yield _share("alert", name, "", checked["alerts"][name])
    for part in ("segments", "versions"):
        for line in checked[part]:
            yield from _bands(part, line["column"], line["value"], line)
            yield _share(f"{part}: alerts", line["column"], line["value"], line["alerts"])
    for other in checked.get("beside", ()):
        for side in ("ours", "theirs"):
            yield from _bands("beside", other["name"], side, other[side])
    for miss in checked["misses"]:
        told = "; ".join(unseen_sentence(one, language, currency) for one in miss["unseen"] or ())
        yield ("miss", miss["account_id"], _safe(miss["name"] or ""), "score_before",
               miss["score_before"], None, None, None, None, _safe(told))  # fmt: skip


def _bands(part: str, group: object, name: str, counts: Json) -> Iterator[tuple[Any, ...]]:
    for band in ("red", "yellow", "green", "no_data"):
        sure = (None, None, None)
        if band in ("red", "green"):
            sure = (counts[f"{band}_share"], *counts[f"{band}_interval"])
        yield (part, group, _safe(name), band, counts[band], counts["scored"], *sure, "")


def _share(part: str, group: str, name: str, one: Json) -> tuple[Any, ...]:
    return (part, group, _safe(name), "left", one["left"], one["accounts"], one["share"],
            *one["interval"], "")  # fmt: skip


def _safe(text: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r" and text else text
