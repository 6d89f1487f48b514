"""What is known about a scorecard's quality, in the form a model's evaluation has."""

from typing import Any

import numpy as np
import numpy.typing as npt

from features.catalog import Words
from features.settings import Settings
from training import checks, evaluation, metrics
from training.carded import Carded
from training.frames import Frame
from training.scale import EDGE

Floats = npt.NDArray[np.float64]
Json = dict[str, Any]

BY_ORDER = ("auc", "average_precision", "recall_worst_tenth", "lift_worst_tenth")
"""Figures that need no probability."""

DESIGN = {
    "prior": "Nothing was fitted: the scorecard is as given, so all the history there is may judge "
    "it.",
    "learned": "Judged in {folds} folds of accounts: weights and what points are worth were "
    "learned without the account they are judged on. Real use is later; expect a little less.",
}


def document(
    carded: Carded,
    rows: Frame,
    settings: Settings,
    why: Words,
    leaks: tuple[checks.Check, ...] = (),
) -> Json:
    """Return the evaluation of a scorecard on rows with known outcomes, as JSON values.

    Parameters
    ----------
    why : Words
        Why the scorecard serves.
    leaks : tuple of Check
        Of the columns it reads, where it has learned from the rows.
    """
    there = ~np.isnan(carded.score)
    kept, score, chance = rows.where(there), carded.score[there], carded.chance[there]
    learned = carded.scale is not None
    period = evaluation.period(rows)
    figures = measured(carded, rows, settings.training.seed)
    return {
        "horizon_days": settings.churn.horizon_days,
        "lead_days": settings.churn.lead_days,
        "out_of_time": False,
        "design": DESIGN[carded.stage].format(folds=settings.training.folds),
        "train": period if learned else period | {"rows": 0, "churns": 0, "base_rate": None},
        "calibration": None,
        "calibration_method": None,
        "test": period,
        "metrics": figures,
        "baselines": _baselines(kept) if learned else [],
        "reliability": metrics.reliability(kept.churned, chance) if learned else [],
        "ranges": metrics.ranges(kept.churned, chance, score) if learned else [],
        "segments": evaluation.segments(kept, chance) if learned else [],
        "importance": [],
        "held_out_auc": figures["auc"]["value"],
        "answer_check": None,
        "horizons": None,
        "choice": None,
        "verdict": "usable",
        "checks": [check.json() for check in (*checked(carded, settings), *leaks)],
        "gate": {"verdict": "scorecard", "sentence": why.en, "sentence_ja": why.ja},
        "scorecard": about(carded, settings, why)
        | {"red": reds(kept, score, red_up_to(carded, kept, settings))},
    }


def about(carded: Carded, settings: Settings, why: Words) -> Json:
    """Return which scorecard it is, how much of it is learned, and why it serves."""
    return {
        "version": carded.reading.scorecard.version,
        "given_version": carded.given.version,
        "stage": carded.stage,
        "weights_learned": carded.weights_learned,
        "leavers": carded.leavers,
        "stayers": carded.stayers,
        "learns_from": settings.scorecard.minimum_churns,
        "model_from": settings.training.minimum_churns,
        "why": why.en,
        "why_ja": why.ja,
    }


def measured(carded: Carded, rows: Frame, seed: int) -> dict[str, Json]:
    """Return every metric of the unseen scores with its interval; None where it does not exist."""
    there = ~np.isnan(carded.score)
    churned, ids = rows.churned[there], rows.account_ids[there]
    nothing = {"value": None, "low": None, "high": None}
    names = metrics.FIGURES
    if not 0 < churned.sum() < len(churned):
        return dict.fromkeys(names, nothing)
    risk = 1.0 - carded.score[there] / 100.0 if carded.scale is None else carded.chance[there]
    found = metrics.measured(churned, risk, ids, seed)
    told = names if carded.scale is not None else BY_ORDER
    return {name: found[name] if name in told else nothing for name in names}


def _baselines(rows: Frame) -> list[Json]:
    rate = np.full(len(rows), rows.churned.mean())
    loss = metrics.log_loss(rows.churned, rate, np.ones(len(rows)))
    return [{"name": "constant", "auc": 0.5, "log_loss": loss, "detail": ""}]


def checked(carded: Carded, settings: Settings) -> tuple[checks.Check, ...]:
    """Return the checks that a scorecard can be put to: whether a model could be tried."""
    return (checks.enough_churns(carded.leavers, settings.training.minimum_churns),)


def red_up_to(carded: Carded, rows: Frame, settings: Settings) -> Floats:
    """Return the score (n,) up to which each row is red: its card's, or else the company's."""
    cuts = carded.reading.cuts(carded.reading.of_frame(rows), settings.bands)
    return np.array([cut.red for cut in cuts], dtype=np.float64)


def reds(rows: Frame, score: Floats, limit: Floats | float) -> Json:
    """Return what became of the rows with a score (n,) of at most ``limit``, with its range.

    The range is what few accounts leave open.
    """
    red = score <= limit + EDGE
    left, count = int(rows.churned[red].sum()), int(red.sum())
    share = metrics.share(rows.churned[red], rows.account_ids[red])
    interval = [0.0, 1.0] if share is None else [share["low"], share["high"]]
    return {"rows": count, "churns": left, "interval": interval}
