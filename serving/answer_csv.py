"""Every figure of an answer check as one CSV: each count, of how many, and how sure."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from features.catalog import Language
from serving.answer_words import unseen_sentence
from serving.spreadsheet import as_csv

Json = Mapping[str, Any]
HEADER = ("part", "group", "name", "measure", "count", "of", "share", "low", "high", "note")


def write(path: Path, checked: Json, language: Language, currency: str) -> None:
    """Write all figures; sentences in ``language``, codes and numbers in neither."""
    path.write_bytes(as_csv(HEADER, lines(checked, language, currency)).encode())


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
    for kind, found in checked.get("judgements", {}).items():
        if found is not None:
            yield from _judged(kind, found)
    for miss in checked["misses"]:
        told = "; ".join(unseen_sentence(one, language, currency) for one in miss["unseen"] or ())
        yield ("miss", miss["account_id"], miss["name"] or "", "score_before",
               miss["score_before"], None, None, None, None, told)  # fmt: skip


def _judged(kind: str, found: Json) -> Iterator[tuple[Any, ...]]:
    for line in ({"column": "", "value": "", **found}, *found["segments"]):
        for who in ("person", "model"):
            side = line[who]
            yield (kind, line["column"], line["value"], f"{who} right", side["right"],
                   line["cases"], side["share"], *side["interval"], line["more_often"])  # fmt: skip


def _bands(part: str, group: object, name: str, counts: Json) -> Iterator[tuple[Any, ...]]:
    for band in ("red", "yellow", "green", "no_data"):
        sure = (None, None, None)
        if band in ("red", "green"):
            sure = (counts[f"{band}_share"], *counts[f"{band}_interval"])
        yield (part, group, name, band, counts[band], counts["scored"], *sure, "")


def _share(part: str, group: str, name: str, one: Json) -> tuple[Any, ...]:
    return (part, group, name, "left", one["left"], one["accounts"], one["share"],
            *one["interval"], "")  # fmt: skip
