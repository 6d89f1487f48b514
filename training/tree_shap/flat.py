"""Trees as the plain sum reads them: every split one comparison, whatever is missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from training.tree_shap.layout import CATEGORIES, LEFT, NOTHING_IS_MISSING, ZERO_IS_MISSING
from training.tree_shap.text import ForeignTreesError, Tree

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

KEPT, NAN_IS_ZERO, ZERO_IS_NAN, SET = range(4)
"""How a number is read: as it is, with NaN for zero, with zero for NaN, or as 0 where it is in a
set of categories and 1 where it is not."""

SOURCE: Final = np.dtype(
    [
        ("column", np.int64),
        ("kind", np.int64),
        ("negative", np.bool_),
        ("first_word", np.int64),
        ("words", np.int64),
    ],
    align=True,
)
"""A column as splits want it, and with its sign turned where ``negative``; of a set the column is
its place among ``coded``."""

SPLIT: Final = np.dtype(
    [
        ("threshold", np.float64),
        ("source", np.int32),
        ("yes", np.int32),
        ("no", np.int32),
    ],
    align=True,
)
"""A split of a tree of ``k``: is the source at most the threshold? NaN is not.

``yes`` and ``no`` are a split's place in its tree, or ``k`` + a leaf's place.
"""


@dataclass(frozen=True)
class Flat:
    """A forest in flat arrays.

    Attributes
    ----------
    sources : ndarray of SOURCE
    coded : ndarray of shape (c,)
        Columns of categories that are split on.
    words : ndarray of uint64
        Sets of categories, 64 to a word.
    splits : ndarray of SPLIT
        Tree after tree, those above before those below.
    counts : ndarray of shape (t,)
        Splits of each tree; it has one leaf more.
    leaves : ndarray of float64
        Tree after tree.
    columns : int
    """

    sources: np.ndarray
    coded: Ints
    words: npt.NDArray[np.uint64]
    splits: np.ndarray
    counts: Ints
    leaves: Floats
    columns: int


def lay_flat(columns: int, trees: Sequence[Tree]) -> Flat:
    """Return ``trees`` over ``columns`` features in flat arrays.

    Raises
    ------
    ForeignTreesError
        Where a split comes before the one it lies under, which LightGBM does not write.
    """
    counts = np.array([len(tree.feature) for tree in trees], dtype=np.int64)
    column = _joined([tree.feature for tree in trees])
    decision = _joined([tree.decision for tree in trees])
    threshold = _joined([tree.threshold for tree in trees], np.float64)
    sets = (decision & CATEGORIES).astype(bool)
    kind, turned = _reading(decision)
    first, length, words = _sets(trees, sets)
    coded = np.unique(column[sets])
    asked = np.zeros(len(column), dtype=SOURCE)
    asked["column"] = np.where(sets, np.searchsorted(coded, column), column)
    asked["kind"], asked["negative"] = kind, turned
    asked["first_word"], asked["words"] = first, length
    sources, place = np.unique(asked, return_inverse=True)
    left, right = (_below(trees, counts, side) for side in ("left", "right"))
    splits = np.zeros(len(column), dtype=SPLIT)
    splits["threshold"] = _thresholds(threshold, sets, turned)
    splits["source"] = place.ravel()
    splits["yes"], splits["no"] = np.where(turned, right, left), np.where(turned, left, right)
    return Flat(
        sources=sources,
        coded=coded,
        words=words,
        splits=splits,
        counts=counts,
        leaves=_joined([tree.value for tree in trees], np.float64),
        columns=columns,
    )


def _reading(decision: Ints) -> tuple[Ints, Bools]:
    """Return how each split reads its column, and whether it asks for what is greater.

    LightGBM: ``Tree::NumericalDecision``. A comparison with NaN is false, so where what is missing
    goes left the question is whether the number is greater, and "no" is left.
    """
    sets, missing = (decision & CATEGORIES).astype(bool), decision >> 2 & 3
    kind = np.where(missing == NOTHING_IS_MISSING, NAN_IS_ZERO, KEPT)
    kind = np.where(missing == ZERO_IS_MISSING, ZERO_IS_NAN, kind)
    turned = ~sets & (missing != NOTHING_IS_MISSING) & (decision & LEFT).astype(bool)
    return np.where(sets, SET, kind), turned


def _thresholds(threshold: Floats, sets: Bools, turned: Bools) -> Floats:
    """Return what the sources are compared with: ``x > a`` is ``−x ≤`` the number below ``−a``."""
    below = np.where(threshold == np.inf, np.nan, np.nextafter(-threshold, -np.inf))
    return np.where(sets, 0.5, np.where(turned, below, threshold))


def _sets(trees: Sequence[Tree], sets: Bools) -> tuple[Ints, Ints, npt.NDArray[np.uint64]]:
    """Return where the set of each split begins and its length in ``words``; equal sets once."""
    first, length = np.zeros(len(sets), np.int64), np.zeros(len(sets), np.int64)
    known: dict[tuple[int, ...], int] = {}
    words: list[int] = []
    at = 0
    for tree in trees:
        for split in np.flatnonzero(tree.decision & CATEGORIES).tolist():
            here = _words(tree, int(tree.threshold[split]))
            if here not in known:
                known[here] = len(words)
                words += here
            first[at + split], length[at + split] = known[here], len(here)
        at += len(tree.feature)
    return first, length, np.array(words, dtype=np.uint64)


def _words(tree: Tree, number: int) -> tuple[int, ...]:
    """Return a set of a tree, 64 categories to a word instead of 32."""
    start, end = tree.set_starts[number : number + 2]
    halves = [*tree.sets[start:end].tolist(), 0]
    return tuple(low | high << 32 for low, high in zip(halves[::2], halves[1::2], strict=False))


def _below(trees: Sequence[Tree], counts: Ints, side: str) -> Ints:
    """Return what lies on a side of every split, as `SPLIT` says it."""
    child = _joined([getattr(tree, side) for tree in trees])
    above = np.arange(len(child)) - np.repeat(np.cumsum(counts) - counts, counts)
    if (child[child >= 0] <= above[child >= 0]).any():
        raise ForeignTreesError("a split before the one it lies under")
    return np.where(child >= 0, child, np.repeat(counts, counts) + ~child)


def _joined(parts: Sequence[npt.NDArray[np.generic]], kind: type = np.int64) -> npt.NDArray:  # type: ignore[type-arg]
    return np.concatenate([np.zeros(0, kind), *parts]).astype(kind)
