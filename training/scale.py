"""The health score: a fixed linear function of the calibrated log-odds, and its bands.

The anchors stay fixed once chosen, so that the same risk has the same number under every later
model; like a credit scorecard, so many points down doubles the odds of leaving.
"""

import json
import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from features.errors import SettingsError
from features.settings import Bands, Settings

Floats = npt.NDArray[np.float64]
Band = Literal["green", "yellow", "red"]

EDGE = 1e-9
"""A score this close to a cut-off counts as on it: p = p80 is green whatever the last bit says."""


@dataclass(frozen=True)
class Scale:
    """``score = clip(offset − points_per_logit · logit(p), 0, 100)``.

    Attributes
    ----------
    p80, p50 : float
        Probability of churn within the headline horizon that is worth 80 and 50 points.
    """

    p80: float
    p50: float

    @cached_property
    def points_per_logit(self) -> float:
        """Points lost when the log-odds of leaving rise by one."""
        return 30.0 / (float(logit(self.p50)) - float(logit(self.p80)))

    @cached_property
    def offset(self) -> float:
        """Points at even odds of leaving, before clipping."""
        return 80.0 + self.points_per_logit * float(logit(self.p80))

    def raw(self, log_odds: npt.ArrayLike) -> Floats:
        """Return the unclipped score of log-odds of leaving, of any shape."""
        return self.offset - self.points_per_logit * np.asarray(log_odds, dtype=np.float64)

    def score(self, probability: npt.ArrayLike) -> Floats:
        """Return the health score, in [0, 100], of probabilities in (0, 1)."""
        return np.minimum(np.maximum(self.raw(logit(probability)), 0.0), 100.0)

    def probability(self, score: float) -> float:
        """Return the probability that is worth ``score`` points."""
        return 1 / (1 + math.exp((score - self.offset) / self.points_per_logit))


HEALTHY_MOST = 0.20
RED_AT_THE_LATEST = 0.50


def logit(probability: npt.ArrayLike) -> Floats:
    """Return the log-odds of probabilities in (0, 1)."""
    p = np.asarray(probability, dtype=np.float64)
    return np.asarray(np.log(p) - np.log1p(-p), dtype=np.float64)


def propose(base_rate: float) -> Scale:
    """Return anchors for a base rate in (0, 1), as probabilities of two significant digits.

    80 points are worth the base odds divided by 1.4, 50 points the base odds times 4.9: the average
    account then stands in the mid-eighties (few leave, so most stand below the base rate). Where
    leaving is common the anchors are absolute: nobody who is likelier to leave than `HEALTHY_MOST`
    is called healthy, and nobody likelier to leave than to stay is not called red.
    """
    odds = base_rate / (1 - base_rate)
    return Scale(
        min(_two_digits(odds / 1.4), HEALTHY_MOST), min(_two_digits(odds * 4.9), RED_AT_THE_LATEST)
    )


def settle(settings: Settings, base_rate: float) -> Scale:
    """Return the company's anchors: the settings', else those kept, else a proposal.

    Raises
    ------
    SettingsError
        Where only one anchor is set, or 80 points would not be the smaller risk.
    """
    given, path = settings.scale, kept_at(settings)
    if (given.p80 is None) != (given.p50 is None):
        raise SettingsError(
            "both anchors of [scale], or neither",
            f"p80 = {given.p80}, p50 = {given.p50}",
            "Set p80 and p50 together.",
        )
    if given.p80 is not None and given.p50 is not None:
        return checked(Scale(given.p80, given.p50))
    if path.exists():
        kept = json.loads(path.read_text(encoding="utf-8"))
        return checked(Scale(kept["p80"], kept["p50"]))
    return propose(base_rate)


def kept_at(settings: Settings) -> Path:
    """Return where the anchors of the first training are kept."""
    return settings.workspace / "scale.json"


def keep(scale: Scale, path: Path) -> None:
    """Write the anchors to ``path``, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps({"p80": scale.p80, "p50": scale.p50}), encoding="utf-8")
    temporary.replace(path)


def checked(scale: Scale) -> Scale:
    """Return ``scale`` where 80 points are a smaller risk than 50.

    Raises
    ------
    SettingsError
        Where they are not.
    """
    if not 0 < scale.p80 < scale.p50 < 1:
        raise SettingsError(
            "0 < p80 < p50 < 1 (80 points are the smaller risk)",
            f"p80 = {scale.p80}, p50 = {scale.p50}",
            "Correct [scale], or remove scale.json from the workspace to have it proposed again.",
        )
    return scale


def band(score: float, bands: Bands) -> Band:
    """Return the band of an unrounded score: green at or above, red at or below its cut-off."""
    if score >= bands.green - EDGE:
        return "green"
    return "red" if score <= bands.red + EDGE else "yellow"


def shown(score: float, bands: Bands) -> int:
    """Return the integer that is shown for a score.

    The nearest integer, moved by one where rounding would leave the band: 79.99 is yellow and
    shows 79, 50.01 is yellow and shows 51.
    """
    nearest = math.floor(score + 0.5)
    if band(nearest, bands) == band(score, bands):
        return nearest
    inside = (n for n in (nearest - 1, nearest + 1) if band(n, bands) == band(score, bands))
    return next(inside, nearest)


def _two_digits(odds: float) -> float:
    return float(f"{odds / (1 + odds):.2g}")
