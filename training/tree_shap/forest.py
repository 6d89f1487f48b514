"""A forest that gives every feature its share of a row's margin."""

from dataclasses import dataclass

import numpy as np

from training.tree_shap.layout import Layout, lay_out
from training.tree_shap.parts import Floats, in_parts, rows_of
from training.tree_shap.text import read


@dataclass(frozen=True)
class Forest:
    """The trees of one model, laid out for the walk."""

    layout: Layout

    @classmethod
    def of(cls, text: str) -> "Forest":
        """Return the forest of LightGBM's text model.

        Raises
        ------
        ForeignTreesError
            For trees whose shares are not computed here: see `training.tree_shap.text.read`.
        """
        return cls(lay_out(*read(text)))

    def shares(self, matrix: Floats, threads: int = 1) -> Floats:
        """Return the shares of all features and, in the last column, the base: (n, f + 1).

        A row's sum is its raw margin; a row has the same bits alone or among others, and with any
        number of threads.

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
        from training.tree_shap import walk

        layout = self.layout
        rows = rows_of(matrix, layout.columns)
        found = np.empty((len(rows), layout.columns + 1))
        found[:, -1] = layout.base

        def part(here: slice) -> None:
            walk.shares(
                layout.nodes,
                layout.trees,
                layout.leaves,
                layout.words,
                layout.points,
                rows[here],
                found[here],
            )

        in_parts(len(rows), threads, part)
        return found
