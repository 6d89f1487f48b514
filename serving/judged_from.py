"""From when on a model or scorecard was only judged: where its scores cannot know the answers."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

ALWAYS = datetime.min
"""Since ever: what was not fitted cannot have known the answers."""


def judged_from(evaluation: Mapping[str, Any]) -> datetime | None:
    """Return from which ``as_of`` on nothing of a model was fitted; None where nobody can tell."""
    card = evaluation.get("scorecard") or {}
    if not evaluation.get("out_of_time", True) and card.get("stage") == "prior":
        return ALWAYS  # rules as somebody wrote them: nothing was fitted on anything
    if not evaluation.get("out_of_time", True):
        last = (evaluation.get("train") or {}).get("to")
        days = evaluation["lead_days"] + evaluation["horizon_days"]
        return None if last is None else _naive(last) + timedelta(days=days)
    begins = (evaluation.get("test") or {}).get("from")
    return None if begins is None else _naive(begins)


def _naive(text: str) -> datetime:
    return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=None)
