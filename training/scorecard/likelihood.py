"""How likely an account with a score of a card is to leave: Platt on the score, shrunken.

A card has a score on the first day and a probability only by what became of its scores. Few churns
cannot settle two parameters, so both are held to what is expected beforehand, as if a stated number
of accounts had already left by it.
"""

import math

import numpy as np
import numpy.typing as npt

from training.calibration import Calibration

Floats = npt.NDArray[np.float64]

BASE_RATE = 0.05
"""Share that leaves within the horizon, as long as nothing is known."""
BASE_RATE_ACCOUNTS = 20.0
"""So many accounts' worth is that."""
STRENGTH = 10.0
"""So many churns' worth is the expected slope."""

POINTS = 10.0
"""The margin is −score / `POINTS`, so that its slope is near one."""
HEALTHY, UNHEALTHY = 1 / 1.4, 4.9
"""Odds of leaving at 80 and at 50 points, against the odds of all (`scale.propose`)."""
SLOPE = POINTS * math.log(UNHEALTHY / HEALTHY) / 30.0


def margin(health_score: Floats) -> Floats:
    """Return what `probability` calibrates: higher is likelier to leave."""
    return np.asarray(-health_score / POINTS, dtype=np.float64)


def probability(
    health_score: Floats,
    churned: Floats,
    account_ids: npt.NDArray[np.object_] | None = None,
    *,
    base_rate: float = BASE_RATE,
    strength: float = STRENGTH,
) -> Calibration:
    """Return the calibration of a card's scores on what became of them.

    Parameters
    ----------
    health_score : ndarray of shape (n,)
        Of past instants; NaN (withheld) is left out.
    churned : ndarray of shape (n,)
        1 left within the horizon, 0 stayed, NaN unknown (left out).
    account_ids : ndarray of shape (n,), optional
        One account's rows count as one account.
    base_rate : float
        Expected share of leavers, as long as nothing is known.
    strength : float
        So many churned accounts' worth is the expected slope.

    Returns
    -------
    Calibration
        ``calibration.probability(margin(health_score))``. With no churn the slope is the expected
        one, and the level that of the base rate after that many accounts have stayed. The slope is
        never negative: a higher score is never likelier to leave.

    Notes
    -----
    Maximum a posteriori of a logistic regression: normal around the log of the expected slope, with
    the information of ``strength`` churns spread like the scores; and `BASE_RATE_ACCOUNTS` accounts
    at the base rate. Platt, J. (1999), "Probabilistic outputs for support vector machines".
    """
    from scipy.optimize import minimize  # 40 MB that serving never needs

    known = ~np.isnan(health_score) & ~np.isnan(churned)
    x, y = margin(health_score[known]), churned[known]
    centre = float(x.mean() if len(x) else margin(np.array([80.0]))[0])
    spread = float(np.var(x)) if len(x) > 1 else 1.0
    repeats = rows_per_leaver(y, None if account_ids is None else account_ids[known])
    expected = math.log(base_rate / (1 - base_rate))

    def loss(guess: Floats) -> float:
        level, slope = float(guess[0]), SLOPE * math.exp(float(guess[1]))
        log_odds = level + slope * (x - centre)
        fit = np.logaddexp(0.0, log_odds).sum() - (y * log_odds).sum()
        prior = BASE_RATE_ACCOUNTS * (np.logaddexp(0.0, level) - base_rate * level)
        held = 0.5 * strength * max(spread, 0.25) * (SLOPE * float(guess[1])) ** 2
        return float(fit / repeats + prior + held)

    found = minimize(loss, np.array([expected, 0.0]), method="BFGS", options={"gtol": 1e-8})
    level, slope = float(found.x[0]), SLOPE * math.exp(float(found.x[1]))
    return Calibration(slope, level - slope * centre)


def rows_per_leaver(churned: Floats, account_ids: npt.NDArray[np.object_] | None) -> float:
    """Return how many rows one leaver has, so that rows count as what they are worth."""
    if account_ids is None or not churned.any():
        return 1.0
    leavers = np.unique(account_ids[churned > 0].astype(str))
    return float(churned.sum() / len(leavers))
