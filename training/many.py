"""Raw margins of many rows: by our own sum of trees where that is faster, else by LightGBM.

Both give the same bits, so which of them answers is nobody's business. Ours costs a second of
loading and 100 MB before the first row, so it is for commands and workers: the server never calls
this module.
"""

import logging
from collections.abc import Callable
from typing import Final

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from training import model
from training.tree_shap import ForeignTreesError, Margins

Floats = npt.NDArray[np.float64]

CHECKED_ROWS: Final = 200
"""Rows on which every bit must be LightGBM's before the others are answered."""

WORTH: Final = 100_000_000
"""Rows × trees up to which LightGBM has answered before ours is loaded: two seconds of its time."""

log = logging.getLogger("kenshin.margins")


def margin(
    booster: lgb.Booster, matrix: Floats, threads: int = 1, rounds: int | None = None
) -> Floats:
    """Return raw margins (n,) of a matrix (n, f), the bits of `training.model.margin`."""
    return teller(booster, len(matrix), matrix[:CHECKED_ROWS], rounds)(matrix, threads)


def teller(
    booster: lgb.Booster, rows: int, known: Floats, rounds: int | None = None
) -> Callable[[Floats, int], Floats]:
    """Return what tells the margins of rows (n, f) with so many threads, for matrices in parts.

    Parameters
    ----------
    rows : int
        Of all parts together.
    known : ndarray of shape (k, f)
        Some of them, to be compared with LightGBM.
    rounds : int, optional
        Trees counted, from the first; default all.
    """
    trees = booster.num_trees() if rounds is None else min(rounds, booster.num_trees())
    own = checked(booster, known, rounds) if rows * trees >= WORTH else None
    if own is not None:
        return own.of_rows
    return lambda matrix, threads: model.margin(booster, matrix, threads, rounds)


def checked(booster: lgb.Booster, known: Floats, rounds: int | None = None) -> Margins | None:
    """Return our own sum of trees; None where it cannot be had, differs or would be slower."""
    try:
        own = Margins.of(booster.model_to_string(num_iteration=rounds))
        if not own.worth:
            return None
        found = own.of_rows(known[:CHECKED_ROWS])
    except (ImportError, ForeignTreesError) as error:
        log.info("margins come from LightGBM: %s", error)
        return None
    except Exception:  # such as a full disk or a damaged file where Numba keeps what it compiled
        log.exception("margins come from LightGBM: the sum of trees cannot be had")
        return None
    wanted = model.margin(booster, known[:CHECKED_ROWS], rounds=rounds)
    if np.array_equal(found, wanted):
        return own
    log.error("margins come from LightGBM: ours differ by %.3g", np.abs(found - wanted).max())
    return None
