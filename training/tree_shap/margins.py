"""A forest's raw margins, many rows at once: LightGBM's own, in a small part of its time."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from training.tree_shap.flat import Flat, lay_flat
from training.tree_shap.parts import Floats, in_parts, rows_of
from training.tree_shap.text import read

WORTH_SPLITS: Final = 100
"""Splits a tree up to which asking all of them is faster than going down; the mean of the trees."""


@dataclass(frozen=True)
class Margins:
    """The trees of one model, laid out for their sum."""

    flat: Flat

    @classmethod
    def of(cls, text: str) -> "Margins":
        """Return the margins of LightGBM's text model.

        Raises
        ------
        ForeignTreesError
            See `training.tree_shap.text.read` and `training.tree_shap.flat.lay_flat`.
        """
        return cls(lay_flat(*read(text)))

    @property
    def worth(self) -> bool:
        """Whether the trees are small enough that this is faster than LightGBM."""
        counts = self.flat.counts
        return len(counts) > 0 and float(counts.mean()) <= WORTH_SPLITS

    def of_rows(self, matrix: Floats, threads: int = 1) -> Floats:
        """Return raw margins (n,) of a matrix (n, f), to the last bit those of LightGBM.

        Parameters
        ----------
        matrix : ndarray of shape (n, f)
        threads : int
            At most so many at once, of this call's own; fewer for few rows.

        Raises
        ------
        ValueError
            Where the rows have another number of columns than the model.
        ImportError
            Where Numba is not installed.
        """
        from training.tree_shap import sums

        flat = self.flat
        rows = rows_of(matrix, flat.columns)
        found = np.empty(len(rows))

        def part(here: slice) -> None:
            sums.margins(
                flat.sources,
                flat.coded,
                flat.words,
                flat.splits,
                flat.counts,
                flat.leaves,
                rows[here],
                found[here],
            )

        in_parts(len(rows), threads, part)
        return found
