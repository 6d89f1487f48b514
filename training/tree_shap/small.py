"""Trees of few splits, answered from tables: margin and shares of single rows in numpy alone.

A tree of ``k`` splits can send a row only one of 2ᵏ ways. What each way is worth, and which part of
it is whose, is worked out once; a row is then 2ᵏ-ary numbers looked up, all trees at once. The walk
and LightGBM spend most of a single row's time on what is the same for every row.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import factorial
from typing import Final

import numpy as np
import numpy.typing as npt

from training.tree_shap.text import Tree, read

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

MOST_SPLITS: Final = 3
"""Splits of a tree up to which tables are worth their memory: 2ᵏ rows of ``k`` shares a tree."""

ZERO: Final = 1e-35
"""LightGBM takes what is no further from zero for zero."""

_NOTHING, _ZERO_RIGHT, _NAN_RIGHT = 0, 1, 3
"""Copies of a row in which missing values lie where their split sends them; +1 sends them left."""


@dataclass(frozen=True)
class SmallTrees:
    """A forest in tables.

    Attributes
    ----------
    columns : int
    base : float
        The mean margin that shares start from.
    source, threshold : ndarray of shape (k, t)
        Split → place in `_row`, and the greatest value there that goes left.
    first : ndarray of shape (t,)
        Place of each tree's first way in the tables.
    value : ndarray of shape (t · 2ᵏ,)
        What each way is worth.
    share : ndarray of shape (t · 2ᵏ, k)
        Whose it is, by `owner`.
    owner : ndarray of shape (t · k,)
        Column.
    copies : tuple of int
        The copies of a row that some split reads.
    sets : ndarray of shape (c, m), bool
        Set of categories → whether a code goes left; ``set_column`` (c,) is what it is a set of.
    ends : tuple of int
        Where each model's trees end.
    """

    columns: int
    base: float
    source: Ints
    threshold: Floats
    first: Ints
    value: Floats
    share: Floats
    owner: Ints
    copies: tuple[int, ...]
    sets: Bools
    set_column: Ints
    ends: tuple[int, ...]

    @classmethod
    def of(cls, *texts: str) -> "SmallTrees | None":
        """Return the tables of models; None where a tree has more than `MOST_SPLITS` splits.

        Several models share their features; their margins are told by `margins`.

        Raises
        ------
        ForeignTreesError
            See `training.tree_shap.text.read`.
        """
        models = [read(text) for text in texts]
        trees = [tree for _, some in models for tree in some]
        splits = max((len(tree.feature) for tree in trees), default=0)
        alike = len({columns for columns, _ in models}) == 1 and all(some for _, some in models)
        if not alike or not 0 < splits <= MOST_SPLITS:
            return None
        ends = np.cumsum([len(some) for _, some in models]).tolist()
        return replace(_laid_out(models[0][0], trees, splits), ends=tuple(ends))

    def margin(self, row: Floats) -> float:
        """Return the raw margin of one row (f,), to the last bit LightGBM's own."""
        return float(np.cumsum(self.value.take(self._ways(row)))[-1])

    def margins(self, row: Floats) -> list[float]:
        """Return the raw margin of one row (f,) by each model."""
        values, start, found = self.value.take(self._ways(row)), 0, []
        for end in self.ends:
            found.append(float(np.cumsum(values[start:end])[-1]))
            start = end
        return found

    def shares(self, row: Floats) -> tuple[float, Floats]:
        """Return the raw margin of one row (f,), and its shares (f + 1,), the base last."""
        ways = self._ways(row)
        order, starts, owners = self._by_owner
        parts = self.share.take(ways, axis=0).ravel().take(order)
        found = np.zeros(self.columns + 1)
        found[owners] = np.add.reduceat(parts, starts)
        found[-1] = self.base
        return float(np.cumsum(self.value.take(ways))[-1]), found

    @cached_property
    def _by_owner(self) -> tuple[Ints, Ints, Ints]:
        """The order that brings the shares of a column together, where each begins, its column."""
        order = np.argsort(self.owner, kind="stable")
        owners, starts = np.unique(self.owner[order], return_index=True)
        return order, starts, owners

    def _ways(self, row: Floats) -> Ints:
        """Return the place in the tables of the way that each tree sends the row, (t,)."""
        left = (self._row(row).take(self.source) <= self.threshold).view(np.uint8)
        way = left[0]
        for k in range(1, len(left)):
            way = way | left[k] << np.uint8(k)
        ways: Ints = self.first + way
        return ways

    def _row(self, row: Floats) -> Floats:
        """Return the copies of the row that splits read, then 0 or 1 for each set of categories."""
        missing = np.isnan(row)
        parts = []
        for copy in self.copies:
            if copy == _NOTHING:
                parts.append(np.where(missing, 0.0, row))
                continue
            gone = missing if copy >= _NAN_RIGHT else missing | (np.abs(row) <= ZERO)
            parts.append(np.where(gone, np.inf if copy % 2 else -np.inf, row))
        if len(self.sets):
            codes = row[self.set_column]
            known = (codes > -1.0) & (codes < self.sets.shape[1])
            code = np.where(known, codes, 0.0).astype(np.int64)
            inside = known & self.sets[np.arange(len(code)), code]
            parts.append(np.where(inside, 0.0, 1.0))
        return np.concatenate(parts)


