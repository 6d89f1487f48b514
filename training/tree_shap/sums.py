"""The sum of all trees, compiled: raw margins of many rows, to the last bit LightGBM's own.

LightGBM goes down one tree after the other, one row after the other, and a processor guesses every
second turn wrongly. Here a block of rows goes up a tree: each split takes one of the two numbers
below it, by one comparison and without a turn, many rows at an instruction. That asks every split
where LightGBM asks those on the row's path only, and still wins. Each row adds its trees one after
the other from the first, as LightGBM does, so the sum has the same bits.
"""

import numpy as np
from numba import uintp

from training.tree_shap.flat import NAN_IS_ZERO, SET, ZERO_IS_NAN
from training.tree_shap.walk import BLOCK, ZERO, compiled


@compiled
def _coded(matrix, start, block, coded, bits, places):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Lay the categories of a block of rows side by side: a bit of a word, and which word."""
    for c in range(uintp(len(coded))):
        here, column = c * block, uintp(coded[c])
        for i in range(block):
            x = matrix[start + i, column]
            code = np.int64(x) if x > -1.0 and x < 2147483648.0 else np.int64(-1)
            bits[here + i] = np.uint64(1) << np.uint64(code & 63) if code >= 0 else np.uint64(0)
            places[here + i] = code >> 6


@compiled
def _in_set(source, words, bits, places, values, block):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Set 0 for the rows of a block that are in a set and 1 for the others."""
    for i in range(block):
        values[i] = 1.0
    for w in range(source.words):
        word = words[source.first_word + w]
        for i in range(block):
            found = bits[i] & word if places[i] == w else np.uint64(0)
            values[i] = values[i] if found == 0 else 0.0


@compiled
def _number(source, matrix, start, values, block):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Set the numbers of a block of rows as ``source`` reads them."""
    column, kind, sign = uintp(source.column), source.kind, -1.0 if source.negative else 1.0
    for i in range(block):
        x = matrix[start + i, column]
        if x != x:
            x = 0.0 if kind == NAN_IS_ZERO else x
        elif abs(x) <= ZERO:
            x = np.nan if kind == ZERO_IS_NAN else 0.0
        values[i] = sign * x


@compiled
def _read(matrix, start, block, sources, coded, words, room):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Lay the sources of a block of rows side by side, source after source."""
    values, bits, places = room
    _coded(matrix, start, block, coded, bits, places)
    for s in range(uintp(len(sources))):
        source, here = sources[s], values[s * block : (s + uintp(1)) * block]
        if source.kind == SET:
            at, after = source.column * block, (source.column + 1) * block
            _in_set(source, words, bits[at:after], places[at:after], here, block)
        else:
            _number(source, matrix, start, here, block)


@compiled
def _tree(splits, leaves, values, found, block):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Go up one tree; the value of each row's leaf is then first in ``found``."""
    count = uintp(len(splits))
    for leaf in range(uintp(len(leaves))):
        at = (count + leaf) * block
        for i in range(block):
            found[at + i] = leaves[leaf]
    for back in range(count):
        m = count - uintp(1) - back
        split, here = splits[m], m * block
        source, threshold = uintp(split.source) * block, split.threshold
        yes, no = uintp(split.yes) * block, uintp(split.no) * block
        for i in range(block):
            a, b = found[yes + i], found[no + i]
            found[here + i] = a if values[source + i] <= threshold else b


@compiled
def margins(sources, coded, words, splits, counts, leaves, matrix, total):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Set the raw margins of all rows.

    Parameters
    ----------
    sources, coded, words, splits, counts, leaves
        See `training.tree_shap.flat.Flat`.
    matrix : ndarray of shape (n, f), C order
    total : ndarray of shape (n,)
    """
    n, most = len(matrix), 0
    for count in counts:
        most = max(most, count)
    lanes = max(1, min(n, BLOCK))
    values, found = np.empty(len(sources) * lanes), np.empty((2 * most + 1) * lanes)
    bits, places = np.empty(len(coded) * lanes, np.uint64), np.empty(len(coded) * lanes, np.int64)
    room = values, bits, places
    for start in range(0, n, lanes):
        block = uintp(min(lanes, n - start))
        _read(matrix, uintp(start), block, sources, coded, words, room)
        here = total[start : start + lanes]
        here[:] = 0.0
        first = 0
        for t in range(len(counts)):
            after = first + counts[t]
            _tree(splits[first:after], leaves[first + t : after + t + 1], values, found, block)
            for i in range(block):
                here[i] += found[i]
            first = after
