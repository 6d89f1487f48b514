"""Weights learned from who left: held to the weights given, never negative, in whole points.

What a card says as ``Σ weight · share`` is read as the log-odds of staying. The fit is a logistic
regression on the shares with coefficients of at least 0 (the direction of every rule stays as it is
written), maximum a posteriori: normal around the given weights, times one common slope that is
fitted too, so that only what the weights are against each other is held. The prior weighs as much
as ``prior_strength`` churned accounts. With no churn the card is the given one; with few it hardly
moves; with many the history decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.arrow import pa
from features.catalog import Feature
from training.reasons import round_points
from training.scorecard.card import Card, Scorecard
from training.scorecard.likelihood import POINTS, SLOPE, rows_per_leaver
from training.scorecard.scoring import Scored, score

Floats = npt.NDArray[np.float64]

PRIOR_STRENGTH = 50.0
"""The given weights count as much as so many churned accounts."""

EXPECTED_SLOPE = 100.0 / POINTS * SLOPE
"""Log-odds between 0 and 100 points, before anything is known."""
SLOPE_STRENGTH = 10.0
LEAST_SPREAD = 0.01
"""Variance from which an indicator's share is taken to vary; below, the prior decides alone."""


@dataclass(frozen=True)
class _Rows:
    """What one card is fitted on.

    Attributes
    ----------
    shares : ndarray of shape (n, k)
        Of the weighted indicators; what is ignored has the mean of the account's others, which is
        what sharing its weight comes to.
    bonus : ndarray of shape (n,)
        Points of bonuses over 100.
    churned : ndarray of shape (n,)
        1 or 0.
    repeats : float
        Rows per churned account.
    """

    shares: Floats
    bonus: Floats
    churned: Floats
    repeats: float


def learn(
    scorecard: Scorecard,
    table: "pa.Table",
    features: Sequence[Feature],
    churned: Floats,
    prior_strength: float = PRIOR_STRENGTH,
) -> Scorecard:
    """Return the scorecard with weights learned from what became of the rows.

    Parameters
    ----------
    table : pa.Table
        Snapshots of past instants. Only of the development period, or there is nothing to judge by.
    churned : ndarray of shape (n,)
        1 left within the horizon, 0 stayed, NaN unknown (left out).
    prior_strength : float
        The given weights count as much as so many churned accounts; 0 lets the history decide.

    Returns
    -------
    Scorecard
        Each card's weights in whole points that sum to 100; the very same card where it has no
        churn, or where the learned weights round to the given ones. Rules, bonuses, vetoes and
        cut-offs are not touched.
    """
    scored = score(scorecard, table, features)
    usable = ~np.isnan(churned) & ~np.isnan(scored.health_score)
    ids = table.column("account_id").cast(pa.string()).to_numpy(zero_copy_only=False)
    cards = []
    for card in scorecard.card:
        rows = np.flatnonzero(usable & (scored.card == card.code))
        left = churned[rows].sum() if len(rows) else 0.0
        if 0 < left < len(rows):
            material = _material(card, scored, rows, churned[rows], ids[rows])
            card = _with_weights(card, _coefficients(card, material, prior_strength))
        cards.append(card)
    return scorecard.model_copy(update={"card": tuple(cards)})


def _material(
    card: Card,
    scored: Scored,
    rows: npt.NDArray[np.int64],
    churned: Floats,
    account_ids: npt.NDArray[np.object_],
) -> _Rows:
    weights = _prior(card)
    shares = np.empty((len(rows), len(weights)))
    bonus = np.zeros(len(rows))
    for k, indicator in enumerate(card.weighted):
        shares[:, k] = indicator.share(scored.values[rows, scored.names.index(indicator.name)])
        if indicator.missing != "ignore":
            shares[:, k] = np.nan_to_num(shares[:, k])
    for indicator in card.indicator:
        if indicator.bonus is not None:
            met = indicator.bonus.holds(scored.values[rows, scored.names.index(indicator.name)])
            bonus += np.where(met, indicator.bonus.points / 100.0, 0.0)
    known = np.where(np.isnan(shares), 0.0, weights)
    whole = known.sum(axis=1)
    mean = (known * np.nan_to_num(shares)).sum(axis=1) / np.where(whole > 0, whole, 1.0)
    shares = np.where(np.isnan(shares), mean[:, None], shares)
    return _Rows(shares, bonus, churned, rows_per_leaver(churned, account_ids))


def _coefficients(card: Card, rows: _Rows, prior_strength: float) -> Floats:
    """Return the coefficients (k,), each at least 0, at the maximum a posteriori.

    Minimised over level, slope ``g`` and coefficients ``b``, which is convex:
    ``−log-likelihood / repeats + s/2 · Σ v (b − g·w)² + t/2 · V (g − g₀)²``, with ``v`` the
    variance of each share, ``w`` the given weights and ``V`` the variance of their sum.
    """
    from scipy.optimize import minimize  # 40 MB that serving never needs

    prior = _prior(card)
    centre = rows.shares.mean(axis=0)
    shares = rows.shares - centre
    spread = (max(prior_strength, 1e-6)) * np.maximum(shares.var(axis=0), LEAST_SPREAD)
    held = SLOPE_STRENGTH * max(float((shares @ prior).var()), LEAST_SPREAD)
    bonus = rows.bonus - rows.bonus.mean()

    def loss(guess: Floats) -> tuple[float, Floats]:
        level, slope, coefficients = guess[0], guess[1], guess[2:]
        log_odds = level - shares @ coefficients - slope * bonus
        away = coefficients - slope * prior
        value = (np.logaddexp(0.0, log_odds) - rows.churned * log_odds).sum() / rows.repeats
        value += 0.5 * (spread * away**2).sum() + 0.5 * held * (slope - EXPECTED_SLOPE) ** 2
        error = (1 / (1 + np.exp(-log_odds)) - rows.churned) / rows.repeats
        by_slope = -(error @ bonus) - (spread * away * prior).sum()
        by_slope += held * (slope - EXPECTED_SLOPE)
        return float(value), np.r_[error.sum(), by_slope, -(error @ shares) + spread * away]

    rate = float(np.clip(rows.churned.mean(), 1e-6, 1 - 1e-6))
    start = np.r_[np.log(rate / (1 - rate)), EXPECTED_SLOPE, EXPECTED_SLOPE * prior]
    bounds = [(None, None), (0.0, None), *[(0.0, None)] * len(prior)]
    options = {"maxiter": 2000, "ftol": 1e-13, "gtol": 1e-9}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    return np.asarray(found.x[2:], dtype=np.float64)


def _with_weights(card: Card, coefficients: Floats) -> Card:
    """Return the card with weights in proportion to coefficients (k,), as whole points of 100."""
    total = float(coefficients.sum())
    if not total > 0:
        return card
    learned = round_points((100.0 * coefficients / total).tolist(), 100.0)
    if learned == round_points((100.0 * _prior(card)).tolist(), 100.0):
        return card
    by_name = dict(zip((i.name for i in card.weighted), learned, strict=True))
    kept = tuple(
        i.model_copy(update={"weight": by_name[i.name]}) if i.is_weighted else i
        for i in card.indicator
    )
    return card.model_copy(update={"indicator": kept})


def _prior(card: Card) -> Floats:
    """Return the given weights (k,) of the weighted indicators; they sum to 1."""
    return np.array([card.shares_of_100[i.name] for i in card.weighted]) / 100.0
