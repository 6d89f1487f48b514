"""The page that says whether the input is still the input, ready to be written."""

from typing import Any

import sqlalchemy as sa

from features.errors import NotFoundError
from features.settings import Settings
from serving.drift.routes import Drift, FeatureDrift, told
from serving.pages.reader import Reader
from serving.pages.signals import Signals
from training.bundle import Bundle

Context = dict[str, Any]
SHOWN = 10
"""Features on the page, the weightiest first; those that drifted stand there too."""
KINDS = {"ok": "passed", "watch": "", "drifted": "failed", "broken": "failed"}


def state(settings: Settings, engine: sa.Engine, reader: Reader) -> Context | None:
    """Return the last verdict in a line for other pages; None where there is none."""
    try:
        found = told(settings, engine)
    except NotFoundError:
        return None
    return {
        "kind": KINDS[found.word],
        "serious": found.word in ("drifted", "broken"),
        "said": reader.say(
            "Drift: %(verdict)s (%(day)s)",
            verdict=_verdict(found, reader),
            day=reader.numbers.full_date(found.as_of),
        ),
        "head": _said(found, reader)[0],
    }


def context(found: Drift, bundle: Bundle, reader: Reader) -> Context:
    """Return all that the template writes."""
    head, *reasons, advice = _said(found, reader)
    signals = reader.signals(bundle)
    rows = [_row(one, signals, reader) for one in found.features]
    first = [row for at, row in enumerate(rows) if at < SHOWN or row["drifted"]]
    return {
        "drift": found,
        "kind": KINDS[found.word],
        "verdict": _verdict(found, reader),
        "headline": head,
        "reasons": reasons,
        "advice": advice,
        "findings": [_finding(one, reader) for one in found.findings],
        "level": _level(found, reader),
        "first": first,
        "others": [row for row in rows if row not in first],
    }


def absent(reader: Reader, refused: NotFoundError) -> Context:
    """Return what stands there where no verdict was reached yet."""
    return {
        "title": reader.say("Drift"),
        "sentence": reader.say("Nobody has looked yet whether the data still are what they were."),
        "reason": "",
        "steps": [reader.say("Issue scores: kenshin score"), reader.say("Then: kenshin drift")],
        "detail": "" if refused.found == "none yet" else refused.found,
    }


def _said(found: Drift, reader: Reader) -> list[str]:
    return [getattr(sentence, reader.language) for sentence in found.sentences]


def _verdict(found: Drift, reader: Reader) -> str:
    return {
        "ok": reader.say("no change that matters"),
        "watch": reader.say("to be watched"),
        "drifted": reader.say("changed"),
        "broken": reader.say("data broken"),
    }[found.word]


def _finding(one: Any, reader: Reader) -> Context:  # noqa: ANN401
    severity = reader.say("mend") if one.severity == "page" else reader.say("watch it")
    kind = "failed" if one.severity == "page" else ""
    return {"sentence": getattr(one.sentence, reader.language), "severity": severity, "kind": kind}


def _level(found: Drift, reader: Reader) -> list[tuple[str, str, str]]:
    """Return the lines about the scores: what, expected, found."""
    score, number = found.score, reader.numbers
    if not score.judged or score.mean_now is None:
        return []
    if score.of == "score":
        pair = [f"{100 * (1 - lost):.0f}" for lost in (score.mean_before, score.mean_now)]
        lines = [(reader.say("Mean health score"), pair[0], pair[1])]
    else:
        pair = [number.percent(mean, 1) for mean in (score.mean_before, score.mean_now)]
        lines = [(reader.say("Mean probability of leaving"), pair[0], pair[1])]
    if score.red_now is not None and score.red_expected is not None:
        expected, now = number.count(score.red_expected), number.count(score.red_now)
        told = reader.say('Companies in "%(band)s"', band=reader.band("red"))
        lines.append((told, expected, now))
    return lines


def _row(one: FeatureDrift, signals: Signals, reader: Reader) -> Context:
    before, now = (
        signals.value_text(one.feature, value) if one.judged and value is not None else "–"
        for value in (one.before, one.now)
    )
    return {
        "label": signals.label(one.feature),
        "weight": reader.numbers.percent(one.importance),
        "before": before,
        "now": now,
        "times": _times(one),
        "figures": _figures(one, reader),
        "drifted": one.drifted,
        "result": _result(one, reader),
    }


def _times(one: FeatureDrift) -> float | None:
    """Return the larger of the two effects as a multiple of its limit."""
    effects = [
        effect / limit
        for effect, limit in (
            (one.stability_index, one.stability_limit),
            (one.wasserstein, one.wasserstein_limit),
        )
        if effect is not None and limit
    ]
    return max(effects) if effects else None


def _figures(one: FeatureDrift, reader: Reader) -> str:
    pairs = (
        ("PSI", one.stability_index, one.stability_limit),
        (reader.say("distance"), one.wasserstein, one.wasserstein_limit),
    )
    return " · ".join(
        f"{name} {effect:.2f}/{limit:.2f}" for name, effect, limit in pairs if effect is not None
    )


def _result(one: FeatureDrift, reader: Reader) -> str:
    if not one.judged:
        return reader.say("too few values")
    if one.calendar:
        return reader.say("moves with the calendar")
    return reader.say("changed") if one.drifted else reader.say("as before")
