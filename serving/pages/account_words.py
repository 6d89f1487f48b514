"""The account page in words: from the computed figures to what the template writes."""

import math
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from features.settings import Settings
from serving import words
from serving.pages import override_words, reason_rows, scorecard_words
from serving.pages.account import AccountPage, group_totals
from serving.pages.charts.history import Point
from serving.pages.charts.waterfall import Axis
from serving.pages.curve_words import account_curve
from serving.pages.filters import Filters
from serving.pages.months import month_marks, week_places
from serving.pages.reader import Reader
from serving.pages.signals import Signals
from serving.pages.similar import LISTED, Case
from serving.plays import FELL, Reason, choose, plays_of
from serving.statements import days_behind
from training.bundle import Bundle

Context = dict[str, Any]


def context(settings: Settings, page: AccountPage, reader: Reader) -> Context:
    """Return all that the account template writes."""
    row, signals = page.account.row, reader.signals(page.bundle)
    cuts = (page.cuts.red, page.cuts.green)
    result: Context = {
        "page": page,
        "run": page.account.run,
        "row": row,
        "name": name_of(row, reader),
        "industry_link": Filters(industry=row["industry"] or "").address(),
        "cuts": cuts,
        "told": _told(settings, page, signals, reader),
        "scorecard": scorecard_words.why(page.bundle, reader)
        if page.bundle.kind == "scorecard"
        else None,
        "beside": scorecard_words.beside(row, page.account.run.scorecard_version, page.bundle),
        "abstained": _abstained(page, reader),
        "history": _history(page, signals, reader),
        "chance_curve": account_curve(page, reader),
        "play": _play(settings, page, reader),
        "estimates": _estimates(page, signals, reader),
        **_feedback(page, signals, reader),
        **override_words.context(page.overrides, row["band"], reader),
    }
    if page.waterfall is not None:
        fall = page.waterfall
        result |= {
            "fall": fall,
            "axis": Axis(fall.low, fall.high, cuts),
            "groups": [
                (words.group_word(group, reader.language), points)
                for group, points in group_totals(fall)
            ],
            "steps": reason_rows.steps(page, fall, signals, reader),
            "changes": reason_rows.changes(page, signals, reader),
            "past": _past(page, reader),
            "odds": _odds(page.bundle),
            "cases": _cases(page, signals, reader),
        }
    return result


def _odds(bundle: Bundle) -> str | None:
    """Return how many times the odds of leaving ten points are, where that is known."""
    scale = bundle.scale
    return None if scale is None else f"{math.exp(10 / scale.points_per_logit):.1f}"


def name_of(row: Any, reader: Reader) -> str:  # noqa: ANN401
    """Return the account's name in the reader's language as far as there is one."""
    english = row["name_en"] if reader.language == "en" else None
    return str(english or row["name"] or row["account_id"])


def _told(settings: Settings, page: AccountPage, signals: Signals, reader: Reader) -> Context:
    row = page.account.row
    told: Context = {}
    labels = [signals.feature(name).missing.of(reader.language) for name in page.missing]
    told["missing"] = _few(labels, reader)
    if row["health_score"] is not None:
        told["scale"] = _scale_told(page, reader)
    chance = row["churn_probability"]
    if chance is None:
        return told
    days, language = settings.churn.horizon_days, reader.language
    told["hundred"] = 0 if round(chance * 100) < 1 else words.of_hundred(chance)
    told["frequency"] = words.probability_sentence(chance, days, language)
    told["frequency_marked"] = _with_large_number(told["frequency"], chance, language)
    told["interval"] = ""
    low, high = row["churn_probability_low"], row["churn_probability_high"]
    if page.past is not None and low is not None:
        told["interval"] = words.range_sentence(low, high, language)
    base = page.bundle.evaluation.get("test", {}).get("base_rate")
    told["base_rate"] = None if base is None else f"{100 * base:.1f}"
    return told


def _with_large_number(said: str, chance: float, language: str) -> Markup:
    """Return the sentence with its number of leavers set large; that number comes once."""
    number = str(words.of_hundred(chance))
    marked = f"およそ{number}社" if language == "ja" else f"about {number}"
    large = Markup("<b>{}</b>").format(number)
    start, found, end = said.partition(marked)
    if not found:
        return Markup("{}").format(said)
    before, _, after = marked.partition(number)
    return Markup("{}{}{}{}{}").format(start, before, large, after, end)


def _scale_told(page: AccountPage, reader: Reader) -> str:
    bands = page.cuts
    now = page.account.row["health_score"]
    cuts = {"red": f"{bands.red:g}", "green": f"{bands.green:g}"}
    if page.before_score is None:
        return reader.say(
            "Health score %(now)s; act now up to %(red)s, healthy from %(green)s", now=now, **cuts
        )
    return reader.say(
        "Health score %(now)s, last week %(before)s; act now up to %(red)s, healthy from %(green)s",
        now=now,
        before=page.before_score,
        **cuts,
    )


def _abstained(page: AccountPage, reader: Reader) -> str:
    reason = page.account.row["abstain_reason"] or "no_data_at_all"
    days = days_behind(reason, vars(page.account.run), page.bundle)
    return words.abstain_sentence(reason, reader.language, days)


def _few(labels: Sequence[str], reader: Reader) -> str:
    """Return up to two different labels, and how many signals they do not speak of."""
    named = list(dict.fromkeys(labels))[:2]
    said = _joined(named, reader)
    others = sum(label not in named for label in labels)
    return reader.say("%(few)s and %(n)s more", few=said, n=others) if others else said


