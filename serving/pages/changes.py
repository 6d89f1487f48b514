"""What moved a score since the week before, in tenths of a point that add up."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from training.reasons import closing, round_points

SHOWN = 5
SMALLEST = 5
"""In tenths: a smaller change gets no row of its own."""


@dataclass(frozen=True)
class State:
    """One score with what made it."""

    model_version: str
    settings_version: str
    baseline: float
    points: Mapping[str, float]
    values: Mapping[str, float]
    score: float
    tenths: int
    """The score as shown with one decimal."""


@dataclass(frozen=True)
class Change:
    """One row: ``kind`` is reason, others, clip, calibration, model or settings."""

    kind: str
    tenths: int
    name: str = ""
    before: float = math.nan
    after: float = math.nan


@dataclass(frozen=True)
class Changes:
    """All rows; they sum to the difference of the two shown scores."""

    rows: tuple[Change, ...]
    others: int
    """Number of smaller changes in the shared row."""
    comparable: bool
    """Whether both weeks were measured alike: same model, same settings."""


def changes(now: State, before: State, bends: bool = False) -> Changes:
    """Return what moved the score from ``before`` to ``now``.

    Points of two models, or of two scales, cannot be compared, so that the whole difference is
    then one row that names the new measure instead of blaming the customer.
    """
    total = now.tenths - before.tenths
    if (measure := _new_measure(now, before)) is not None:
        return Changes((Change(measure, total),), 0, comparable=False)
    names = list(now.points)
    moved = [now.points[name] - before.points.get(name, 0.0) for name in names]
    clip = _clip(now) - _clip(before)
    parts = [round(part * 10) for part in round_points([*moved, clip], total / 10, 0.1)]
    by_name = dict(zip(names, parts[:-1], strict=True))
    large = sorted(
        (n for n in names if abs(by_name[n]) >= SMALLEST), key=lambda n: -abs(by_name[n])
    )
    rows = [
        Change("reason", by_name[name], name, before.values.get(name, math.nan), now.values[name])
        for name in large[:SHOWN]
    ]
    others = [name for name in names if by_name[name] and name not in large[:SHOWN]]
    if others:
        rows.append(Change("others", sum(by_name[name] for name in others)))
    if parts[-1]:
        ends = {closing(state.score, bends) for state in (now, before)}
        rows.append(Change(min(ends, key=("clip", "calibration").index), parts[-1]))
    return Changes(tuple(rows), len(others), comparable=True)


def main_cause(now: State, before: State) -> Change | None:
    """Return the reason that moved most the way the score did; None across two measures."""
    if _new_measure(now, before) is not None or now.score == before.score:
        return None
    way = 1 if now.score > before.score else -1
    moved = {name: now.points[name] - before.points.get(name, 0.0) for name in now.points}
    # Points of one signal may move with those it is weighed together with: what itself changed
    # is the better cause.
    changed = [n for n in moved if _differs(before.values.get(n, math.nan), now.values[n])]
    name = max(changed or moved, key=lambda n: way * moved[n], default="")
    if not name or way * moved[name] <= 0:
        return None
    before_value = before.values.get(name, math.nan)
    return Change("reason", round(moved[name] * 10), name, before_value, now.values[name])


def _differs(before: float, after: float) -> bool:
    return before != after and not (math.isnan(before) and math.isnan(after))


def _new_measure(now: State, before: State) -> str | None:
    """Return what is measured otherwise than the week before, None where nothing is."""
    if now.model_version != before.model_version:
        return "model"
    return "settings" if now.settings_version != before.settings_version else None


def _clip(state: State) -> float:
    return state.score - state.baseline - sum(state.points.values())
