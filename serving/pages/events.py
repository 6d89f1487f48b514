"""Markers on the history: what the stored values say happened, never a guess."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any

import numpy as np

from features.catalog import Feature
from serving.pages.signals import by_name
from serving.pages.timeline import Run

RENEWED_BY = timedelta(days=60)
"""A renewal date that moves on by more than this was a renewal, not a correction."""

Week = tuple[Run, Mapping[str, Any]]


@dataclass(frozen=True)
class Event:
    """``kind`` is renewed, model, or the name of the signal that began to be late."""

    at: int
    """Place among the weeks."""
    kind: str


def events(weeks: Sequence[Week], features: Mapping[str, Feature]) -> list[Event]:
    """Return renewals, late invoices beginning and changes of the model, oldest first."""
    late = [name for name, feature in features.items() if _tells_lateness(feature)]
    found: list[Event] = []
    for at, ((run_before, before), (run, now)) in enumerate(pairwise(weeks), start=1):
        old, new = before["renewal_date"], now["renewal_date"]
        if old and new and new - old > RENEWED_BY:
            found.append(Event(at, "renewed"))
        if run.model_version != run_before.model_version:
            found.append(Event(at, "model"))
        name = _began(by_name(run_before, before["values"]), by_name(run, now["values"]), late)
        if name:
            found.append(Event(at, name))
    return found


def _tells_lateness(feature: Feature) -> bool:
    """Whether the signal counts the days by which an open invoice is late now."""
    return (
        feature.group == "payment"
        and feature.good == "down"
        and feature.unit == "days"
        and feature.window_days is None
    )


def _began(
    before: Mapping[str, float], now: Mapping[str, float], names: Sequence[str]
) -> str | None:
    """Return the first signal that was nothing a week before and is something now."""
    for name in names:
        if before.get(name, np.nan) <= 0 and now.get(name, np.nan) > 0:
            return name
    return None
