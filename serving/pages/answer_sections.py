"""The sections of the model check page that ask those who left."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from serving.answer_words import (
    RESULTS,
    basis_sentence,
    column_word,
    segment_value,
    unseen_sentence,
    verdict_sentence,
)
from serving.pages.reader import Reader

Json = Mapping[str, Any]
Context = dict[str, Any]
MISSES, FACTS, LINES = 12, 4, 4
"""So many misses, facts of each, and lines of each segment stand on the page; the API has all."""
LEAST = 5
"""Leavers below which a segment is no finding."""
SHOWN = ("plan", "size", "industry", "tenure")
PARTS = ("all", "not_contacted", "contacted")


def context(
    check: Json | None, scored_among: Callable[[Sequence[str]], Collection[str]], reader: Reader
) -> Context:
    """Return what the sections write; ``check`` is None where there is nothing to check."""
    if check is None:
        return {"check": None, "beside": []}
    weeks = check["rules"]["weeks_before"]
    at_limit = next(week for week in check["weeks"] if week["weeks"] == weeks)
    misses = check["misses"][:MISSES]
    known = scored_among([miss["account_id"] for miss in misses])
    outcomes = [one for one in check["outcomes"] if one["band"] != "no_data"]
    return {
        "check": {
            **check,
            "start": reader.numbers.full_date(check["period"][0]),
            "end": reader.numbers.full_date(check["period"][1]),
            "at_limit": at_limit,
            "basis_said": basis_sentence(check, reader.language),
            "result": RESULTS[check["verdict"]["result"]].of(reader.language),
            "result_kind": check["verdict"]["result"].replace(" ", "-"),
            "verdict_said": verdict_sentence(check["verdict"], reader.language),
            "name": reader.say("Companies that left, by state in the weeks before"),
        },
        "misses": [_miss(miss, known, reader) for miss in misses],
        "outcomes": outcomes,
        "outcome_scale": _scale(outcomes),
        "alerts": _alerts(check, reader),
        "segments": _segments(check["segments"], reader),
        "versions": [_part(line, reader) for line in check["versions"]],
        "worst": _worst(check["segments"], reader),
        "beside": [
            {"place": place, **_beside(other, reader)}
            for place, other in enumerate(check.get("beside", ()), 1)
            if other["left"]
        ],
    }


def _scale(shares: Sequence[Json]) -> float:
    """Return where the bars of some shares end."""
    return max((one["interval"][1] for one in shares), default=1.0) * 1.05 or 1.0


def _miss(miss: Json, known: Collection[str], reader: Reader) -> Context:
    line = [value for value in miss["series"] if value is not None]
    told = ""
    if line:
        first, last = f"{line[0]:.0f}", f"{line[-1]:.0f}"
        told = reader.say("health score from %(first)s to %(last)s", first=first, last=last)
    english = miss.get("name_en") if reader.language == "en" else None
    scores = ("score_earlier", "score_before")
    facts = miss["unseen"] or ()
    return {
        **miss,
        **{name: None if miss[name] is None else round(miss[name]) for name in scores},
        "name": english or miss.get("name") or miss["account_id"],
        "told": told,
        "known": miss["account_id"] in known,
        "facts": [
            unseen_sentence(fact, reader.language, reader.numbers.currency)
            for fact in facts[:FACTS]
        ],
        "looked": miss["unseen"] is not None,
    }


def _alerts(check: Json, reader: Reader) -> Context | None:
    """Return the reds that are over, contacted ones apart; None where there are none."""
    alerts, lead = check["alerts"], check["lead_time"]
    if not alerts["all"]["accounts"]:
        return None
    names = {
        "all": reader.say("All"),
        "not_contacted": reader.say("Not contacted"),
        "contacted": reader.say("Contacted"),
    }
    lines = [
        {**alerts[part], "name": names[part]}
        for part in PARTS
        if alerts[part] and alerts[part]["accounts"]
    ]
    return {
        **alerts,
        "lines": lines,
        "scale": _scale(lines),
        "days": lead["median_days"] and round(lead["median_days"]),
        "quartiles": lead["quartiles_days"] and [round(days) for days in lead["quartiles_days"]],
        "warned": lead["alerts"],
        "of": lead["of"],
        "at_least": lead["at_least"],
    }


def _segments(lines: Sequence[Json], reader: Reader) -> list[Context]:
    """Return the largest parts of each segment."""
    found = []
    for column in SHOWN:
        some = [line for line in lines if line["column"] == column and line["scored"]]
        if some:
            parts = [_part(line, reader) for line in some[:LINES]]
            found.append({"name": column_word(column, reader.language), "parts": parts,
                          "more": len(some) - len(parts)})  # fmt: skip
    return found


def _part(line: Json, reader: Reader) -> Context:
    shown = segment_value(line["column"], line["value"], reader.language)
    return {
        **line,
        "shown": shown,
        "name": column_word(line["column"], reader.language),
    }


def _worst(lines: Sequence[Json], reader: Reader) -> Context | None:
    """Return the part in which most leavers were green, of those with enough leavers."""
    enough = [line for line in lines if line["column"] in SHOWN and line["scored"] >= LEAST]
    worst = max(enough, key=lambda line: (line["green_share"], line["scored"]), default=None)
    return _part(worst, reader) if worst and worst["green"] else None


def _beside(other: Json, reader: Reader) -> Context:
    names = {"scorecard": reader.say("Scorecard"), "model": reader.say("Model")}
    outcomes = {
        side: next((one for one in other["outcomes"][side] if one["band"] == "red"), None)
        for side in ("ours", "theirs")
    }
    ours, theirs = (other[side]["green"] for side in ("ours", "theirs"))
    return {
        **other,
        "name": names.get(other["name"], other["name"]),
        "sides": [
            {"name": reader.say("In service"), **other["ours"], "reds": outcomes["ours"]},
            {"name": names.get(other["name"], other["name"]), **other["theirs"],
             "reds": outcomes["theirs"]},
        ],
        "finding": "fewer" if ours < theirs else "more" if ours > theirs else "same",
        "difference": abs(ours - theirs),
    }  # fmt: skip
