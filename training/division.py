"""The rows of a training, divided into what is fitted on and what is judged by.

The one way from a snapshot to the frames `training.train` fits and judges: whoever compares another
method with ours on the same rows, split and encoded matrix takes them from here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.settings import Settings
from features.snapshots import Snapshot
from training import frames, model
from training import split as splitting
from training.frames import Frame

OUTER_FOLDS = 5
"""A table without time is judged in so many folds of accounts."""


@dataclass(frozen=True)
class Division:
    """Rows with known outcomes and how they are divided.

    Attributes
    ----------
    rows : Frame
        Every row whose outcome is known, dates ascending within the snapshot's own order.
    parts : Split or None
        None for a table without time, which is judged in folds.
    seed : int
        Of the folds.
    """

    rows: Frame
    parts: splitting.Split | None
    seed: int

    def trials(self) -> Iterator[tuple[Frame, Frame, npt.NDArray[np.int64]]]:
        """Yield what is fitted on, what is judged by, and where the latter lies in ``rows``.

        One pair out of time; of a table without time one per fold, which together hold each row
        once. The frame to fit on is the whole development period, calibration slice included.
        """
        if self.parts is not None:
            judged = np.isin(self.rows.as_of, self.parts.test)
            fitted = np.isin(self.rows.as_of, self.parts.development)
            yield self.rows.where(fitted), self.rows.where(judged), np.flatnonzero(judged)
            return
        folds = outer_folds(self.rows, self.seed)
        for fold in range(OUTER_FOLDS):
            outside = folds == fold
            yield self.rows.where(~outside), self.rows.where(outside), np.flatnonzero(outside)


def divide(
    snapshot: Snapshot,
    labels: pa.Table | None,
    settings: Settings,
    groups: Mapping[str, str] | None = None,
) -> Division:
    """Return the rows with known outcomes, encoded and divided as the settings say.

    Categories that no row the trees are fitted on has are unknown in every row
    (`frames.forget_unseen`): with a calibration slice held back, its own are, as in use.

    Parameters
    ----------
    labels : pa.Table or None
        ``account_id``, ``as_of``, ``churned``; None where the snapshot carries ``churned``.
    groups : mapping of str to str, optional
        Account → group, for accounts that must not be parted between folds.

    Raises
    ------
    KenshinError
        Where no instant lies a whole label window before the test.
    """
    rows = frames.frame(snapshot.table, snapshot.features, labels, known=True)
    return divided(frames.grouped(rows, groups or {}), settings)


def divided(rows: Frame, settings: Settings) -> Division:
    """Return the division of rows whose outcomes are all known."""
    if len(np.unique(rows.as_of[~np.isnat(rows.as_of)])) < 2:
        return Division(rows, None, settings.training.seed)
    parts = splitting.split(rows, settings)
    frames.forget_unseen(rows, np.isin(rows.as_of, parts.fitted))
    return Division(rows, parts, settings.training.seed)


def outer_folds(rows: Frame, seed: int) -> npt.NDArray[np.int64]:
    """Return the fold in which each row of a table without time is judged."""
    return model.account_folds(rows.inseparable, rows.churned, OUTER_FOLDS, seed - 1)