def _laid_out(columns: int, trees: Sequence[Tree], splits: int) -> SmallTrees:
    copies = tuple(sorted({copy for tree in trees for copy in _copies(tree) if copy >= 0}))
    sets, set_columns = _sets(trees)
    source = np.zeros((splits, len(trees)), dtype=np.int64)
    threshold = np.full((splits, len(trees)), -np.inf)
    owner = np.zeros((len(trees), splits), dtype=np.int64)
    shapes = _Shapes(len(trees), splits)
    next_set = 0
    for t, tree in enumerate(trees):
        k = len(tree.feature)
        owners = list(dict.fromkeys(tree.feature.tolist()))
        owner[t, : len(owners)] = owners
        for s, copy in enumerate(_copies(tree)):
            if copy < 0:
                source[s, t] = len(copies) * columns + next_set
                threshold[s, t], next_set = 0.5, next_set + 1
            else:
                source[s, t] = copies.index(copy) * columns + tree.feature[s]
                # A threshold without end parts what is known from what is missing, which is ∞.
                threshold[s, t] = min(tree.threshold[s], np.finfo(np.float64).max)
        shapes.add(t, tree, [owners.index(f) for f in tree.feature.tolist()], k)
    value, share, base = shapes.tables()
    first = np.arange(len(trees), dtype=np.int64) << splits
    return SmallTrees(
        columns, base, source, threshold, first, value, share, owner.ravel(), copies, sets,
        set_columns, (len(trees),),
    )  # fmt: skip


def _copies(tree: Tree) -> list[int]:
    """Return the copy of a row that each split reads; −1 for a set of categories."""
    found = []
    for decision in tree.decision.tolist():
        what = decision >> 2 & 3
        side = 1 if decision & 2 else 0
        first = (_NOTHING, _ZERO_RIGHT, _NAN_RIGHT)[what]
        found.append(-1 if decision & 1 else first + side if what else _NOTHING)
    return found


def _sets(trees: Sequence[Tree]) -> tuple[Bools, Ints]:
    """Return every set of categories, in the order of the splits, and its column."""
    found: list[list[int]] = []
    columns: list[int] = []
    for tree in trees:
        for s, copy in enumerate(_copies(tree)):
            if copy < 0:
                at = int(tree.threshold[s])
                bits = tree.sets[tree.set_starts[at] : tree.set_starts[at + 1]].tolist()
                whole = sum(word << (32 * place) for place, word in enumerate(bits))
                found.append([code for code in range(32 * len(bits)) if whole >> code & 1])
                columns.append(int(tree.feature[s]))
    width = 1 + max((code for codes in found for code in codes), default=0)
    table = np.zeros((len(found), width), dtype=bool)
    for row, codes in zip(table, found, strict=True):
        row[codes] = True
    return table, np.array(columns, dtype=np.int64)


