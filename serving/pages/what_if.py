"""What the model would say if one signal were as on comparable accounts, all others held still."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from serving.pages.changes import State
from training.bundle import Bundle
from training.scale import band, shown

SHOWN = 3
SMALLEST_GAIN = 2.0
"""Points below which an estimate is not worth a row."""


@dataclass(frozen=True)
class Estimate:
    """One signal, the usual value it was set to, and the score the model then gives."""

    name: str
    value: float
    score: int
    band: str


def estimates(
    bundle: Bundle, state: State, typical: Mapping[str, float | str | None]
) -> tuple[Estimate, ...]:
    """Return the estimates that gain most, from re-scoring with the model itself.

    Only signals that somebody can influence, that have a number, and that count against the
    account; a score of another model version gets none.
    """
    if state.model_version != bundle.version or set(state.values) != {
        feature.name for feature in bundle.features
    }:
        return ()
    own = np.array([state.values[feature.name] for feature in bundle.features], np.float64)
    wanted: list[tuple[int, str, float]] = []
    for at, feature in enumerate(bundle.features):
        usual = typical.get(feature.name)
        if not feature.actionable or feature.kind != "number" or np.isnan(own[at]):
            continue
        if isinstance(usual, (int, float)) and state.points[feature.name] <= -1:
            wanted.append((at, feature.name, float(usual)))
    if not wanted:
        return ()
    rows = np.repeat(own[None, :], len(wanted), axis=0)
    for row, (at, _, usual_value) in enumerate(wanted):
        rows[row, at] = usual_value
    _, scores = bundle.score(rows)
    cuts = bundle.cuts_of(state.values)
    found = sorted(zip(scores.tolist(), wanted, strict=True), key=lambda pair: -pair[0])
    return tuple(
        Estimate(name, value, shown(score, cuts), band(score, cuts))
        for score, (_, name, value) in found
        if score - state.score >= SMALLEST_GAIN
    )[:SHOWN]
