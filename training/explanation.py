"""A probability taken apart: the points of every feature, which sum to the health score."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.calibration import Calibration, probability
from training.scale import Scale
from training.shares import Shares

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Explanation:
    """Probabilities, scores and the points that make them.

    Attributes
    ----------
    probability : ndarray of shape (n,)
        P(churn within the headline horizon), in (0, 1).
    score : ndarray of shape (n,)
        Health score in [0, 100], unrounded.
    baseline : float
        Points of the average training row.
    points : ndarray of shape (n, f)
        One per feature, negative where it counts against the account.
    clip : ndarray of shape (n,)
        What clipping at 0 or 100 took or gave:
        ``baseline + points.sum(1) + bend + clip == score``.
    bend : ndarray of shape (n,), or None
        What a calibration that bends adds to or takes from the line on which the points lie; None
        where it is a line, which is nearly always.
    """

    probability: Floats
    score: Floats
    baseline: float
    points: Floats
    clip: Floats
    bend: Floats | None = None


def scored(
    shares: Shares, calibration: Calibration, scale: Scale, matrix: Floats, threads: int = 1
) -> tuple[Floats, Floats]:
    """Return probabilities (n,) and unrounded scores (n,) of encoded rows (n, f), without reasons.

    To the last bit those of `explain`, in a small part of its time.
    """
    log_odds = calibration.log_odds(shares.margin(matrix, threads))
    return probability(log_odds), np.clip(scale.raw(log_odds), 0.0, 100.0)


def explain(
    shares: Shares,
    calibration: Calibration,
    scale: Scale,
    matrix: Floats,
    threads: int = 1,
    margin: Floats | None = None,
) -> Explanation:
    """Return probabilities, scores and exact points of encoded rows (n, f).

    The margin is base + Σ SHAP, ``logit(p)`` is affine in the margin and the score affine in
    ``logit(p)``: so every SHAP value times one constant is a number of points. Where calibration
    bends, the constant is its steepness at the base, and what is missing is the row ``bend``.

    Parameters
    ----------
    margin : ndarray of shape (n,), optional
        Of the same rows by the same booster, where it is known already.
    """
    if margin is None:
        margin, given = shares.both(matrix, threads)
    else:
        given = shares.of(matrix, threads)
    log_odds = calibration.log_odds(margin)
    raw = scale.raw(log_odds)
    base = given[0, -1] if len(given) else 0.0
    score = np.minimum(np.maximum(raw, 0.0), 100.0)
    points = given[:, :-1]
    points *= -scale.points_per_logit * calibration.steepness(base)
    points += 0.0  # no negative zeros
    baseline = float(scale.raw(calibration.log_odds(np.array([base])))[0])
    return Explanation(
        probability=probability(log_odds),
        score=score,
        baseline=baseline,
        points=points,
        clip=score - raw,
        bend=raw - baseline - points.sum(axis=1) if calibration.bend else None,
    )
