"""The reasons of one score, told: whole points that add up to the number shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from features.catalog import Words
from serving import words
from serving.lexicon import Lexicon, Value
from serving.statements import WORTH_SAYING
from training.reasons import closing, round_points

Floats = npt.NDArray[np.float64]
Told = dict[str, Any]
"""One driver by the field names of `serving.records.Driver`."""

SMALLEST_CLIP = 1e-6


@dataclass(frozen=True, slots=True)
class Parts:
    """What a score is made of, in points.

    Attributes
    ----------
    shown : int
        The whole number on the screen, which everything adds up to.
    exact, baseline : float
    points : ndarray of shape (f,)
        One per feature.
    """

    shown: int
    exact: float
    baseline: float
    points: Floats


def told(
    parts: Parts,
    known: Sequence[Value],
    usual: Mapping[str, Value],
    words_of: Lexicon,
    most: int | None = None,
) -> tuple[int, list[Told]]:
    """Return the baseline's whole points and the drivers, which together are ``parts.shown``.

    Drivers go from the one that costs most to the one that gives most, then ``other``, then what
    closes the sum: ``clip`` or ``calibration``.

    Parameters
    ----------
    known : sequence
        The account's value of each feature.
    usual : mapping of str to value
        Of comparable accounts.
    most : int, optional
        So many features are named at most, those that weigh most; ``other`` holds the rest.
    """
    points: list[float] = parts.points.tolist()
    named = _named(parts.points, points, most)
    small = len(points) - len(named)
    total = float(parts.points.sum())
    exact = [parts.baseline, *(points[i] for i in named)]
    if small:
        exact.append(total - float(parts.points[named].sum()))
    clip = parts.exact - parts.baseline - total
    clips = abs(clip) > SMALLEST_CLIP
    if clips:
        exact.append(clip)
    whole = [int(part) for part in round_points(exact, parts.shown)]
    drivers = []
    for i, worth in zip(named, whole[1:], strict=False):
        if worth:
            name = words_of.names[i]
            drivers.append(_driver(words_of, i, known[i], usual.get(name), worth))
    nothing = len(named) - len(drivers)
    if small + nothing:
        left = whole[1 + len(named)] if small else 0
        drivers.append(_gathered("other", _smaller(small + nothing), left))
    if clips:
        closes = closing(parts.exact, words_of.bundle.bends)
        drivers.append(_gathered(closes, words.CLOSING[closes], whole[-1]))
    return whole[0], drivers


def _named(exact: Floats, points: list[float], most: int | None) -> list[int]:
    """Return the positions of the reasons worth naming, the costliest first."""
    worth: list[int] = np.flatnonzero(np.abs(exact) >= WORTH_SAYING).tolist()
    if most is not None and len(worth) > most:
        worth = sorted(worth, key=lambda i: (-abs(points[i]), i))[:most]
        worth.sort()
    worth.sort(key=points.__getitem__)
    return worth


def _driver(words_of: Lexicon, i: int, value: Value, typical: Value, points: int) -> Told:
    feature = words_of.features[i]
    said = words.said(feature, value, typical, points)
    return {
        "code": feature.name,
        "group": feature.group,
        "label_en": feature.label.en,
        "label_ja": feature.label.ja,
        "sentence_en": said.en,
        "sentence_ja": said.ja,
        "value": value,
        "typical": typical,
        "unit": feature.unit,
        "points": points,
    }


def _smaller(count: int) -> Words:
    return Words(words.smaller_reasons(count, "ja"), words.smaller_reasons(count, "en"))


def _gathered(code: str, said: Words, points: int) -> Told:
    return {
        "code": code,
        "group": None,
        "label_en": said.en,
        "label_ja": said.ja,
        "sentence_en": said.en,
        "sentence_ja": said.ja,
        "value": None,
        "typical": None,
        "unit": None,
        "points": points,
    }
