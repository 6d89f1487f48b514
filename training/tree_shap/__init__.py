"""Exact Shapley values of a LightGBM model, many rows at once, faster than LightGBM's own.

``Forest.of`` reads the text; `training.tree_shap.walk` has the method and needs Numba, which is
imported at the first rows and not before.
"""

from training.tree_shap.forest import Forest
from training.tree_shap.text import ForeignTreesError

__all__ = ["ForeignTreesError", "Forest"]
