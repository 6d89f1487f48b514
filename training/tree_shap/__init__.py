"""Exact Shapley values and margins of a LightGBM model, many rows at once, faster than its own.

``Forest.of`` and ``Margins.of`` read the text; `training.tree_shap.walk` and
`training.tree_shap.sums` have the methods and need Numba, which is imported at the first rows and
not before.
"""

from training.tree_shap.forest import Forest
from training.tree_shap.margins import Margins
from training.tree_shap.text import ForeignTreesError

__all__ = ["ForeignTreesError", "Forest", "Margins"]
