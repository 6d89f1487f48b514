"""The reasons of one score, told: whole points that add up to the number shown."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from features.catalog import Feature, Words
from serving import words
from serving.lexicon import Lexicon, Value
from serving.statements import WORTH_SAYING
from serving.values import reads_apart
from training.reasons import closing, round_points

Floats = npt.NDArray[np.float64]
Told = dict[str, Any]
"""One driver by the field names of `serving.records.Driver`."""

SMALLEST_CLIP = 1e-6

MOST_BESIDE: Final = 16
"""Plans and runs whose rows are kept; beyond, all of them are made anew."""

FEW: Final = 6
"""So many of a hundred are found one after the other in the time that sorting them takes."""

encode: Final = msgspec.json.Encoder().encode


class Parts(NamedTuple):
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


class Weighed(NamedTuple):
    """Whole points that add up to the number shown.

    Attributes
    ----------
    baseline : int
    named : list of (int, int)
        Position and points of each feature that is named, from the one that costs most.
    others, left : int
        How many more weigh something or nothing, and their points together.
    clip : int or None
        What closes the sum, where something has to.
    """

    baseline: int
    named: list[tuple[int, int]]
    others: int
    left: int
    clip: int | None


def weighed(parts: Parts, most: int | None = None) -> Weighed:
    """Return the whole points of baseline and reasons, which together are ``parts.shown``."""
    named = _named(parts.points, most)
    count = len(parts.points)
    small = count - len(named)
    total = float(np.add.reduce(parts.points))
    exact = [parts.baseline, *map(parts.points.item, named)]
    if small:
        exact.append(total - _summed(parts.points, named))
    clip = parts.exact - parts.baseline - total
    clips = abs(clip) > SMALLEST_CLIP
    if clips:
        exact.append(clip)
    whole = list(map(int, round_points(exact, parts.shown)))
    shown = [(i, worth) for i, worth in zip(named, whole[1:], strict=False) if worth]
    return Weighed(
        baseline=whole[0],
        named=shown,
        others=count - len(shown),
        left=whole[1 + len(named)] if small else 0,
        clip=whole[-1] if clips else None,
    )


def _summed(points: Floats, places: Sequence[int]) -> float:
    if len(places) < 8:  # numpy adds so few one after the other too
        return sum(map(points.item, places), 0.0)
    return float(points[places].sum())


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
    found = weighed(parts, most)
    drivers = [
        _driver(words_of, i, known[i], usual.get(words_of.names[i]), worth)
        for i, worth in found.named
    ]
    if found.others:
        drivers.append(_gathered("other", _smaller(found.others), found.left))
    if found.clip is not None:
        closes = closing(parts.exact, words_of.bundle.bends)
        drivers.append(_gathered(closes, words.CLOSING[closes], found.clip))
    return found.baseline, drivers


def written(
    parts: Parts,
    cells: Sequence[float],
    usual: Mapping[str, Value],
    words_of: Lexicon,
    most: int | None = None,
) -> tuple[int, bytes]:
    """Return what `told` does with the drivers as JSON; ``cells`` are encoded values (f,).

    What a feature's row says of any account, in each kind of sentence, is written once.
    """
    found = weighed(parts, most)
    beside = _beside(words_of, usual)
    drivers = [beside.row(i, cells[i], worth) for i, worth in found.named]
    if found.others:
        drivers.append(_gathered_as_json("other", found.others, found.left))
    if found.clip is not None:
        closes = closing(parts.exact, words_of.bundle.bends)
        drivers.append(encode(_gathered(closes, words.CLOSING[closes], found.clip)))
    return found.baseline, b"[%b]" % b",".join(drivers)


def _beside(words_of: Lexicon, usual: Mapping[str, Value]) -> "Beside":
    """Return the rows beside the usual values of a run, or of one of its plans: by identity."""
    known: dict[int, Beside] = words_of.kept.setdefault(Beside, {})
    found = known.get(id(usual))
    if found is None:
        found = Beside(words_of, usual)  # it holds ``usual``: no other can come to have its id
        if len(known) >= MOST_BESIDE:
            known.clear()
        known[id(usual)] = found
    return found


class Beside:
    """The rows of one bundle's features beside the usual values of one run, as JSON.

    Parameters
    ----------
    words_of : Lexicon
    usual : mapping of str to value
        Of comparable accounts; it does not change.
    """

    def __init__(self, words_of: Lexicon, usual: Mapping[str, Value]) -> None:
        self.words_of, self.usual = words_of, usual
        self._typical = [usual.get(name) for name in words_of.names]
        self._made: dict[tuple[int, words.Sentence], tuple[bytes, bytes]] = {}

    def row(self, i: int, cell: float, worth: int) -> bytes:
        """Return the row of the feature at a position, its encoded value and its points."""
        value = self.words_of.value(i, cell)
        kind = self._kind(i, value, worth)
        head, tail = self._made.get((i, kind)) or self._make(i, kind)
        return b"%b%b%b%d}" % (head, encode(value), tail, worth)

    def _kind(self, i: int, value: Value, worth: int) -> words.Sentence:
        """Return what `words.kind_of` does, which need not be asked where numbers lie far apart."""
        feature, typical = self.words_of.features[i], self._typical[i]
        if worth and type(value) is float and (typical is None or type(typical) is float):
            gives = worth > 0
            if typical is None or value == typical or feature.good == "none":
                return "plus" if gives else "minus"
            if ((value > typical) == (feature.good == "up")) != gives:
                return "plus" if gives else "minus"
            if reads_apart(feature.unit, value, typical):
                return "better" if gives else "worse"
        return words.kind_of(feature, value, typical, worth)

    def _make(self, i: int, kind: words.Sentence) -> tuple[bytes, bytes]:
        """Return a feature's row before its value, and between that and its points."""
        feature = self.words_of.features[i]
        row = _row(feature, words.worded(feature, kind))
        names = list(row)
        before = encode({name: row[name] for name in names[: names.index("value")]})
        made = self._made[i, kind] = (
            before[:-1] + b',"value":',
            b',"typical":%b,"unit":%b,"points":' % (encode(self._typical[i]), encode(row["unit"])),
        )
        return made


