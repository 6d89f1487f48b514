"""A scorecard fitted on history as far as history allows: a prior, or weights held to the prior."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from features.catalog import Feature
from features.errors import KenshinError
from features.settings import Settings
from training import metrics, model
from training.calibration import Calibration
from training.frames import Frame
from training.scale import Scale
from training.scorecard import Scorecard, of_company
from training.scorecard.learning import learn
from training.scorecard.likelihood import margin, probability
from training.scorecard.reading import Reading, reading
from training.scorecard_bundle import chances

Floats = npt.NDArray[np.float64]
Folds = npt.NDArray[np.int64]

Stage = Literal["prior", "learned"]
"""``prior``: as given, no probability. ``learned``: what points are worth is learned from history,
and the weights too where that told leavers and stayers apart better."""


@dataclass(frozen=True)
class Carded:
    """A scorecard, and what it said of rows that it had not seen.

    Attributes
    ----------
    given : Scorecard
        As the company wrote it, or the starter.
    reading : Reading
        Of the scorecard that is shipped.
    scale : Scale or None
        What its points are worth; None for a prior.
    leavers, stayers : int
        Accounts in the rows.
    score, chance : ndarray of shape (n,)
        Of every row by cards that saw no row of its account, and what the unseen scores of other
        accounts made of it; NaN where withheld, and all of ``chance`` for a prior.
    """

    given: Scorecard
    reading: Reading
    scale: Scale | None
    leavers: int
    stayers: int
    score: Floats
    chance: Floats

    @property
    def stage(self) -> Stage:
        """How much of it is learned."""
        return "prior" if self.scale is None else "learned"

    @property
    def weights_learned(self) -> bool:
        """Whether its weights differ from those given."""
        return self.reading.scorecard.version != self.given.version


def given(features: Sequence[Feature], settings: Settings) -> Scorecard | None:
    """Return the company's scorecard; None where it has none that could be used, as a flat table.

    Raises
    ------
    SettingsError
        Where a scorecard is named in the settings and cannot be used.
    """
    try:
        return of_company(settings, features)
    except KenshinError:
        named = settings.scorecard.file is not None or (settings.root / "scorecard.toml").exists()
        if named:
            raise
        return None


def fit(scorecard: Scorecard, rows: Frame, settings: Settings) -> Carded:
    """Return the scorecard fitted on rows with known outcomes, and judged on them unseen.

    Below ``[scorecard].minimum_churns`` accounts that left (or stayed) nothing is learned. From
    there on what points are worth is; the learned weights replace the given ones only where they
    tell accounts apart better that they have not seen.
    """
    base = reading(scorecard, rows.features, rows.facts)
    score = base.tell(base.of_frame(rows)).score
    leavers, stayers = (_accounts(rows, outcome) for outcome in (1.0, 0.0))
    unknown = np.full(len(rows), np.nan)
    prior = Carded(scorecard, base, None, leavers, stayers, score, unknown)
    if min(leavers, stayers) < settings.scorecard.minimum_churns:
        return prior
    seed, count = settings.training.seed, settings.training.folds
    folds = model.account_folds(rows.inseparable, rows.churned, count, seed)
    as_given = _valued(prior, rows, score, folds)
    learned = _valued(_learned(prior, rows), rows, _unseen(prior, rows, folds), folds)
    return learned if _loss(learned, rows) < _loss(as_given, rows) else as_given


def _learned(prior: Carded, rows: Frame) -> Carded:
    base = prior.reading
    learned = learn(prior.given, base.past(rows), base.inputs, rows.churned)
    return replace(prior, reading=replace(base, scorecard=learned))


def _unseen(prior: Carded, rows: Frame, folds: Folds) -> Floats:
    """Return the score (n,) of every row by weights learned without its account."""
    score = np.empty(len(rows))
    for fold in np.unique(folds):
        inside = folds == fold
        read = _learned(prior, rows.where(~inside)).reading
        score[inside] = read.tell(read.of_frame(rows.where(inside))).score
    return score


def _valued(carded: Carded, rows: Frame, score: Floats, folds: Folds) -> Carded:
    """Return it with what its unseen scores (n,) are worth, and every row's chance unseen."""
    chance = np.empty(len(rows))
    for fold in np.unique(folds):
        inside = folds == fold
        worth = _worth(score[~inside], rows.where(~inside))
        chance[inside] = chances(worth, score[inside])
    return replace(carded, scale=_worth(score, rows), score=score, chance=chance)


def _worth(score: Floats, rows: Frame) -> Scale:
    found = probability(score, rows.churned, rows.account_ids)
    return Scale(_at(found, 80.0), _at(found, 50.0))


def _at(worth: Calibration, points: float) -> float:
    return float(worth.probability(margin(np.array([points])))[0])


def _loss(carded: Carded, rows: Frame) -> float:
    known = ~np.isnan(carded.chance)
    return float(metrics.losses(rows.churned[known], carded.chance[known]).mean())


def _accounts(rows: Frame, outcome: float) -> int:
    return len(np.unique(rows.account_ids[rows.churned == outcome].astype(str)))
