"""Trees as the walk reads them: flat arrays, every split before those below it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.tree_shap.text import Tree

Floats = npt.NDArray[np.float64]

CATEGORIES, LEFT = 1, 2
"""Bits of a decision: it is by a set of categories; what is missing goes left."""
NOTHING_IS_MISSING, ZERO_IS_MISSING = 0, 1
"""What counts as missing; 2 is NaN alone. Where nothing does, NaN is taken for zero."""

NODE = np.dtype(
    [
        ("threshold", np.float64),
        ("more_left", np.float64),
        ("more_right", np.float64),
        ("feature", np.int32),
        ("number", np.int32),
        ("zero_left", np.int32),
        ("missing_left", np.int32),
        ("left", np.int32),
        ("right", np.int32),
        ("above", np.int32),
        ("before", np.int32),
        ("first_word", np.int32),
        ("words", np.int32),
    ],
    align=True,
)
"""A split of a tree of ``k`` splits.

A ``number`` goes left up to ``threshold``, zero and a missing one as ``zero_left`` and
``missing_left`` say; a category goes left where its bit is set in the ``words`` words from
``first_word`` on. ``more_left`` is the rows that came here divided by those that went left: the
factor of an edge that the row takes. ``left`` and ``right`` are a split's place in its tree, or
``k`` + a leaf's place. An edge is twice the place of its split, plus one on the right: ``above`` is
the edge that leads here, ``before`` the nearest edge above at which the same feature was split on,
−1 where none is.
"""

TREE = np.dtype([("first", np.int64), ("splits", np.int64), ("points", np.int64)])
"""Place of the first split, their number, and the points of t at which the integral is taken."""


@dataclass(frozen=True)
class Layout:
    """A forest in flat arrays.

    Attributes
    ----------
    nodes : ndarray of NODE
    trees : ndarray of TREE
        Those that split at all.
    leaves : ndarray of float64
        Of a tree whose first split is ``first`` and that is the n-th of ``trees``: its leaves from
        ``first + n`` on, each its value times its share of the training rows.
    words : ndarray of uint32
        Sets of categories.
    points : ndarray of shape (most, most, 2)
        Gauss and Legendre's points in [0, 1] and their weights: ``points[n - 1, :n]`` for ``n``.
    base : float
        The mean margin over the training rows.
    columns : int
    """

    nodes: np.ndarray
    trees: np.ndarray
    leaves: Floats
    words: npt.NDArray[np.uint32]
    points: Floats
    base: float
    columns: int


def lay_out(columns: int, trees: Sequence[Tree]) -> Layout:
    """Return ``trees`` over ``columns`` features in flat arrays."""
    grown = [tree for tree in trees if len(tree.feature)]
    parts = [_laid(tree) for tree in grown]
    words = [np.asarray(tree.sets, dtype=np.uint32) for tree in grown]
    starts = np.cumsum([0, *map(len, words)])
    for part, start in zip(parts, starts, strict=False):
        part.nodes["first_word"] += start
    lengths = np.array([len(part.nodes) for part in parts], dtype=np.int64)
    placed = np.zeros(len(parts), dtype=TREE)
    placed["first"] = np.cumsum(lengths) - lengths
    placed["splits"] = lengths
    placed["points"] = [part.points for part in parts]
    constant = sum(float(tree.value[0]) for tree in trees if not len(tree.feature))
    return Layout(
        nodes=np.concatenate([np.zeros(0, NODE), *(part.nodes for part in parts)]),
        trees=placed,
        leaves=np.concatenate([np.zeros(0), *(part.leaves for part in parts)]),
        words=np.concatenate([np.zeros(0, np.uint32), *words]),
        points=_points(max((part.points for part in parts), default=1)),
        base=constant + sum(float(part.leaves.sum()) for part in parts),
        columns=columns,
    )


@dataclass(frozen=True)
class _Laid:
    nodes: np.ndarray
    leaves: Floats
    points: int


@dataclass(frozen=True)
class _Visit:
    """A split on the way down: its number in the text, the edge above, features split on above."""

    number: int
    above: int
    before: dict[int, int]


def _laid(tree: Tree) -> _Laid:
    splits = len(tree.feature)
    nodes = np.zeros(splits, dtype=NODE)
    leaves: list[float] = []
    most = 1
    for at, visit in enumerate(_downwards(tree)):
        number, feature = visit.number, int(tree.feature[visit.number])
        most = max(most, len(visit.before.keys() | {feature}))
        node = nodes[at]
        node["feature"] = feature
        node["above"], node["before"] = visit.above, visit.before.get(feature, -1)
        _set_test(node, tree, number)
        for side, child in (("left", tree.left[number]), ("right", tree.right[number])):
            rows = tree.leaf_rows[~child] if child < 0 else tree.split_rows[child]
            node[f"more_{side}"] = tree.split_rows[number] / rows
            if child < 0:
                node[side] = splits + len(leaves)
                leaves.append(tree.value[~child] * (tree.leaf_rows[~child] / tree.split_rows[0]))
        if visit.above >= 0:
            nodes[visit.above // 2]["right" if visit.above % 2 else "left"] = at
    return _Laid(nodes, np.array(leaves), -(-most // 2))


def _downwards(tree: Tree) -> Iterator[_Visit]:
    """Yield the splits of a tree, each before those below it, the left side first."""
    waiting, place = [_Visit(0, -1, {})], 0
    while waiting:
        visit = waiting.pop()
        yield visit
        for side, child in ((1, tree.right[visit.number]), (0, tree.left[visit.number])):
            if child >= 0:
                edge = 2 * place + side
                before = visit.before | {int(tree.feature[visit.number]): edge}
                waiting.append(_Visit(int(child), edge, before))
        place += 1


def _set_test(node: np.void, tree: Tree, number: int) -> None:
    """Set what decides the side. LightGBM: ``Tree::NumericalDecision``, ``CategoricalDecision``."""
    decision, threshold = int(tree.decision[number]), float(tree.threshold[number])
    node["number"], node["threshold"] = not decision & CATEGORIES, threshold
    if decision & CATEGORIES:
        first, after = tree.set_starts[int(threshold) : int(threshold) + 2]
        node["first_word"], node["words"] = first, after - first
        return
    missing, left = (decision >> 2) & 3, bool(decision & LEFT)
    node["zero_left"] = left if missing == ZERO_IS_MISSING else threshold >= 0.0
    node["missing_left"] = node["zero_left"] if missing == NOTHING_IS_MISSING else left


def _points(most: int) -> Floats:
    points = np.zeros((most, most, 2))
    for n in range(1, most + 1):
        at, weight = np.polynomial.legendre.leggauss(n)
        points[n - 1, :n] = np.column_stack([(1 + at) / 2, weight / 2])
    return points
