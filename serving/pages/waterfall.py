"""From the average score to this one, in tenths of a point that add up on the screen."""

from collections.abc import Mapping
from dataclasses import dataclass

from features.settings import Bands
from training.reasons import closing, round_points
from training.scale import EDGE, band

SHOWN, MOST_SHOWN = 8, 14
"""Reasons with a row of their own: 8 while the shared row of the others is small, else up to 14."""
SMALL = 100
"""A shared row of at most ten points hides nothing that decides."""


@dataclass(frozen=True)
class Step:
    """One row: ``kind`` is reason, others, clip or calibration.

    ``start`` and ``end`` are the running sum in points.
    """

    kind: str
    name: str
    tenths: int
    start: float
    end: float


@dataclass(frozen=True)
class Waterfall:
    """All rows; ``baseline`` plus the steps is ``total``, in tenths of a point.

    Attributes
    ----------
    others : int
        Number of reasons in the shared row.
    groups : dict of str to int
        Subtotals over all reasons of a family, in tenths.
    """

    baseline: int
    steps: tuple[Step, ...]
    total: int
    others: int
    groups: dict[str, int]

    @property
    def low(self) -> float:
        """Left end of the axis."""
        return min(0.0, self.baseline / 10, *(step.end for step in self.steps))

    @property
    def high(self) -> float:
        """Right end of the axis."""
        return max(100.0, self.baseline / 10, *(step.end for step in self.steps))


def tenths(score: float, bands: Bands) -> int:
    """Return a score in tenths, moved by one where rounding would leave its band."""
    nearest = round(score * 10)
    near = (nearest, nearest - 1, nearest + 1)
    return next((n for n in near if band(n / 10, bands) == band(score, bands)), nearest)


def waterfall(
    baseline: float,
    points: Mapping[str, float],
    score: float,
    groups: Mapping[str, str],
    bands: Bands,
    bends: bool = False,
) -> Waterfall:
    """Return the rows of one score.

    Parameters
    ----------
    baseline : float
        Points of the average account.
    points : mapping of str to float
        One per feature.
    score : float
        Health score in [0, 100], unrounded.
    groups : mapping of str to str
        Family of each feature.
    bands : Bands
        Cut-offs, which the total never crosses by rounding.
    bends : bool
        Whether the model's calibration is no line and needs a row of its own.
    """
    names, total = list(points), tenths(score, bands)
    clip = score - baseline - sum(points.values())
    exact = [baseline, *points.values()] + ([clip] if abs(clip) > EDGE else [])
    base, *rest = (round(part * 10) for part in round_points(exact, total / 10, 0.1))
    parts = dict(zip(names, rest, strict=False))
    clipped = rest[len(names)] if len(rest) > len(names) else 0
    rows, others = _rows(parts)
    if clipped:
        rows.append((closing(score, bends), "", clipped))
    return Waterfall(base, _running(base, rows), total, others, _subtotals(parts, groups))


def _rows(parts: Mapping[str, int]) -> tuple[list[tuple[str, str, int]], int]:
    """Return the rows of the largest reasons, worst first, then one for all others."""
    ranked = sorted(parts, key=lambda name: -abs(parts[name]))
    count = SHOWN
    while count < MOST_SHOWN and abs(sum(parts[name] for name in ranked[count:])) > SMALL:
        count += 1
    largest = [name for name in ranked[:count] if parts[name]]
    rows = [("reason", name, parts[name]) for name in sorted(largest, key=lambda n: parts[n])]
    others = [name for name in ranked if name not in largest]
    if others:
        rows.append(("others", "", sum(parts[name] for name in others)))
    return rows, len(others)


def _running(base: int, rows: list[tuple[str, str, int]]) -> tuple[Step, ...]:
    steps, at = [], base
    for kind, name, part in rows:
        steps.append(Step(kind, name, part, at / 10, (at + part) / 10))
        at += part
    return tuple(steps)


def _subtotals(parts: Mapping[str, int], groups: Mapping[str, str]) -> dict[str, int]:
    subtotals: dict[str, int] = {}
    for name, part in parts.items():
        subtotals[groups[name]] = subtotals.get(groups[name], 0) + part
    return subtotals
