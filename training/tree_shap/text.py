"""LightGBM's text model as arrays, one tree after the other; what cannot be taken apart is refused.

Format: ``Tree::ToString`` and ``GBDT::SaveModelToString`` in LightGBM's sources (v4).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Number = TypeVar("Number", np.float64, np.int64)


class ForeignTreesError(ValueError):
    """The text holds trees whose shares this package does not compute."""


@dataclass(frozen=True)
class Tree:
    """One tree of ``k`` splits and ``k + 1`` leaves.

    Attributes
    ----------
    feature, threshold, decision : ndarray of shape (k,)
        Column; greatest value that goes left, or the number of a set of categories; LightGBM's bit
        mask: 1 is a set of categories, 2 that missing values go left, bits 2 and 3 what is missing
        (0 nothing, 1 zero and NaN, 2 NaN).
    left, right : ndarray of shape (k,)
        The split below, or ``~leaf``.
    split_rows : ndarray of shape (k,)
        Training rows that came to each split.
    leaf_rows, value : ndarray of shape (k + 1,)
    set_starts, sets : ndarray
        Set ``i`` of categories is the bits of the 32-bit words ``sets[set_starts[i]:...]``.
    """

    feature: Ints
    threshold: Floats
    decision: Ints
    left: Ints
    right: Ints
    split_rows: Ints
    leaf_rows: Ints
    value: Floats
    set_starts: Ints
    sets: Ints


def read(text: str) -> tuple[int, list[Tree]]:
    """Return the number of columns and the trees of a text model.

    Raises
    ------
    ForeignTreesError
        For several classes, averaged forests, linear leaves and splits that no row came to.
    """
    head, _, body = text.partition("\nTree=")
    said = dict(_pairs(head))
    if "average_output" in head.splitlines():
        raise ForeignTreesError("the mean of trees, not their sum")
    if said.get("num_class") != "1" or said.get("num_tree_per_iteration") != "1":
        raise ForeignTreesError("more than one margin per row")
    columns = int(said["max_feature_idx"]) + 1
    blocks = body.partition("\nend of trees")[0].split("\nTree=") if body else []
    return columns, [_tree(dict(_pairs(block)), number) for number, block in enumerate(blocks)]


def _pairs(block: str) -> Iterator[tuple[str, str]]:
    for line in block.splitlines():
        name, equals, value = line.partition("=")
        if equals:
            yield name, value


def _tree(said: dict[str, str], number: int) -> Tree:
    if said.get("is_linear", "0") != "0":
        raise ForeignTreesError(f"linear leaves in tree {number}")
    splits = int(said["num_leaves"]) - 1
    tree = Tree(
        feature=_ints(said, "split_feature", splits),
        threshold=_floats(said, "threshold", splits),
        decision=_ints(said, "decision_type", splits),
        left=_ints(said, "left_child", splits),
        right=_ints(said, "right_child", splits),
        split_rows=_ints(said, "internal_count", splits),
        leaf_rows=_ints(said, "leaf_count", splits + 1 if splits else 0),
        value=_floats(said, "leaf_value", splits + 1),
        set_starts=_ints(said, "cat_boundaries"),
        sets=_ints(said, "cat_threshold"),
    )
    if splits and min(tree.split_rows.min(), tree.leaf_rows.min()) <= 0:
        raise ForeignTreesError(f"a branch of tree {number} to which no training row came")
    return tree


def _floats(said: dict[str, str], name: str, length: int) -> Floats:
    values = np.array([float(word) for word in said.get(name, "").split()[:length]])
    return _whole(values, name, length)


def _ints(said: dict[str, str], name: str, length: int | None = None) -> Ints:
    words = said.get(name, "").split()
    values = np.array([int(word) for word in words[:length]], dtype=np.int64)
    return values if length is None else _whole(values, name, length)


def _whole(values: npt.NDArray[Number], name: str, length: int) -> npt.NDArray[Number]:
    if len(values) != length:
        raise ForeignTreesError(f"{length} values of {name}, {len(values)} found")
    return values
