"""The page of what drives churn, ready to be written."""

from typing import Any

from serving.pages.drivers import Driver, Drivers, heaviest
from serving.pages.reader import Reader
from serving.pages.signals import Signals
from serving.words import group_word
from training.bundle import Bundle

Context = dict[str, Any]
SHOWN = 15
"""Signals that stand open on the page; the others are folded away."""
LEAST = 0.05
"""Mean points below which a signal is not listed: its one decimal would read nothing."""


def context(found: Drivers, bundle: Bundle, reader: Reader) -> Context:
    """Return all that the template writes."""
    signals = reader.signals(bundle)
    worth = [one for one in found.rows if one.mean >= LEAST]
    rows = [_row(one, found, signals, reader) for one in worth]
    most_often = max(found.rows, key=lambda one: one.first, default=None)
    groups = heaviest(found.groups)
    return {
        "drivers": found,
        "first": rows[:SHOWN],
        "others": rows[SHOWN:],
        "silent": len(found.rows) - len(worth),
        "scale": found.rows[0].mean if found.rows else 0.0,
        "groups": [(group_word(group, reader.language), mean) for group, mean in groups],
        "group_scale": groups[0][1] if groups else 0.0,
        "often": signals.label(most_often.name) if most_often and most_often.first else None,
        "often_share": most_often.first / found.unhealthy if most_often and found.unhealthy else 0,
    }


def absent(reader: Reader, version: str) -> Context:
    """Return what stands there where the model that gave the scores is gone."""
    return {
        "title": reader.say("Drivers"),
        "sentence": reader.say(
            "The reasons are no longer available: model %(version)s, which gave these scores, is "
            "gone. Score again to have reasons.",
            version=version,
        ),
        "reason": "",
        "steps": [reader.say("Issue scores: kenshin score")],
        "detail": "",
    }


def _row(one: Driver, found: Drivers, signals: Signals, reader: Reader) -> Context:
    number, feature = reader.numbers, signals.feature(one.name)
    whole = max(found.looked_at, 1)
    return {
        "label": signals.label(one.name),
        "group": group_word(feature.group, reader.language),
        "actionable": feature.actionable,
        "mean": one.mean,
        "lowers": number.percent(one.lowers / whole) if one.lowers else "0",
        "raises": number.percent(one.raises / whole) if one.raises else "0",
        "first": one.first,
        "first_share": number.percent(one.first / found.unhealthy) if one.first else "–",
    }
