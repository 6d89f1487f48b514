"""The page of alerts in words: the rule, what it means, what to do, and how often it was right."""

import math
from collections.abc import Mapping
from typing import Any

from serving.pages.alerts import DEEP, FALL, RENEWAL_DAYS, RULES, Alerts
from serving.pages.reader import Reader

Json = Mapping[str, Any]
Context = dict[str, Any]
LINES = 25
"""So many companies stand under each rule; the list on the portfolio has all."""


def context(
    found: Alerts, owner: str, rows: Mapping[str, list[Context]], check: Json | None, reader: Reader
) -> Context:
    """Return all that the template writes.

    Parameters
    ----------
    rows : mapping of str to list
        The first companies under each rule, as `overview.rows` tells them.
    check : mapping, optional
        The answer check, for how often turning red was right.
    """
    sections = []
    for rule in RULES:
        places = found.found[rule]
        if len(places):
            lines = [
                {**row, "before": _score(found.before[at])}
                for row, at in zip(rows[rule], places.tolist(), strict=False)
            ]
            sections.append(
                {"code": rule, **_rule(rule, reader), "count": len(places), "rows": lines,
                 "record": _record(check, reader) if rule == "turned_red" else None}
            )  # fmt: skip
    return {
        "sections": sections,
        "count": len(found),
        "owner": owner,
        "owners": found.roster.offered["owner"],
        "red": len(found.found["turned_red"]),
    }


def absent(reader: Reader) -> Context:
    """Return what stands there before there are two weeks of scores."""
    return {
        "title": reader.say("Alerts"),
        "sentence": reader.say(
            "There is no run about a week earlier to compare with yet, so nothing can be new."
        ),
        "reason": "",
        "steps": [reader.say("Issue scores: kenshin score")],
        "detail": "",
    }


def _rule(rule: str, reader: Reader) -> Context:
    """Return what a rule is called, what it means and what to do."""
    say = reader.say
    red = reader.band("red")
    if rule == "turned_red":
        return {
            "name": say('Newly in "%(band)s"', band=red),
            "meaning": say(
                "Red for the second week, or at once by %(points)s points or more: a company at "
                "the edge does not come and go.",
                points=f"{DEEP:.0f}",
            ),
            "action": say("Call within the week; the company's page has the reasons and the play."),
        }
    if rule == "fell":
        return {
            "name": say("Fell by %(points)s points or more", points=f"{FALL:.0f}"),
            "meaning": say("Something changed within a week; the state may still look well."),
            "action": say("See on the company's page what changed, and ask before it grows."),
        }
    if rule == "renewal":
        return {
            "name": say("Renewal within a month, and not healthy"),
            "meaning": say("The renewal is now %(last)s days away or less.", last=RENEWAL_DAYS[1]),
            "action": say("Agree on the renewal talk, and mend the main reason before it."),
        }
    return {
        "name": say("Lost its score"),
        "meaning": say("There was a score last week; now the data do not suffice."),
        "action": say("Ask who looks after the data whether a feed has stopped."),
    }


def _record(check: Json | None, reader: Reader) -> str | None:
    """Return how often turning red was right, as it was counted; None where it was not."""
    every = check["alerts"]["all"] if check else None
    if not every or not every["accounts"]:
        return None
    number = reader.numbers
    return reader.say(
        "So far: of %(n)s that turned red, %(k)s left within %(days)s days (%(share)s).",
        n=number.count(every["accounts"]),
        k=number.count(every["left"]),
        days=check["rules"]["horizon_days"] if check else "",
        share=number.percent(every["share"]),
    )


def _score(value: float) -> int | None:
    return None if math.isnan(value) else int(value)
