"""The sections of the model check page that say how the model was judged and why it serves."""

from collections.abc import Mapping, Sequence
from typing import Any

from serving import code_words
from serving.amendments import words as amended
from serving.pages.reader import Reader
from training.bundle import Bundle

Json = Mapping[str, Any]
Context = dict[str, Any]
NOTHING = "–"


def context(document: Json, bundle: Bundle, reader: Reader) -> Context:
    """Return what the sections write."""
    judged = document["judged"]
    groups = judged["reliability"] or []
    baselines = _baselines(judged, bundle, document["live"]["kind"], reader)
    return {
        "test": _period(judged["test"], bool(judged["out_of_time"]), reader),
        "baselines": baselines,
        "compared": any({one["auc"], one["log_loss"]} != {NOTHING} for one in baselines),
        "groups": groups,
        "within": sum(_holds(group) for group in groups),
        "told": [_group_told(group, reader) for group in groups],
        "metrics": _metrics(judged["metrics"] or {}, reader),
        "checks": _checks(judged["checks"] or (), reader),
        "failed": sum(check["result"] == "failed" for check in judged["checks"] or ()),
        "live": _live(document["live"], reader),
        "promotions": [_change(change, reader) for change in document["promotions"]],
        "amendments": [_amendment(one, bundle, reader) for one in document["amendments"]],
        "horizons": _horizons(document["horizons"], reader),
    }


def _holds(group: Json) -> bool:
    low, high = group["interval"]
    return bool(low <= group["predicted"] <= high)


def _period(period: Json | None, later: bool, reader: Reader) -> Context | None:
    if not period:
        return None
    known = later and period["from"] is not None
    return {
        **period,
        "later": known,
        "start": reader.numbers.full_date(period["from"]),
        "end": reader.numbers.full_date(period["to"]),
    }


def _group_told(group: Json, reader: Reader) -> str:
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


def _baselines(judged: Json, bundle: Bundle, kind: str, reader: Reader) -> list[Context]:
    metrics = judged["metrics"]
    if not metrics:
        return []
    labels = {feature.name: feature.label.of(reader.language) for feature in bundle.features}
    names = {
        "constant": reader.say("The same probability for everyone"),
        "logistic regression": reader.say("Logistic regression"),
        "best single indicator": reader.say("Best single indicator"),
    }
    own = {
        "name": reader.say("Scorecard") if kind == "scorecard" else reader.say("This model"),
        "detail": bundle.version,
        "auc": _figure((metrics.get("auc") or {}).get("value"), 3),
        "log_loss": _figure((metrics.get("log_loss") or {}).get("value"), 4),
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
        for line in judged["baselines"] or ()
    ]
    return [own, *others]


def _figure(value: float | None, digits: int) -> str:
    return NOTHING if value is None else f"{value:.{digits}f}"


def _checks(checks: Sequence[Json], reader: Reader) -> list[Context]:
    """Return the release checks, those that did not pass first."""
    results = {
        "passed": reader.say("passed"),
        "failed": reader.say("failed"),
        "not applicable": reader.say("not applicable"),
    }
    tail = "_ja" if reader.language == "ja" else ""
    ordered = sorted(checks, key=lambda check: check["result"] != "failed")
    return [
        {
            "title": check[f"title{tail}"],
            "sentence": code_words.in_sentence(check[f"sentence{tail}"], reader.language),
            "result": results.get(check["result"], check["result"]),
            "kind": check["result"].replace(" ", "-"),
        }
        for check in ordered
    ]


def _live(live: Json, reader: Reader) -> Context:
    change = _change(live, reader)
    if live["at"]:
        told = reader.say(
            "%(version)s is live since %(day)s", version=live["version"], day=change["day"]
        )
    else:
        told = reader.say(
            "%(version)s is live; when it was promoted is not in the log", version=live["version"]
        )
    return {**change, "version": live["version"], "told": told}


def _change(change: Json, reader: Reader) -> Context:
    actions = {
        "trained": reader.say("Put in service by its training"),
        "promoted": reader.say("Promoted"),
        "forced": reader.say("Promoted against the checks"),
        "rolled back": reader.say("Rolled back"),
        "found": reader.say("Found in service"),
    }
    return {
        **change,
        "day": reader.numbers.full_date(change["at"]),
        "said": actions.get(change["action"] or "", ""),
        "why": change["why_ja" if reader.language == "ja" else "why"],
    }


def _amendment(one: Json, bundle: Bundle, reader: Reader) -> Context:
    labels = {feature.name: feature.label.of(reader.language) for feature in bundle.features}
    return {
        "day": reader.numbers.full_date(one["at"]),
        "model_version": one["model_version"],
        "by": one["by"],
        "changed": amended.changed(one, reader.language, labels),
        "why": amended.reason(one, reader.language),
        "effect": amended.effect(one, reader.language),
    }


def _horizons(horizons: Json | None, reader: Reader) -> list[Context]:
    """Return said against come of each horizon; empty where only one is told."""
    if not horizons:
        return []
    number = reader.numbers
    return [
        {
            "days": line["days"],
            "rows": number.count(line["rows"]),
            "expected": number.percent(line["expected"], 1),
            "observed": number.percent(line["observed"], 1),
            "auc": _figure(line["auc"]["value"], 3),
            "ece": _figure(line["ece"]["value"], 4),
        }
        for line in horizons["horizons"]
    ]
