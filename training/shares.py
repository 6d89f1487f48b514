"""Which part of a row's margin is whose: exact, by the compiled walk or by LightGBM itself.

Both give the same values but for rounding (`tests/training/tree_shap`). LightGBM's needs nothing,
so it answers single rows at once; the walk is many times faster on many rows, for a second of
loading and 100 MB of memory, so it is there for those who ask for it with `prepare`.
"""

import contextlib
import logging
import threading
from typing import Final

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from training import model, tree_shap
from training.tree_shap.small import SmallTrees

Floats = npt.NDArray[np.float64]

TOLERANCE: Final = 1e-9
"""By which the walk may differ from LightGBM on the rows it is checked with."""

CHECKED_ROWS = 200

FEW_ROWS: Final = 4
"""Rows up to which tables answer one by one."""

log = logging.getLogger("kenshin.reasons")


class Shares:
    """A booster's margins and what each feature gives to them.

    Parameters
    ----------
    booster : lightgbm.Booster
    known : ndarray of shape (n, f), optional
        Rows on which the walk must agree with LightGBM before it is used; the first
        `CHECKED_ROWS`.
    """

    def __init__(self, booster: lgb.Booster, known: Floats | None = None) -> None:
        self.booster = booster
        self._known = known
        self._forest: tree_shap.Forest | None = None
        self._asked = False
        self._sum: tree_shap.Margins | None = None
        self._sum_asked = False
        self._small: SmallTrees | None = None
        self._small_asked = False
        self._preparing = threading.Lock()

    @property
    def walks(self) -> bool:
        """Whether the compiled walk answers."""
        return self._forest is not None

    def prepare(self, rows: Floats | None = None) -> bool:
        """Have the compiled walk answer from now on, if it gives LightGBM's values here.

        Numba is imported and the walk compiled, or loaded from where an earlier process kept it.
        Where Numba is not installed, the trees are not of the kind it walks, or a value differs,
        LightGBM goes on answering and the log says why.

        Parameters
        ----------
        rows : ndarray of shape (n, f), optional
            Taken where no known rows were given.

        Returns
        -------
        bool
            Whether the walk answers.
        """
        with self._preparing:
            if not self._asked:
                self._asked = True
                known = self._known if self._known is not None else rows
                self._forest = None if known is None else self._checked(known[:CHECKED_ROWS])
            return self.walks

    def hasten(self) -> bool:
        """Have margins of many rows come from our own sum of trees; return whether they do.

        The known rows must have LightGBM's bits: see `training.many`.
        """
        from training import many  # not in the server

        with self._preparing:
            if not self._sum_asked and self._known is not None:
                self._sum_asked = True
                self._sum = many.checked(self.booster, self._known)
            return self._sum is not None

    def margin(self, matrix: Floats, threads: int = 1) -> Floats:
        """Return raw margins (n,) of encoded rows (n, f)."""
        small = self.tables() if 0 < len(matrix) <= FEW_ROWS else None
        if small is not None:
            return np.array([small.margin(row) for row in matrix], dtype=np.float64)
        if self._sum is not None:
            return self._sum.of_rows(matrix, threads)
        return model.margin(self.booster, matrix, threads)

    def of(self, matrix: Floats, threads: int = 1) -> Floats:
        """Return exact TreeSHAP values (n, f + 1) in margin units; the last column is the base."""
        if self._forest is None:
            return model.contributions(self.booster, matrix, threads)
        return self._forest.shares(matrix, threads)

    def both(self, matrix: Floats, threads: int = 1) -> tuple[Floats, Floats]:
        """Return `margin` and `of`; for a few rows of small trees in a fifth of the time."""
        if self.walks or not 0 < len(matrix) <= FEW_ROWS:  # the same bits however rows are parted
            return self.margin(matrix, threads), self.of(matrix, threads)
        small = self.tables()
        if small is None:
            return self.margin(matrix, threads), self.of(matrix, threads)
        found = [small.shares(row) for row in matrix]
        margins = np.array([margin for margin, _ in found], dtype=np.float64)
        return margins, np.array([shares for _, shares in found])

    def adopt(self, tables: SmallTrees | None) -> None:
        """Take tables whose first model is this booster; None leaves it to look for itself."""
        if tables is not None:
            self._small, self._small_asked = tables, True

    def tables(self) -> SmallTrees | None:
        """Return the tables of small trees; None where the trees are larger or foreign."""
        if not self._small_asked:
            with self._preparing:
                if not self._small_asked:
                    with contextlib.suppress(tree_shap.ForeignTreesError):
                        self._small = SmallTrees.of(self.booster.model_to_string())
                    self._small_asked = True
        return self._small

    def _checked(self, known: Floats) -> tree_shap.Forest | None:
        try:
            forest = tree_shap.Forest.of(self.booster.model_to_string())
            worst = np.abs(forest.shares(known) - model.contributions(self.booster, known))
        except (ImportError, tree_shap.ForeignTreesError) as error:
            log.warning("reasons come from LightGBM, slower: %s", error)
            return None
        except Exception:  # such as a full disk or a damaged file where Numba keeps the walk
            log.exception("reasons come from LightGBM, slower: the walk cannot be had")
            return None
        difference = float(worst.max(initial=0.0))
        if difference <= TOLERANCE:
            return forest
        log.error("reasons come from LightGBM: the walk differs by %.3g", difference)
        return None
