"""All that says whether the scores can be trusted, in one document: of the page and of the API."""

from typing import Any

import sqlalchemy as sa

from serving.amendments import kept as amendments
from serving.amendments.kept import Amendment
from serving.instant import rfc3339
from serving.kept_answers import Kept
from serving.store.promotions import Promotion, history
from training.bundle import Bundle

Json = dict[str, Any]
PROMOTIONS = 20
NOTED = ("at", "by", "action", "from_version", "why", "why_ja")
JUDGED = ("design", "out_of_time", "test", "metrics", "reliability", "baselines", "checks")


def document(bundle: Bundle, kept: Kept, engine: sa.Engine) -> Json:
    """Return which model is live since when and why, how it was judged, and the answer check.

    ``answer_check`` is null where nothing could be checked yet.
    """
    changes = history(engine)
    evaluation = bundle.evaluation
    return {
        "live": _live(bundle, changes),
        "answer_check": kept.shown(bundle),
        "judged": {name: evaluation.get(name) for name in JUDGED},
        "horizon_days": evaluation["horizon_days"],
        "horizons": evaluation.get("horizons"),
        "promotions": [_change(change) for change in changes[:PROMOTIONS]],
        "amendments": [amendment(one) for one in amendments.history(engine)[:PROMOTIONS]],
    }


def _live(bundle: Bundle, changes: list[Promotion]) -> Json:
    """Return the version in service and the change that put it there, as far as it was noted."""
    put = next((change for change in changes if change.to_version == bundle.version), None)
    live: Json = {"version": bundle.version, "kind": getattr(bundle, "kind", "model")}
    noted: Json = _change(put) if put else {}
    return live | {name: noted.get(name) for name in NOTED}


def _change(change: Promotion) -> Json:
    return {
        "at": rfc3339(change.at),
        "by": change.by,
        "action": change.action,
        "from_version": change.from_version,
        "to_version": change.to_version,
        "why": change.why,
        "why_ja": in_japanese(change),
    }


def amendment(one: Amendment) -> Json:
    """Return a change of definition as plain JSON values."""
    return {**vars(one), "at": rfc3339(one.at)}


def in_japanese(change: Promotion) -> str:
    """Return the gate's sentence in Japanese; what a person wrote stays as written."""
    gate = change.evidence.get("gate") or {}
    return str(gate["sentence_ja"]) if change.why == gate.get("sentence") else change.why
