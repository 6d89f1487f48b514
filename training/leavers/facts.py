"""The yes-or-no facts of a snapshot: what an account never did, from the catalogue's declarations.

Nothing is named here: whether a value means "not done" follows from a feature's unit, its good
direction and its declared rule of a missing value.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.catalog import Feature, Words
from training.frames import Frame

Truths = npt.NDArray[np.bool_]

COUNTED = frozenset({"count", "days", "per_week", "hours"})
"""Units of which zero means that it was not done at all."""
RELATIVE = frozenset({"share", "times"})
"""Units of which zero means that none of what there was to do was done."""
DOING = frozenset({"usage", "satisfaction", "engagement", "onboarding"})
"""Groups of what customers do; a missing value of another group is not theirs to have left out."""
COMPARED = "_vs_"
"""In the name of what is held against a past or peers: missing then speaks of those."""
NO = frozenset({"no", "false", "0", "n", "いいえ", "なし", "無"})
YES = frozenset({"yes", "true", "1", "y", "はい", "あり", "有"})


@dataclass(frozen=True)
class Fact:
    """Something that is true or false of each row.

    Attributes
    ----------
    code : str
        The feature and the value that is meant: ``hands_on_attended=0``, ``nps_latest=missing``.
    words : Words
        What is true where ``true`` is.
    window_days : int or None
        ``[as_of − window_days, as_of)``; None for all that is known.
    true : ndarray of shape (n,), bool
    known : ndarray of shape (n,), bool
        Rows of which it can be said; the others do not count for it.
    """

    code: str
    feature: str
    words: Words
    window_days: int | None
    true: Truths
    known: Truths


def facts(rows: Frame) -> list[Fact]:
    """Return every fact of the features of ``rows``: truths first, then never, then zero."""
    found = [fact for at, feature in enumerate(rows.features) for fact in _of(rows, at, feature)]
    order = {"1": 0, "missing": 2}
    return sorted(
        found, key=lambda fact: (fact.window_days is not None, order.get(_value(fact.code), 1))
    )


def _value(code: str) -> str:
    return code.rpartition("=")[2]


def _of(rows: Frame, at: int, feature: Feature) -> Iterator[Fact]:
    column = rows.matrix[:, at]
    filled = ~np.isnan(column)
    if feature.kind == "category":
        yield from _answered_no(rows, feature, column)
    elif feature.unit == "truth":
        yield _truth(feature, column, filled)
    elif feature.actionable and COMPARED not in feature.name and feature.unit != "change":
        if feature.good == "up" and feature.unit in COUNTED | RELATIVE:
            yield _none(feature, column, filled)
        if _missing_is_undone(feature):
            every = np.ones(len(column), dtype=bool)
            code = f"{feature.name}=missing"
            yield Fact(code, feature.name, feature.missing, feature.window_days, ~filled, every)


def _truth(feature: Feature, column: npt.NDArray[np.float64], filled: Truths) -> Fact:
    bad = 1.0 if feature.good == "down" else 0.0
    words = {
        "down": feature.label,
        "up": feature.worse,
        "none": _with(feature.label, "：いいえ", ": no"),
    }[feature.good]
    code = f"{feature.name}={bad:.0f}"
    return Fact(code, feature.name, words, feature.window_days, filled & (column == bad), filled)


def _none(feature: Feature, column: npt.NDArray[np.float64], filled: Truths) -> Fact:
    nothing = ("：0%", ": 0%") if feature.unit in RELATIVE else ("：なし", ": none")
    words = _with(feature.label, *nothing)
    code = f"{feature.name}=0"
    return Fact(code, feature.name, words, feature.window_days, filled & (column == 0), filled)


def _missing_is_undone(feature: Feature) -> bool:
    if feature.group not in DOING or feature.good == "none":
        return False
    return not feature.missing_means.startswith("Never missing")


def _answered_no(rows: Frame, feature: Feature, column: npt.NDArray[np.float64]) -> Iterator[Fact]:
    """Yield the fact of a text that is yes or no; other values, "no internet", are left out."""
    values = rows.categories[feature.name]
    no = [code for code, value in enumerate(values) if value.casefold() in NO]
    yes = [code for code, value in enumerate(values) if value.casefold() in YES]
    if no and yes:
        words = _with(feature.label, "：なし", ": no")
        known, true = np.isin(column, [*no, *yes]), np.isin(column, no)
        yield Fact(f"{feature.name}=no", feature.name, words, feature.window_days, true, known)


def _with(words: Words, ja: str, en: str) -> Words:
    return Words(f"{words.ja}{ja}", f"{words.en}{en}")
