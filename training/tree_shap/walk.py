"""The walk over all trees, compiled: exact shares of every feature in every row.

For a row and a leaf let every feature f on the leaf's path have the factor
``g_f(t) = (1 − t) + r_f·t``, where ``r_f`` is the product of (rows above ÷ rows below) over its
edges on the path, or 0 where the row leaves the path at one of them. The leaf, weighing its value
times its share of the training rows, gives f the Shapley value

    weight · (r_f − 1) · ∫₀¹ ∏_{h ≠ f} g_h(t) dt,

a polynomial in t of degree (features on the path − 1), so that Gauss and Legendre's rule with half
as many points as features integrates it exactly. Going down a tree ``down`` is the product of the
factors above, without that of the feature split on; coming up ``up`` is the sum over the leaves
below of weight times the factors below. Where a feature was split on above, its earlier factor is
divided out going down, and what was counted there for the leaves below is taken back.

No threads are started here: the walk lets go of the interpreter's lock, and whoever has several
cores calls it on several parts of the rows. Numba's own parallel loops are left out: its
``workqueue`` ends the process when two threads call it at once, its ``omp`` after a fork. The
order of operations follows from the trees alone, so a row has the same bits alone or among others.

Offsets are unsigned, because Numba lets negative ones count from the end, which costs a test.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit, uintp

BLOCK = 64
"""Rows walked at once: their numbers lie side by side, so that one instruction takes several."""

ZERO = float(np.float32(1e-35))
"""LightGBM takes numbers up to this size for zero."""


def compiled(function: Callable[..., Any]) -> Any:  # noqa: ANN401  # Numba has no types
    """Return ``function`` compiled at its first call, kept on disk where a folder can be written.

    Numba keeps it beside this file or in the user's cache; where it may write neither, a process
    compiles for itself.
    """
    try:
        return njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:
        return njit(nogil=True, error_model="numpy")(function)


@compiled
def _goes_left(node, value, words):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return whether a category is in the set of ``node``."""
    if not (value > -1.0 and value < 2147483648.0):
        return False
    category = np.int64(value)
    word = category >> 5
    if word >= node.words:
        return False
    return (np.int64(words[node.first_word + word]) >> (category & 31)) & 1 == 1


@compiled
def _edges(nodes, words, values, more, block):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Set the factor r of both edges of every split, with what the same feature had above."""
    for m in range(uintp(len(nodes))):
        node = nodes[m]
        left, value = 2 * m * block, uintp(node.feature) * block
        right = left + block
        if node.number:
            for i in range(block):
                x = values[value + i]
                goes = node.missing_left if x != x else x <= node.threshold
                goes = node.zero_left if x == 0.0 else goes
                more[left + i] = node.more_left if goes else 0.0
                more[right + i] = 0.0 if goes else node.more_right
        else:
            for i in range(block):
                goes = _goes_left(node, values[value + i], words)
                more[left + i] = node.more_left if goes else 0.0
                more[right + i] = 0.0 if goes else node.more_right
        if node.before >= 0:
            before = uintp(node.before) * block
            for i in range(block):
                more[left + i] *= more[before + i]
                more[right + i] *= more[before + i]


@compiled
def _down(nodes, more, t, weight, down, block):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Set the product of the factors above each split, that of its own feature left out."""
    rest = 1.0 - t
    for i in range(block):
        down[i] = weight
    for m in range(uintp(1), uintp(len(nodes))):
        node, here = nodes[m], m * block
        above, edge = uintp(node.above >> 1) * block, uintp(node.above) * block
        for i in range(block):
            down[here + i] = down[above + i] * (rest + t * more[edge + i])
        if node.before >= 0:
            before = uintp(node.before) * block
            for i in range(block):
                down[here + i] /= rest + t * more[before + i]


@compiled
def _up(nodes, more, t, down, up, given, block):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Sum the leaves below each split, and add to each split what its feature gets for them."""
    rest, splits = 1.0 - t, uintp(len(nodes))
    for back in range(splits):
        m = splits - uintp(1) - back
        node, here, left = nodes[m], m * block, 2 * m * block
        right = left + block
        on_left, on_right = uintp(node.left) * block, uintp(node.right) * block
        if node.before < 0:
            for i in range(block):
                gone = more[left + i] * up[on_left + i] + more[right + i] * up[on_right + i]
                both = up[on_left + i] + up[on_right + i]
                given[here + i] += down[here + i] * (gone - both)
                up[here + i] = rest * both + t * gone
        else:
            before = uintp(node.before) * block
            for i in range(block):
                r = more[before + i]
                gone = more[left + i] * up[on_left + i] + more[right + i] * up[on_right + i]
                both = up[on_left + i] + up[on_right + i]
                below = (rest * both + t * gone) / (rest + t * r)
                given[here + i] += down[here + i] * (gone - both - (r - 1.0) * below)
                up[here + i] = below


@compiled
def _tree(nodes, leaves, words, points, values, room, total, block):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Add what one tree gives to every feature of a block of rows."""
    more, down, up, given = room
    splits = uintp(len(nodes))
    _edges(nodes, words, values, more, block)
    for leaf in range(uintp(len(leaves))):
        at = (splits + leaf) * block
        for i in range(block):
            up[at + i] = leaves[leaf]
    for i in range(splits * block):
        given[i] = 0.0
    for q in range(len(points)):
        _down(nodes, more, points[q, 0], points[q, 1], down, block)
        _up(nodes, more, points[q, 0], down, up, given, block)
    for m in range(splits):
        here, feature = m * block, uintp(nodes[m].feature) * block
        for i in range(block):
            total[feature + i] += given[here + i]


@compiled
def _loaded(matrix, start, block, values):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Lay the values of a block of rows side by side, feature after feature."""
    for j in range(uintp(matrix.shape[1])):
        for i in range(block):
            value = matrix[start + i, j]
            values[j * block + i] = 0.0 if abs(value) <= ZERO else value


@compiled
def shares(nodes, trees, leaves, words, points, matrix, found):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Set the shares of all features in all rows.

    Parameters
    ----------
    nodes, trees, leaves, words, points
        See `training.tree_shap.layout.Layout`.
    matrix : ndarray of shape (n, f), C order
    found : ndarray of shape (n, f + 1)
        Its last column is left as it is.
    """
    n, columns = matrix.shape
    most = 0
    for tree in trees:
        most = max(most, tree.splits)
    lanes = max(1, min(n, BLOCK))
    room = (
        np.empty(2 * most * lanes),
        np.empty(most * lanes),
        np.empty((2 * most + 1) * lanes),
        np.empty(most * lanes),
    )
    values, total = np.empty(columns * lanes), np.empty(columns * lanes)
    for start in range(0, n, lanes):
        block = uintp(min(lanes, n - start))
        _loaded(matrix, uintp(start), block, values)
        total[:] = 0.0
        for number in range(len(trees)):
            tree = trees[number]
            first, after = tree.first, tree.first + tree.splits
            ends = leaves[first + number : after + number + 1]
            at = points[tree.points - 1, : tree.points]
            _tree(nodes[first:after], ends, words, at, values, room, total, block)
        for i in range(block):
            for j in range(uintp(columns)):
                found[start + i, j] = total[j * block + i]
