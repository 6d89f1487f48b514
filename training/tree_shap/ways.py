"""What each way through a small tree is worth and whose it is, worked out once for all rows."""

from collections.abc import Sequence
from math import factorial

import numpy as np
import numpy.typing as npt

from training.tree_shap.text import Tree

Floats = npt.NDArray[np.float64]


class Ways:
    """The paths of all trees: which splits lead to each leaf, which way, for what share of rows.

    A way of a tree is a number whose bit ``s`` says that split ``s`` sends a row to the left.
    """

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

    def tables(self) -> tuple[Floats, Floats, Floats]:
        """Return what each way is worth (t, 2ᵏ), whose it is (t, 2ᵏ, k), and each tree's mean (t,).

        Splits that a tree does not have make no difference.
        """
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
        return value, share, worth[0, 0]

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
