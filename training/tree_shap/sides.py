"""To which side each different split of a forest sends a row, all of them at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.tree_shap.text import Tree

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

ZERO = 1e-35
"""LightGBM takes what is no further from zero for zero."""

_CATEGORIES, _LEFT = 1, 2
_NOTHING_IS_MISSING, _ZERO_IS_MISSING = 0, 1

_Split = tuple[int, int, float | tuple[int, ...]]
"""Kind, column, and the greatest value or the categories that go left."""
_NUMBER, _NUMBER_OR_MISSING, _SET = range(3)
"""A number goes left; a number or what is missing does; a category does."""


@dataclass(frozen=True)
class Sides:
    """The different splits of a forest, ``u`` of them.

    Attributes
    ----------
    source : ndarray of shape (n,)
        Column of each split by number; beyond the columns those of a second copy of the row, in
        which what is zero is missing.
    threshold : ndarray of shape (n,)
    keeping : int
        So many of them come first, which send what is missing to the right.
    set_columns : ndarray of shape (c,)
        Columns of categories that are split on.
    sets : tuple of ndarray of shape (codes + 1, splits)
        Of each of these whether a code goes left; the last code stands for all that are unknown.
    zeros : bool
        Whether the second copy is read.
    """

    source: Ints
    threshold: Floats
    keeping: int
    set_columns: Ints
    sets: tuple[Bools, ...]
    zeros: bool

    def of(self, row: Floats) -> Bools:
        """Return one bit per split, (u,): set where a row (f,) goes left.

        Of those that send what is missing to the left, set where it goes right: a comparison with
        NaN is false, so neither side needs to look for it.
        """
        if self.zeros:
            row = np.concatenate((row, np.where(np.abs(row) <= ZERO, np.nan, row)))
        numbers, keeping = row.take(self.source), self.keeping
        parts = [
            numbers[:keeping] <= self.threshold[:keeping],
            numbers[keeping:] > self.threshold[keeping:],
        ]
        if self.sets:
            for table, code in zip(self.sets, row.take(self.set_columns).tolist(), strict=True):
                known = -1.0 < code < len(table) - 1
                parts.append(table[int(code) if known else -1])
        return np.concatenate(parts)


def sides(columns: int, trees: Sequence[Tree]) -> tuple[Sides, list[list[tuple[int, bool]]]]:
    """Return the different splits of ``trees``, and where each tree's are found.

    Returns
    -------
    sides : Sides
    found : list of list of (int, bool)
        Tree → its splits' places in `Sides.of`, and whether the bit says right.
    """
    split_on = [_splits(columns, tree) for tree in trees]
    different = sorted({split for some in split_on for split in some})
    place = {split: i for i, split in enumerate(different)}
    found = [[(place[s], s[0] == _NUMBER_OR_MISSING) for s in some] for some in split_on]
    numbers = [split for split in different if split[0] != _SET]
    source = np.array([split[1] for split in numbers], dtype=np.int64)
    by_column: dict[int, list[tuple[int, ...]]] = {}
    for kind, column, codes in different:
        if kind == _SET:
            assert isinstance(codes, tuple)
            by_column.setdefault(column, []).append(codes)
    made = Sides(
        source=source,
        threshold=np.array([split[2] for split in numbers], dtype=np.float64),
        keeping=sum(split[0] == _NUMBER for split in numbers),
        set_columns=np.array(list(by_column), dtype=np.int64),
        sets=tuple(_table(sets) for sets in by_column.values()),
        zeros=bool((source >= columns).any()),
    )
    return made, found


def _splits(columns: int, tree: Tree) -> list[_Split]:
    """Return the splits of a tree. LightGBM: ``Tree::NumericalDecision``, its ``Categorical``."""
    found: list[_Split] = []
    for s, decision in enumerate(tree.decision.tolist()):
        column, threshold = int(tree.feature[s]), float(tree.threshold[s])
        if decision & _CATEGORIES:
            found.append((_SET, column, _codes(tree, int(threshold))))
            continue
        missing, left = decision >> 2 & 3, bool(decision & _LEFT)
        if missing == _NOTHING_IS_MISSING:
            left = threshold >= 0.0  # NaN is taken for zero
        elif missing == _ZERO_IS_MISSING:
            column += columns
        found.append((_NUMBER_OR_MISSING if left else _NUMBER, column, threshold))
    return found


def _codes(tree: Tree, number: int) -> tuple[int, ...]:
    words = tree.sets[tree.set_starts[number] : tree.set_starts[number + 1]].tolist()
    whole = sum(word << (32 * place) for place, word in enumerate(words))
    return tuple(code for code in range(32 * len(words)) if whole >> code & 1)


def _table(sets: Sequence[tuple[int, ...]]) -> Bools:
    """Return code → whether each of ``sets`` holds it, (codes + 1, sets)."""
    width = 1 + max((code for codes in sets for code in codes), default=0)
    table = np.zeros((width + 1, len(sets)), dtype=bool)
    for place, codes in enumerate(sets):
        table[list(codes), place] = True
    return table
