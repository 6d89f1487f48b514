"""The model check page: what the evaluation of the serving model says, in words."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from serving.pages.reader import Reader
from training.bundle import Bundle

Context = dict[str, Any]
Scored = Callable[[Sequence[str]], Collection[str]]
MISSES = 12


def context(bundle: Bundle, scored: Scored, reader: Reader) -> Context:
    """Return all that the model check template writes; ``scored`` tells who has a page."""
    evaluation = bundle.evaluation
    check = evaluation.get("answer_check") or None
    answers = _answers(check, scored, reader) if check and check.get("left") else {"check": None}
    groups = evaluation.get("reliability") or []
    return {
        **answers,
        "test": _period(evaluation["test"]),
        "baselines": _baselines(bundle, reader),
        "groups": groups,
        "told": [_group_told(group, reader) for group in groups],
        "metrics": _metrics(evaluation["metrics"], reader),
        "checks": [_check(check, reader) for check in evaluation.get("checks", ())],
    }


def _answers(check: Mapping[str, Any], scored_among: Scored, reader: Reader) -> Context:
    misses = check.get("misses", ())[:MISSES]
    known = scored_among([miss["account_id"] for miss in misses])
    at_four = next((week for week in check["weeks"] if week["weeks"] == 4), None)
    outcomes = check.get("outcomes") or []
    scored = [
        outcome for outcome in outcomes if outcome["accounts"] and outcome["band"] != "no_data"
    ]
    start, end = (_day(at) for at in check["period"])
    return {
        "check": {
            **check,
            "start": start,
            "end": end,
            "missed": at_four["green"] if at_four else len(check.get("misses", ())),
            "name": reader.say("Companies that left, by state in the weeks before"),
        },
        "misses": [_miss(miss, known, reader) for miss in misses],
        "outcomes": scored,
        "outcome_scale": max((o["interval"][1] for o in scored), default=1.0) * 1.05 or 1.0,
    }


def _period(period: Mapping[str, Any]) -> Context:
    return {**period, "start": _day(period["from"]), "end": _day(period["to"])}


def _day(at: object) -> str:
    """Return the day of an ISO 8601 date or instant, a dash where there is none."""
    return str(at)[:10] if at else "–"


def _miss(miss: Mapping[str, Any], known: Collection[str], reader: Reader) -> Context:
    line = [value for value in miss["series"] if value is not None]
    told = ""
    if line:
        first, last = f"{line[0]:.0f}", f"{line[-1]:.0f}"
        told = reader.say("health score from %(first)s to %(last)s", first=first, last=last)
    english = miss.get("name_en") if reader.language == "en" else None
    shown = {
        name: None if miss[name] is None else round(miss[name])
        for name in ("score_13w", "score_4w")
    }
    return {
        **miss,
        **shown,
        "name": english or miss.get("name") or miss["account_id"],
        "told": told,
        "known": miss["account_id"] in known,
    }


def _group_told(group: Mapping[str, Any], reader: Reader) -> str:
    number = reader.numbers
    return reader.say(
        "%(predicted)s predicted, %(observed)s left (%(k)s of %(n)s)",
        predicted=number.percent(group["predicted"], 2),
        observed=number.percent(group["observed"], 2),
        k=number.count(group["churns"]),
        n=number.count(group["rows"]),
    )


def _metrics(metrics: Mapping[str, Mapping[str, float]], reader: Reader) -> list[Context]:
    """Return the four figures under the chart, each with its interval."""
    number = reader.numbers
    named: list[tuple[str, str, Any]] = [
        ("auc", "AUC", lambda value: f"{value:.3f}"),
        ("average_precision", reader.say("Average precision"), lambda value: f"{value:.3f}"),
        ("brier", "Brier", lambda value: f"{value:.4f}"),
        ("recall_worst_tenth", reader.say("Found in the worst tenth"), number.percent),
    ]
    return [
        {
            "name": name,
            "value": written(metrics[key]["value"]),
            "interval": _interval(metrics[key], written),
        }
        for key, name, written in named
        if metrics.get(key) and metrics[key].get("value") is not None
    ]


def _interval(metric: Mapping[str, float], written: Any) -> str:  # noqa: ANN401
    low, high = metric.get("low"), metric.get("high")
    return "" if low is None or high is None else f"{written(low)}–{written(high)}"


def _baselines(bundle: Bundle, reader: Reader) -> list[Context]:
    metrics = bundle.evaluation["metrics"]
    labels = {feature.name: feature.label.of(reader.language) for feature in bundle.features}
    names = {
        "constant": reader.say("The same probability for everyone"),
        "logistic regression": reader.say("Logistic regression"),
        "best single indicator": reader.say("Best single indicator"),
    }
    own = {
        "name": reader.say("This model"),
        "detail": bundle.version,
        "auc": _figure(metrics["auc"]["value"], 3),
        "log_loss": _figure(metrics["log_loss"]["value"], 4),
        "own": True,
    }
    others: Sequence[Context] = [
        {
            "name": names.get(line["name"], line["name"]),
            "detail": labels.get(line.get("detail") or "", ""),
            "auc": _figure(line.get("auc"), 3),
            "log_loss": _figure(line.get("log_loss"), 4),
            "own": False,
        }
        for line in bundle.evaluation.get("baselines", ())
    ]
    return [own, *others]


def _figure(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _check(check: Mapping[str, Any], reader: Reader) -> Context:
    results = {
        "passed": reader.say("passed"),
        "failed": reader.say("failed"),
        "not applicable": reader.say("not applicable"),
    }
    tail, found = "_ja" if reader.language == "ja" else "", check["result"]
    return {
        "title": check[f"title{tail}"],
        "sentence": check[f"sentence{tail}"],
        "result": results[found],
        "kind": found.replace(" ", "-"),
    }
