"""What a bundle says of accounts one by one, in plain numbers: what a request for a few asks for.

The same numbers as the arrays of `training.bundle` give, to the last bit where their own methods
are asked, in a small part of the time: a single row spends nearly all of it on the calls of numpy.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from features.settings import Bands
from training.bundle import Bundle, ModelBundle
from training.calibration import HIGHEST, LOWEST
from training.tree_shap.small import SmallTrees

Floats = npt.NDArray[np.float64]

EDGE = 1e-4
"""Tenths of a score nearer to the edge of a range may lie on the other side by rounding."""


class Alone(NamedTuple):
    """One account.

    Attributes
    ----------
    withheld : str or None
        Why this very model or scorecard gives no score.
    probability : float
        P(churn within the headline horizon); NaN where there is none.
    low, high : float
        What became of past accounts in this range of scores; NaN without a scale.
    score : float
        Health score in [0, 100], unrounded.
    baseline : float
    points : ndarray of shape (f,)
    chances : list of float
        By each of the bundle's ``horizon_days``.
    cuts : Bands
    """

    withheld: str | None
    probability: float
    low: float
    high: float
    score: float
    baseline: float
    points: Floats
    chances: list[float]
    cuts: Bands


class Teller:
    """A bundle that is asked about accounts one by one.

    Parameters
    ----------
    bundle : Bundle
    """

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self._quick = _quick(bundle)

    def tell(self, rows: Floats) -> list[Alone]:
        """Return what the bundle says of each encoded row (n, f)."""
        quick = self._quick
        if quick is None:
            return list(_told(self.bundle, rows))
        return [quick.tell(row) for row in rows]


def _told(bundle: Bundle, rows: Floats) -> Iterator[Alone]:
    """Yield what the arrays say."""
    explained = bundle.explain(rows)
    chances = bundle.chances(rows, explained.probability).tolist()
    _, _, low, high = bundle.range_record(explained.probability)
    cuts, withheld = bundle.cuts(rows), bundle.withheld(rows)
    for i, why in enumerate(withheld):
        yield Alone(
            why, float(explained.probability[i]), float(low[i]), float(high[i]),
            float(explained.score[i]), explained.baseline, explained.points[i], chances[i], cuts[i],
        )  # fmt: skip


def _quick(bundle: Bundle) -> "_Quick | None":
    """Return the short way; None where the trees are too large for it."""
    if not isinstance(bundle, ModelBundle) or bundle.tables is None:
        return None
    return _Quick(bundle, bundle.tables)


class _Quick:
    """The steps of `ModelBundle` for one row, in Python's own numbers."""

    def __init__(self, bundle: ModelBundle, trees: SmallTrees) -> None:
        self.bundle, self.trees, self.curve = bundle, trees, bundle.curve
        calibration, scale = bundle.calibration, bundle.scale
        self.factor = -scale.points_per_logit * calibration.steepness(trees.base)
        self.baseline = float(scale.raw(calibration.log_odds(np.array([trees.base])))[0])
        _, _, low, high = bundle.ranges
        self.ranges = list(zip(low.tolist(), high.tolist(), strict=True))
        segments = () if self.curve is None else self.curve.segments
        modelled = [s.calibration for s in segments if s.calibration is not None]
        self.log_odds_of = [one.log_odds_of for one in modelled]
        self.constants = [None if s.calibration is not None else s.constant for s in segments]

    def tell(self, row: Floats) -> Alone:
        """Return what the model says of one encoded row (f,)."""
        bundle = self.bundle
        (margin, *margins), points = self.trees.both(row)
        points = points[:-1]
        points *= self.factor
        points += 0.0  # no negative zeros
        log_odds = bundle.calibration.log_odds_of(margin)
        raw = bundle.scale.offset - bundle.scale.points_per_logit * log_odds
        probability, chances = self._chances(log_odds, margins)
        low, high = self._range(probability, raw)
        rules = bundle.withholding
        return Alone(
            withheld=None if rules is None else rules.reason(bundle.features, row),
            probability=probability,
            low=low,
            high=high,
            score=min(max(raw, 0.0), 100.0),
            baseline=self.baseline,
            points=points,
            chances=chances,
            cuts=bundle.bands,
        )

    def _chances(self, log_odds: float, margins: Sequence[float]) -> tuple[float, list[float]]:
        """Return the headline probability, and those of the curve around it."""
        curve = self.curve
        asked = [0.5 * log_odds]
        for log_odds_of, margin in zip(self.log_odds_of, margins, strict=True):
            asked.append(0.5 * log_odds_of(margin))
        # Numpy's own tanh, whose last bit is not that of the C library's.
        bent = np.tanh(asked).tolist()
        headline, *found = [min(max(0.5 * (1.0 + one), LOWEST), HIGHEST) for one in bent]
        if curve is None:
            return headline, []
        modelled = iter(found)
        within = [next(modelled) if one is None else one for one in self.constants]
        return headline, curve.around(headline, within)

    def _range(self, probability: float, raw: float) -> tuple[float, float]:
        """Return what became of accounts in the range of scores that holds ``raw``.

        At an edge the probability decides, as in the arrays: one is the other but for rounding.
        """
        score = raw
        is_held = not LOWEST < probability < HIGHEST
        if is_held or abs(raw / 10 - round(raw / 10)) < EDGE:
            scale = self.bundle.scale
            logit = float(np.log(probability) - np.log1p(-probability))
            score = scale.offset - scale.points_per_logit * logit
        return self.ranges[int(min(max(score, 0.0) // 10, 9.0))]
