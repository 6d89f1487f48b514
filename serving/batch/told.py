"""Reasons of many rows as Arrow columns, without a step per row."""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from serving.statements import costliest_of_each

if TYPE_CHECKING:
    from training.bundle import Bundle

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

REASON = pa.struct(
    [
        ("feature", pa.string()),
        ("points", pa.float64()),
        ("value", pa.float64()),
        ("category", pa.string()),
    ]
)
"""A reason: its points, and its value or its category; both null where the value is missing."""


def top_reasons(bundle: "Bundle", matrix: Floats, points: Floats, told: Bools) -> pa.Array:
    """Return the costliest reasons of each row, costliest first, as lists of `REASON`.

    Parameters
    ----------
    matrix : ndarray of shape (n, f)
    points : ndarray of shape (k, f)
        Of the rows that are told about.
    told : ndarray of shape (n,), bool
        Which those are; the others get null.
    """
    chosen, counts = costliest_of_each(points)
    place, row = chosen[counts], np.repeat(np.flatnonzero(told), counts.sum(axis=1))
    value = matrix[row, place]
    category, is_text = _categories(bundle, place, value)
    names = pa.array([feature.name for feature in bundle.features], pa.string())
    reasons = pa.StructArray.from_arrays(
        [
            names.take(pa.array(place)),
            pa.array(np.take_along_axis(points, chosen, axis=1)[counts]),
            pa.array(value, mask=is_text | np.isnan(value)),
            category,
        ],
        fields=list(REASON),
    )
    return _lists(reasons, counts.sum(axis=1), told)


def every_point(points: Floats, told: Bools) -> pa.Array:
    """Return the points of all features of each row; null where ``told`` says no."""
    if not told.any():
        return pa.nulls(len(told), pa.list_(pa.float64()))
    lengths = np.full(len(points), points.shape[1])
    return _lists(pa.array(points.ravel()), lengths, told)


def _lists(values: pa.Array, lengths: Ints, told: Bools) -> pa.ListArray:
    """Return lists of the given lengths for the rows told about, and null for the others."""
    length = np.zeros(len(told), dtype=np.int64)
    length[told] = lengths
    ends = np.concatenate([[0], np.cumsum(length)]).astype(np.int32)
    return pa.ListArray.from_arrays(ends, values, mask=pa.array(~told))


def _categories(bundle: "Bundle", place: Ints, value: Floats) -> tuple[pa.Array, Bools]:
    """Return the category that each value stands for, null where none, and which are of text."""
    text = np.array([feature.kind == "category" for feature in bundle.features], dtype=bool)
    start, words = np.zeros(len(text), dtype=np.int64), list[str]()
    for position in np.flatnonzero(text).tolist():
        start[position] = len(words)
        words += bundle.categories.get(bundle.features[position].name, ())
    is_text = text[place]
    known = is_text & ~np.isnan(value)
    at = start[place] + np.where(known, value, 0.0).astype(np.int64)
    return pa.array(words, pa.string()).take(pa.array(at, mask=~known)), is_text
