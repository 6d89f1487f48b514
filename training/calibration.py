"""From the margin of the trees to a probability that means what it says.

Platt's method (two parameters on the margin) is monotone and affine in log-odds: it reorders
nobody and keeps every reason proportional to its SHAP value. Beta calibration (Kull, Silva Filho
and Flach 2017: one parameter more, another steepness among the safe than among the risky) is
monotone too but bends, and what the bend adds is a line of its own in every explanation. It is
taken only where it beats Platt by more than the standard error on at least `BETA_CHURNS` leavers
(`choose`). Isotonic regression ties scores and is never used.

With a long history (`split`) the calibration is fitted on a slice later than everything the model
was trained on, and judged later still. With a short one keeping dates back costs more than it buys
(online_retail 60 days: log loss .601 instead of .593; crm6: AUC .733 instead of .777). Then the
released model is fitted on the whole development period and its calibration on held-out margins:
every row's margin comes from models that saw no row of its account. Whether that carries over in
time is measured first, on genuinely later data: a check model fitted before the calibration slice
predicts the slice (`later_check`). Only where the level moved by more than it moves from date to
date anyway is it taken from the slice alone; taking it always made every retail task worse.

These comparisons were made on the test periods of docs/results.md: its figures are a little too
good for this design.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

BETA_CHURNS = 1_000
"""So many accounts must have left in the calibration slice before a bend is looked for."""

BETA_FOLDS = 5
"""Both methods are compared on accounts that neither was fitted on."""

LOWEST, HIGHEST = 1e-9, 1 - 1e-9
"""No probability is beyond."""

SLOPES = (0.2, 5.0)
"""A fitted slope outside says that the slice is too small or the ranking does not carry over."""


@dataclass(frozen=True)
class Calibration:
    """``logit(p) = slope · margin + bend · softplus(margin) + intercept``.

    With ``softplus(m) = log(1 + exp(m))`` this is beta calibration of ``s = sigmoid(margin)``,
    ``a · ln s − b · ln(1 − s) + c``, for ``slope = a`` and ``bend = b − a``; without a bend it is
    Platt's line. It rises strictly as long as ``slope > 0`` and ``slope + bend > 0``.

    Attributes
    ----------
    method : {"platt", "shift", "beta"}
        ``shift`` moves the level only (slope 1), the fall-back where a slope cannot be trusted.
    note : str
        Why it is the fall-back, or by how much beta was better.
    bend : float
        By how much steeper the line is among the riskiest than among the safest; 0 but for beta.
    """

    slope: float
    intercept: float
    method: Literal["platt", "shift", "beta"] = "platt"
    note: str = ""
    bend: float = 0.0

    def log_odds(self, margin: Floats) -> Floats:
        """Return calibrated log-odds of the same shape as ``margin``."""
        line = self.slope * margin + self.intercept
        return line + self.bend * np.logaddexp(0.0, margin) if self.bend else line

    def log_odds_of(self, margin: float) -> float:
        """Return the calibrated log-odds of one margin."""
        line = self.slope * margin + self.intercept
        return line + self.bend * float(np.logaddexp(0.0, margin)) if self.bend else line

    def steepness(self, margin: float) -> float:
        """Return how fast the log-odds rise at a margin; the slope where nothing bends."""
        return self.slope + self.bend * float(probability(np.array([margin]))[0])

    def probability(self, margin: Floats) -> Floats:
        """Return calibrated probabilities, always inside (0, 1)."""
        return probability(self.log_odds(margin))


def probability(log_odds: Floats) -> Floats:
    """Return 1 / (1 + exp(−log_odds)), kept inside (0, 1)."""
    p = 0.5 * (1.0 + np.tanh(0.5 * np.asarray(log_odds, dtype=np.float64)))
    # Not np.clip, which costs a single row more than all the rest of this.
    return np.minimum(np.maximum(p, LOWEST), HIGHEST)


def fit_platt(margin: Floats, churned: Floats, minimum_churns: int = 20) -> Calibration:
    """Return the calibration of margins (n,) on outcomes (n,) in {0, 1} later than training.

    Maximum likelihood with Platt's targets ((k + 1)/(k + 2) and 1/(m + 2)), so that perfectly
    separated slices stay finite. With fewer than ``minimum_churns`` on either side, or a slope
    outside `SLOPES` (a ranking upside down must not be turned round silently), only the level
    is moved.
    """
    left = int(churned.sum())
    smaller = min(left, len(churned) - left)
    if smaller < minimum_churns:
        return _shift(margin, churned, f"only {smaller} accounts on the smaller side")
    target = np.where(churned > 0, (left + 1) / (left + 2), 1 / (len(churned) - left + 2))
    slope, intercept = _newton(margin[:, None], target)
    if not SLOPES[0] <= slope <= SLOPES[1]:
        return _shift(margin, churned, f"the fitted slope {slope:.3g} cannot be trusted")
    return Calibration(slope, intercept)


def choose(
    margin: Floats, churned: Floats, accounts: npt.NDArray[np.object_], least: int = BETA_CHURNS
) -> Calibration:
    """Return Platt's calibration, or beta's where that is better beyond doubt.

    Both are fitted on four fifths of the accounts and compared on the last fifth, in turn. Beta is
    taken where its mean log loss is lower by more than the standard error of the difference, whose
    unit is the account, and at least ``least`` accounts left.

    Parameters
    ----------
    margin, churned : ndarray of shape (n,)
        Of rows the trees have not seen.
    accounts : ndarray of shape (n,), object
        Whose rows they are.
    """
    line = fit_platt(margin, churned)
    names, place = np.unique(accounts.astype(str), return_inverse=True)
    if line.method != "platt" or len(np.unique(place[churned > 0])) < least:
        return line
    bent = fit_beta(margin, churned)
    if bent is None:
        return line
    gain = np.zeros(len(names))
    fold = np.random.default_rng(len(names)).permutation(len(names))[place] % BETA_FOLDS
    for number in range(BETA_FOLDS):
        inside, outside = fold != number, fold == number
        other = fit_beta(margin[inside], churned[inside])
        if other is None:
            return line
        usual = fit_platt(margin[inside], churned[inside])
        better = _losses(usual, margin[outside], churned[outside])
        better -= _losses(other, margin[outside], churned[outside])
        gain += np.bincount(place[outside], weights=better, minlength=len(names))
    mean = float(gain.sum()) / len(margin)
    error = float(np.sqrt(((gain - gain.mean()) ** 2).sum())) / len(margin)
    if mean <= error:
        return line
    return replace(bent, note=f"log loss {mean:.5f} ± {error:.5f} below Platt's")


def fit_beta(margin: Floats, churned: Floats) -> Calibration | None:
    """Return beta calibration by maximum likelihood; None where a steepness leaves `SLOPES`.

    Both ends must rise: a map that is flat at one end would tie accounts.
    """
    left = int(churned.sum())
    target = np.where(churned > 0, (left + 1) / (left + 2), 1 / (len(churned) - left + 2))
    bowed = np.logaddexp(0.0, margin)
    slope, bend, intercept = _newton(np.column_stack([margin, bowed]), target)
    if not all(SLOPES[0] <= end <= SLOPES[1] for end in (slope, slope + bend)):
        return None
    return Calibration(slope, intercept, "beta", bend=bend)


def _losses(calibration: Calibration, margin: Floats, churned: Floats) -> Floats:
    p = calibration.probability(margin)
    return -(churned * np.log(p) + (1 - churned) * np.log1p(-p))


@dataclass(frozen=True)
class LaterCheck:
    """How a model fitted before the calibration slice fared on it.

    Attributes
    ----------
    slope : float
        Of Platt on the slice, 1 where confidence carries over; NaN with too few churns.
    shift : float
        Log-odds by which the slice's level lies above what was predicted.
    error : float
        Standard error of ``shift``: sampling, and the spread between training dates.
    """

    slope: float
    shift: float
    error: float

    @property
    def moved(self) -> bool:
        """Whether the level moved by more than noise."""
        return abs(self.shift) > 2 * self.error


def later_check(
    calibration: Calibration,
    margin: Floats,
    churned: Floats,
    earlier: Sequence[tuple[Floats, Floats]],
) -> LaterCheck:
    """Return how calibrated margins (n,) fared on later outcomes (n,).

    Parameters
    ----------
    earlier : sequence of (margin, churned)
        Held-out margins and outcomes of each training date, to learn how far the level of a single
        date strays when nothing has changed.
    """
    log_odds = calibration.log_odds(margin)
    fitted = fit_platt(log_odds, churned)
    strays = [level(calibration.log_odds(m), y) for m, y in earlier if 0 < y.sum() < len(y)]
    spread = float(np.std(strays, ddof=1)) if len(strays) > 2 else 0.1
    p = probability(log_odds)
    sampling = 1 / float(np.sqrt((p * (1 - p)).sum()))
    return LaterCheck(
        slope=fitted.slope if fitted.method == "platt" else float("nan"),
        shift=level(log_odds, churned),
        error=float(np.hypot(sampling, spread)),
    )


def level(log_odds: Floats, churned: Floats) -> float:
    """Return what to add to log-odds (n,) so that the mean probability is the share who left."""
    return _shift(log_odds, churned, "").intercept


def _newton(columns: Floats, target: Floats) -> tuple[float, ...]:
    """Return the weights of a logistic fit on columns (n, k), the intercept last."""
    centre = columns.mean(axis=0)
    width = columns.shape[1]
    design = np.column_stack([columns - centre, np.ones(len(columns))])
    weights = np.zeros(width + 1)
    weights[0], weights[-1] = 1.0, _log_odds_of(target.mean())
    ridge = 1e-9 * np.eye(width + 1)
    for _ in range(100):
        p = probability(design @ weights)
        gradient = design.T @ (p - target)
        hessian = (design * (p * (1 - p))[:, None]).T @ design + ridge
        step = np.linalg.solve(hessian, gradient)
        step *= min(1.0, 2.0 / (float(np.abs(step).max()) + 1e-300))
        weights = weights - step
        if np.abs(step).max() < 1e-10:
            break
    intercept = weights[-1] - weights[:-1] @ centre
    return (*map(float, weights[:-1]), float(intercept))


def _shift(margin: Floats, churned: Floats, note: str) -> Calibration:
    """Return slope 1 and the intercept at which the mean probability is the (smoothed) share."""
    share = (churned.sum() + 0.5) / (len(churned) + 1)
    low, high = -40.0, 40.0
    for _ in range(100):
        middle = (low + high) / 2
        if probability(margin + middle).mean() < share:
            low = middle
        else:
            high = middle
    return Calibration(1.0, (low + high) / 2, "shift", note)


def _log_odds_of(share: float) -> float:
    return float(np.log(share / (1 - share)))
