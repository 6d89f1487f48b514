"""The section of the model check page on who was right more often, people or the model."""

from collections.abc import Mapping
from typing import Any

from serving.answer_words import column_word, segment_value
from serving.opinions import words
from serving.pages.reader import Reader

Json = Mapping[str, Any]
Context = dict[str, Any]
KINDS = ("opinions", "overrides")
LINES = 4
"""Values of one segment column on the page; the API has all."""


def context(check: Json | None, reader: Reader) -> Context:
    """Return what the section writes; nothing where no check has counted it yet."""
    found = (check or {}).get("judgements")
    if found is None:
        return {"judgements": []}
    return {"judgements": [_one(kind, found[kind], reader) for kind in KINDS]}


def _one(kind: str, found: Json | None, reader: Reader) -> Context:
    language = reader.language
    finding, *others = words.sentences(kind, found, language)
    return {
        "code": kind,
        "title": words.said(kind, language),
        "finding": finding,
        "sentences": others,
        "segments": [] if found is None else _segments(found["segments"], reader),
    }


def _segments(lines: list[Json], reader: Reader) -> list[Context]:
    """Return the largest values of each column: cases, both shares, and who was right alone."""
    shown: list[Context] = []
    for line in lines:
        name = column_word(line["column"], reader.language)
        if sum(one["name"] == name for one in shown) >= LINES or line["column"] == "owner":
            continue
        shown.append(
            {
                "name": name,
                "value": segment_value(line["column"], line["value"], reader.language),
                "cases": reader.numbers.count(line["cases"]),
                "sides": [
                    {
                        "share": reader.numbers.percent(line[who]["share"]),
                        "low": reader.numbers.percent(line[who]["interval"][0]),
                        "high": reader.numbers.percent(line[who]["interval"][1]),
                    }
                    for who in ("person", "model")
                ],
                "more_often": line["more_often"],
            }
        )
    return shown