@lru_cache(maxsize=1_024)
def _gathered_as_json(code: str, count: int, points: int) -> bytes:
    return encode(_gathered(code, _smaller(count), points))


def _named(points: Floats, most: int | None) -> list[int]:
    """Return the positions of the reasons worth naming, the costliest first."""
    weights = np.abs(points)
    if most is None:
        named: list[int] = (weights >= WORTH_SAYING).nonzero()[0].tolist()
    else:
        named = sorted(_heaviest(weights, most))
    named.sort(key=points.item)
    return named


def _heaviest(weights: Floats, most: int) -> list[int]:
    """Return the positions of at most so many reasons worth naming; of equal ones the first."""
    if most > FEW:
        order: list[int] = np.negative(weights).argsort(kind="stable")[:most].tolist()
        return [i for i in order if weights.item(i) >= WORTH_SAYING]
    found: list[int] = []
    for _ in range(min(most, len(weights))):
        i = int(weights.argmax())
        if weights.item(i) < WORTH_SAYING:
            break
        weights[i] = 0.0
        found.append(i)
    return found


def _driver(words_of: Lexicon, i: int, value: Value, typical: Value, points: int) -> Told:
    feature = words_of.features[i]
    row = _row(feature, words.said(feature, value, typical, points))
    return row | {"value": value, "typical": typical, "points": points}


def _row(feature: Feature, said: Words) -> Told:
    """Return a feature's row, its values and points open."""
    return {
        "code": feature.name,
        "group": feature.group,
        "label_en": feature.label.en,
        "label_ja": feature.label.ja,
        "sentence_en": said.en,
        "sentence_ja": said.ja,
        "value": None,
        "typical": None,
        "unit": feature.unit,
        "points": 0,
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
