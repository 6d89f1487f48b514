"""One conditional probability of the curve: a small model where the data carry one, or a share."""

from dataclasses import dataclass, replace
from typing import Literal

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from features.settings import Settings
from training import metrics, model, outcomes
from training.calibration import Calibration, fit_platt
from training.frames import Frame
from training.horizons import Segment
from training.recipe import proposed

Floats = npt.NDArray[np.float64]

FOLDS = 3
LEAST = 30
"""Accounts on the smaller side below which a model would learn their names."""
SLICE = 100
"""Outcomes on the smaller side that a later slice must hold to settle two parameters."""
PRIOR = 20.0
"""The prior share weighs as much as so many accounts."""

Later = Literal["later dates", "held-out accounts"]


@dataclass(frozen=True)
class Conditional:
    """A fitted segment and what it was fitted on.

    Attributes
    ----------
    text : str or None
        Booster text; None for a constant.
    rows, happened : int
    calibrated_on : {"later dates", "held-out accounts"} or None
    why : str
        Why it is a constant: ``few`` (too few outcomes) or ``flat`` (no better than a constant on
        accounts it had not seen); empty for a model.
    """

    segment: Segment
    text: str | None
    rows: int
    happened: int
    calibrated_on: Later | None
    why: str


def conditional(
    rows: Frame, segment: Segment, gap: np.timedelta64, settings: Settings
) -> Conditional:
    """Return ``segment`` fitted on the rows at risk.

    Parameters
    ----------
    rows : Frame
        ``churned`` is whether it happened, known for all.
    segment : Segment
        With the prior probability as its constant.
    gap : timedelta64
        How long after a row's instant its outcome is settled.
    """
    assert segment.constant is not None
    constant = _shrunken(rows, segment.constant)
    flat = replace(segment, constant=constant)
    counts = (len(rows), int(rows.churned.sum()))
    sides = [outcomes.accounts(rows.account_ids, rows.churned == side) for side in (0.0, 1.0)]
    if min(sides) < LEAST:
        return Conditional(flat, None, *counts, None, "few")
    later = _slice(rows, gap)
    fitted = rows if later is None else rows.where(~later & _settled(rows, later, gap))
    bag = _bag(fitted, segment, settings)
    on_held_out = fit_platt(bag.held_out, fitted.churned)
    if not _better(fitted, on_held_out.probability(bag.held_out)):
        return Conditional(flat, None, *counts, None, "flat")
    booster = lgb.Booster(model_str=bag.text)
    calibration: Calibration = on_held_out
    where: Later = "held-out accounts"
    if later is not None:
        slice_ = rows.where(later)
        margin = model.margin(booster, slice_.matrix, settings.training.threads)
        calibration, where = fit_platt(margin, slice_.churned), "later dates"
    found = replace(segment, constant=None, calibration=calibration, booster=booster)
    return Conditional(found, bag.text, *counts, where, "")


def _bag(rows: Frame, segment: Segment, settings: Settings) -> model.Bag:
    """Return the bag; when a leaver goes may move either way with what is good in the long run."""
    parameters = proposed(len(rows)).parameters
    if segment.kind == "share":
        parameters = parameters | {"monotone_constraints": [0] * len(rows.features)}
    asked = settings.training
    return model.fit(rows, FOLDS, asked.seed, asked.threads, parameters=parameters)


def _shrunken(rows: Frame, prior: float) -> float:
    """Return the share per account, drawn towards ``prior``: rows of one account are one voice."""
    if not len(rows):
        return prior
    voices = len(np.unique(rows.account_ids.astype(str)))
    return (float(rows.churned.mean()) * voices + prior * PRIOR) / (voices + PRIOR)


def _slice(rows: Frame, gap: np.timedelta64) -> npt.NDArray[np.bool_] | None:
    """Return the latest rows to calibrate on: the fewest dates that hold enough, a quarter at most.

    None where they hold too little, or where too little settled before them remains to fit on.
    """
    dates = np.unique(rows.as_of)
    for count in range(1, len(dates) // 4 + 1):
        later = np.isin(rows.as_of, dates[-count:])
        left = rows.churned[later].sum()
        if min(left, later.sum() - left) < SLICE:
            continue
        rest = rows.churned[_settled(rows, later, gap)]
        enough = rest.sum() >= 2 * SLICE and (1 - rest).sum() >= 2 * SLICE
        return later if enough and 2 * len(rest) >= len(rows) else None
    return None


def _settled(
    rows: Frame, later: npt.NDArray[np.bool_], gap: np.timedelta64
) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = rows.as_of + gap <= rows.as_of[later].min()
    return found


def _better(rows: Frame, p: Floats) -> bool:
    """Whether held-out probabilities beat the share by more than a standard error over accounts."""
    share = np.full(len(p), rows.churned.mean())
    gain = _losses(rows.churned, share) - _losses(rows.churned, p)
    _, place = np.unique(rows.account_ids.astype(str), return_inverse=True)
    each = np.bincount(place, weights=gain)
    return bool(each.sum() > np.sqrt(((each - each.mean()) ** 2).sum()))


def _losses(churned: Floats, p: Floats) -> Floats:
    safe = np.clip(p, metrics.EPSILON, 1 - metrics.EPSILON)
    return -(churned * np.log(safe) + (1 - churned) * np.log1p(-safe))
