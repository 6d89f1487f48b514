"""How well a scorecard told leavers from stayers on later rows, whole and per card."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from features.arrow import pa
from features.catalog import Feature
from features.settings import Bands
from training import metrics
from training.calibration import Calibration
from training.scale import EDGE
from training.scorecard.card import Scorecard
from training.scorecard.likelihood import margin, probability
from training.scorecard.scoring import Scored, score

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Json = dict[str, Any]

FEWEST = 5
"""With fewer leavers or stayers nothing is said of how well they were told apart."""


@dataclass(frozen=True)
class Past:
    """Rows whose outcome is known.

    Attributes
    ----------
    table : pa.Table
        Snapshots of past instants.
    churned : ndarray of shape (n,)
        1 left within the horizon, 0 stayed; never unknown.
    """

    table: "pa.Table"
    features: Sequence[Feature]
    churned: Floats

    @property
    def account_ids(self) -> npt.NDArray[np.object_]:
        """The account of each row (n,)."""
        column = self.table.column("account_id").cast(pa.string())
        return np.asarray(column.to_numpy(zero_copy_only=False), dtype=object)

    def where(self, keep: Flags) -> "Past":
        """Return the rows where ``keep`` (n,) is true."""
        return Past(self.table.filter(pa.array(keep)), self.features, self.churned[keep])


def level(scorecard: Scorecard, past: Past) -> Calibration:
    """Return what the scores of a scorecard were worth in the past: see `probability`."""
    scored = score(scorecard, past.table, past.features)
    return probability(scored.health_score, past.churned, past.account_ids)


def judged(
    scorecard: Scorecard, calibration: Calibration, past: Past, bands: Bands, seed: int
) -> Json:
    """Return how well the scores stood up to what became of the rows.

    Parameters
    ----------
    calibration : Calibration
        Of `level`, from earlier rows than these.
    past : Past
        Rows that neither weights nor calibration were fitted on.

    Returns
    -------
    dict
        ``whole`` and, by card code, ``cards``: ``rows``, ``accounts``, ``churns``, ``withheld``
        (rows without a score), ``auc`` and ``log_loss`` with 90 % intervals over resampled
        accounts, ``red`` and ``red_churns``, ``recall_red`` and ``precision_red`` with 90 %
        intervals that count accounts (`metrics.share`). AUC and log loss are None where there are
        fewer than `FEWEST` leavers or stayers, the shares where there is nothing to share.
    """
    scored = score(scorecard, past.table, past.features)
    limit = {card.code: scorecard.bands_of(card.code, bands).red for card in scorecard.card}
    red = scored.health_score <= np.array([limit[code] for code in scored.card]) + EDGE
    cards = {
        card.code: _figures(scored, scored.card == card.code, red, calibration, past, seed)
        for card in scorecard.card
    }
    everyone = np.ones(len(scored), dtype=bool)
    whole = _figures(scored, everyone, red, calibration, past, seed)
    return {"version": scorecard.version, "whole": whole, "cards": cards}


def gain(
    old: Scorecard, new: Scorecard, levels: tuple[Calibration, Calibration], past: Past, seed: int
) -> Json:
    """Return by how much ``new`` is better than ``old`` on the same rows, with 90 % intervals.

    ``auc`` and ``log_loss`` of the new less those of the old, over resampled accounts: better is
    above 0 for the first, below 0 for the second.
    """
    scores = [score(card, past.table, past.features).health_score for card in (old, new)]
    both = ~np.isnan(scores[0]) & ~np.isnan(scores[1])
    y, ids = past.churned[both], past.account_ids[both]
    if not FEWEST <= y.sum() <= len(y) - FEWEST:
        return {"auc": None, "log_loss": None}
    p = [c.probability(margin(s[both])) for c, s in zip(levels, scores, strict=True)]
    weights = [np.ones(len(y)), *metrics.resampled(ids, seed)]
    result: Json = {}
    for name, metric in (("auc", metrics.auc), ("log_loss", metrics.log_loss)):
        steps = np.array([metric(y, p[1], w) - metric(y, p[0], w) for w in weights])
        spread = steps[1:][~np.isnan(steps[1:])]  # a resample without a leaver has no AUC
        low, high = np.quantile(spread, [0.05, 0.95])
        result[name] = {"value": float(steps[0]), "low": float(low), "high": float(high)}
    return result


def _figures(
    scored: Scored, rows: Flags, is_red: Flags, calibration: Calibration, past: Past, seed: int
) -> Json:
    given = rows & ~np.isnan(scored.health_score)
    y, ids, health = past.churned[given], past.account_ids[given], scored.health_score[given]
    red = is_red[given]
    figures: Json = {
        "rows": int(rows.sum()),
        "accounts": len(np.unique(past.account_ids[rows].astype(str))),
        "churns": int(past.churned[rows].sum()),
        "withheld": int((rows & ~given).sum()),
        "red": int(red.sum()),
        "red_churns": int(y[red].sum()),
        "recall_red": metrics.share(red[y > 0].astype(np.float64), ids[y > 0]),
        "precision_red": metrics.share(y[red], ids[red]),
        "auc": None,
        "log_loss": None,
    }
    if FEWEST <= y.sum() <= len(y) - FEWEST:
        p = calibration.probability(margin(health))
        figures |= metrics.measured(y, p, ids, seed, ("auc", "log_loss"))
    return figures