class _Shapes:
    """The paths of all trees: which splits lead to each leaf, which way, for what share of rows."""

    def __init__(self, trees: int, splits: int) -> None:
        shape = (trees, splits + 1, splits)
        self.splits = splits
        self.on_left, self.on_right = np.zeros(shape, bool), np.zeros(shape, bool)
        self.ratio = np.ones(shape)
        self.slot = np.zeros((trees, splits), dtype=np.int64)
        self.leaf = np.zeros((trees, splits + 1))

    def add(self, t: int, tree: Tree, slots: Sequence[int], splits: int) -> None:
        """Take in tree ``t``; ``slots`` says which of its features each split is by."""
        self.slot[t, :splits] = slots
        if not splits:
            self.leaf[t, 0] = tree.value[0]
            # Its other leaves are worth nothing and its first is reached by every row.
            return
        self.leaf[t, : splits + 1] = tree.value
        self._down(t, tree, 0, [])
        self.ratio[t, splits + 1 :] = 0.0  # leaves that the tree does not have

    def _down(self, t: int, tree: Tree, split: int, path: list[tuple[int, bool, float]]) -> None:
        for side, below in ((True, int(tree.left[split])), (False, int(tree.right[split]))):
            rows = tree.split_rows[below] if below >= 0 else tree.leaf_rows[~below]
            step = [*path, (split, side, float(rows) / float(tree.split_rows[split]))]
            if below >= 0:
                self._down(t, tree, below, step)
                continue
            for at, left, ratio in step:
                (self.on_left if left else self.on_right)[t, ~below, at] = True
                self.ratio[t, ~below, at] = ratio

    def tables(self) -> tuple[Floats, Floats, float]:
        """Return what each way is worth, whose it is, and the mean margin."""
        k, trees = self.splits, len(self.leaf)
        worth = np.array([[self._worth(way, known) for known in range(1 << k)]
                          for way in range(1 << k)])  # fmt: skip
        share = np.zeros((trees, 1 << k, k))
        for owner in range(k):
            for others in range(1 << k):
                if others >> owner & 1:
                    continue
                size = others.bit_count()
                weight = factorial(size) * factorial(k - size - 1) / factorial(k)
                gain = worth[:, others | 1 << owner] - worth[:, others]
                share[:, :, owner] += weight * gain.T
        value = np.stack([self._reached(way) for way in range(1 << k)], axis=1)
        return value.ravel(), share.reshape(-1, k), float(worth[0, 0].sum())

    def _worth(self, way: int, known: int) -> Floats:
        """Return each tree's mean over its rows, (t,), where the features ``known`` go ``way``."""
        left = np.array([way >> s & 1 == 1 for s in range(self.splits)])
        told = (known >> self.slot & 1 == 1)[:, None, :]
        goes = np.where(left, self.on_left, self.on_right)
        on_path = self.on_left | self.on_right
        factor = np.where(told & on_path, goes, self.ratio)
        worth: Floats = (self.leaf * factor.prod(axis=2)).sum(axis=1)
        return worth

    def _reached(self, way: int) -> Floats:
        """Return the value of the leaf that each tree sends ``way`` to, to its last bit."""
        left = np.array([way >> s & 1 == 1 for s in range(self.splits)])
        blocked = np.where(left, self.on_right, self.on_left).any(axis=2)
        exists = self.ratio.all(axis=2)
        leaf = np.argmax(~blocked & exists, axis=1)
        reached: Floats = self.leaf[np.arange(len(self.leaf)), leaf]
        return reached