def _joined(labels: Sequence[str], reader: Reader) -> str:
    return ("・" if reader.language == "ja" else ", ").join(labels)


def _history(page: AccountPage, signals: Signals, reader: Reader) -> Context:
    weeks = page.account.weeks[-53:]
    dates = [run.as_of for run, _ in weeks]
    places = week_places(dates, dates[0])
    offset = len(page.account.weeks) - len(weeks)
    said = {event.at - offset: _event(event.kind, signals, reader) for event in page.events}
    known = [row["health_score_exact"] is not None for _, row in weeks]
    scored = [
        Point(place, row["health_score_exact"], row["band"], at > 0 and not known[at - 1])
        for at, (place, (_, row)) in enumerate(zip(places, weeks, strict=True))
        if known[at]
    ]
    told = ""
    if scored:
        first, last = f"{scored[0].score:.0f}", f"{scored[-1].score:.0f}"
        told = reader.say("Weekly health score from %(first)s to %(last)s", first=first, last=last)
    return {
        "points": scored,
        "months": month_marks(dates, reader.numbers),
        "events": [(places[at], words_) for at, words_ in said.items() if at >= 0],
        "last": places[-1],
        "name": told,
        "table": [
            (run.as_of.strftime("%Y-%m-%d"), row["health_score"], row["band"], said.get(at, ""))
            for at, (run, row) in enumerate(weeks)
        ],
    }


def _event(kind: str, signals: Signals, reader: Reader) -> str:
    if kind == "renewed":
        return reader.say("Renewed")
    if kind == "model":
        return reader.say("Model updated")
    return signals.label(kind)


def _play(settings: Settings, page: AccountPage, reader: Reader) -> Context:
    """Return the recommended play, chosen from what can be influenced and is known."""
    reasons = []
    if page.state is not None:
        comparable = page.before and page.changes and page.changes.comparable
        earlier = page.before.points if page.before and comparable else page.state.points
        reasons = [
            Reason(
                feature=feature,
                points=points,
                missing=math.isnan(page.state.values[feature.name]),
                fell_by=earlier.get(feature.name, points) - points,
            )
            for feature in page.bundle.features
            if (points := page.state.points.get(feature.name)) is not None
        ]
    choice = choose(plays_of(settings), page.account.row["band"], reasons)
    because = ""
    if choice.feature is not None:
        label = choice.feature.label.of(reader.language)
        because = reader.say("Chosen because of: %(signal)s", signal=label)
        fell = next(r.fell_by for r in reasons if r.feature is choice.feature)
        if fell >= FELL:
            because = reader.say("Chosen because this got worse lately: %(signal)s", signal=label)
    elif page.account.row["band"] == "green":
        because = reader.say("Chosen because the company is healthy")
    return {
        "title": choice.play.title[reader.language],
        "steps": choice.play.steps[reader.language],
        "because": because,
    }


def _estimates(page: AccountPage, signals: Signals, reader: Reader) -> list[Context]:
    return [
        {
            "says": reader.say(
                "%(signal)s at %(value)s",
                signal=signals.label(estimate.name),
                value=signals.value_text(estimate.name, estimate.value),
            ),
            "score": estimate.score,
            "band": estimate.band,
        }
        for estimate in page.estimates
    ]


def _past(page: AccountPage, reader: Reader) -> Context | None:
    if page.past is None:
        return None
    past, number = page.past, reader.numbers
    expected, actual = number.percent(past["predicted"], 1), number.percent(past["observed"], 1)
    last = 100 if past["to"] >= 100 else past["to"] - 1
    low, high = past["interval"]
    off = ""
    if past["predicted"] > high:
        off = reader.say(
            "Fewer left than predicted, beyond chance: read the probability as an upper bound."
        )
    elif past["predicted"] < low:
        off = reader.say(
            "More left than predicted, beyond chance: read the probability as a lower bound."
        )
    return {
        **past,
        "start": f"{past['from']:g}",
        "end": f"{last:g}",
        "expected": expected,
        "actual": actual,
        "off": off,
        "told": reader.say(
            "Expected %(expected)s, actual %(actual)s", expected=expected, actual=actual
        ),
    }


def _cases(page: AccountPage, signals: Signals, reader: Reader) -> list[Context]:
    return (
        [_case(case, signals, reader) for case in page.similar.cases[:LISTED]]
        if page.similar
        else []
    )


def _case(case: Case, signals: Signals, reader: Reader) -> Context:
    shared = _joined([signals.label(name) for name in case.shared], reader)
    own = {"name": case.name, "name_en": case.name_en, "account_id": case.account_id}
    return {**vars(case), "name": name_of(own, reader), "shared": shared}


def _feedback(page: AccountPage, signals: Signals, reader: Reader) -> Context:
    verdicts = {
        "agree": reader.say("Agree"),
        "partly": reader.say("Partly"),
        "disagree": reader.say("Disagree"),
    }
    named = [step.name for step in page.waterfall.steps if step.name] if page.waterfall else []
    return {
        "verdicts": list(verdicts.items()),
        "signal_choices": [(name, signals.label(name)) for name in named],
        "feedback": [
            {
                "verdict": verdicts[said.verdict],
                "signal": signals.label(said.feature) if said.feature else "",
                "note": said.note or "",
                "day": reader.numbers.full_date(said.at),
                "by": override_words.who(said.by, reader),
            }
            for said in page.said
        ],
    }
