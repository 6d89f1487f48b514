"""A model together with probabilities it had no part in: the way there, with time and without."""

from dataclasses import dataclass, field, replace
from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from features.errors import KenshinError
from features.progress import Progress
from features.settings import Settings
from training import many, metrics, model
from training.calibration import Calibration, LaterCheck, choose, fit_platt, later_check, level
from training.division import OUTER_FOLDS, outer_folds
from training.frames import Frame
from training.recipe import Recipe, proposed
from training.split import Split

Floats = npt.NDArray[np.float64]

LEAST_CHURNS = 10
"""With fewer leavers (or stayers) there is nothing to fit a fold on."""


@dataclass(frozen=True)
class Judged:
    """A fitted model and what it says about rows it has not seen.

    Attributes
    ----------
    bag : Bag
    calibration : Calibration
    development : Frame
        Rows the bag was fitted on.
    later_rows : Frame or None
        The calibration slice, the latest part of the development period.
    test : Frame
    probability : ndarray of shape (n_test,)
        Of the test rows.
    held_out_auc : float
        On the development period, each account by models that did not see it.
    later : LaterCheck or None
    design : str
        How the test came about, in a sentence.
    recipe : Recipe
        What the released bag was fitted with.
    margin : ndarray of shape (n_test,), or None
        Of the test rows by ``bag``; None where others judged them, as in folds.
    """

    bag: model.Bag
    calibration: Calibration
    development: Frame
    later_rows: Frame | None
    test: Frame
    probability: Floats
    held_out_auc: float
    later: LaterCheck | None
    design: str
    recipe: Recipe = field(default_factory=Recipe)
    margin: Floats | None = None


def out_of_time(
    rows: Frame,
    parts: Split,
    settings: Settings,
    progress: Progress,
    recipe: Recipe | None = None,
) -> Judged:
    """Return the model of the development period, judged on the later test period.

    Without a ``recipe`` the one proposed for the number of rows is followed.
    """
    test = rows.where(np.isin(rows.as_of, parts.test))
    development = rows.where(np.isin(rows.as_of, parts.fitted))
    require_both(development, "the development period")
    require_both(test, "the test period", least=1)
    recipe = recipe or proposed(len(development))
    later_rows = rows.where(np.isin(rows.as_of, parts.calibration))
    later: LaterCheck | None
    if parts.held_back:
        bag = _fit(development, settings, recipe, progress, "fitting")
        margin = _margin(bag, later_rows.matrix, settings)
        calibration = choose(margin, later_rows.churned, later_rows.inseparable)
        later = _later(bag, development, margin, later_rows)
    else:
        earlier = rows.where(np.isin(rows.as_of, parts.train))
        later = _checked_later(earlier, later_rows, settings, recipe, progress)
        bag = _fit(development, settings, recipe, progress, "fitting")
        calibration = choose(bag.held_out, development.churned, development.inseparable)
        if later is not None and later.moved:
            calibration = _with_level_of_slice(calibration, bag, development, parts)
    judged = _margin(bag, test.matrix, settings)
    return Judged(
        bag=bag,
        calibration=calibration,
        development=development,
        later_rows=later_rows if len(parts.calibration) else None,
        test=test,
        probability=calibration.probability(judged),
        held_out_auc=_auc(development, bag.held_out),
        later=later,
        design=_design(parts),
        recipe=recipe,
        margin=judged,
    )


def _design(parts: Split) -> str:
    """Return how the test came about, in words."""
    said = (
        f"Judged out of time: every label window of the development period ends at least "
        f"{parts.gap.astype(int)} days after its date and before the test begins."
    )
    if parts.held_back:
        return f"{said} Calibrated on later dates than trained, which the model has not seen."
    return (
        f"{said} The history is too short to keep dates back for the calibration: it is fitted on "
        "held-out accounts, and checked on the latest dates with a model fitted before them."
    )


def cross_validated(
    rows: Frame, settings: Settings, progress: Progress, recipe: Recipe | None = None
) -> Judged:
    """Return the model of all rows of a table without time, judged by stratified folds.

    The calibration of every fold is fitted on inner held-out rows, so a test row has no part in
    its own probability.
    """
    require_both(rows, "the table")
    recipe = recipe or proposed(len(rows))
    folds = outer_folds(rows, settings.training.seed)
    probability = np.empty(len(rows))
    for fold in range(OUTER_FOLDS):
        outside = folds == fold
        inside = rows.where(~outside)
        what = f"judging {fold + 1}/{OUTER_FOLDS}"
        bag = _fit(inside, settings, recipe, progress, what)
        calibration = choose(bag.held_out, inside.churned, inside.inseparable)
        margin = _margin(bag, rows.matrix[outside], settings)
        probability[outside] = calibration.probability(margin)
    bag = _fit(rows, settings, recipe, progress, "fitting")
    return Judged(
        bag=bag,
        calibration=choose(bag.held_out, rows.churned, rows.inseparable),
        development=rows,
        later_rows=None,
        test=rows,
        probability=probability,
        held_out_auc=_auc(rows, bag.held_out),
        later=None,
        design=f"Not out of time: the table has no dates, so accounts were judged in {OUTER_FOLDS} "
        "folds by models that did not see them. Real use is later than training; expect less.",
        recipe=recipe,
    )


def require_both(rows: Frame, where: str, least: int = LEAST_CHURNS) -> None:
    """Refuse rows in which (almost) nobody left or nobody stayed.

    Raises
    ------
    KenshinError
        With the counts found.
    """
    left = accounts_that(rows, 1.0)
    stayed = accounts_that(rows, 0.0)
    if min(left, stayed) >= least:
        return
    raise KenshinError(
        f"at least {least} accounts that left and {least} that stayed in {where}",
        f"{left} that left and {stayed} that stayed, of {len(rows)} rows",
        "Check [churn] in kenshin.toml and that ends reach the table; with a short history, "
        "bring a longer one.",
    )


def accounts_that(rows: Frame, outcome: float) -> int:
    """Return how many accounts have a row that left (1) or that stayed (0)."""
    return len(np.unique(rows.account_ids[rows.churned == outcome].astype(str)))


def _fit(
    rows: Frame, settings: Settings, recipe: Recipe, progress: Progress, what: str
) -> model.Bag:
    return model.fit(
        rows,
        settings.training.folds,
        settings.training.seed,
        settings.training.threads,
        recipe.repeats,
        recipe.parameters,
        progress=lambda done, steps: progress(what, done, steps),
    )


def _checked_later(
    earlier: Frame, later_rows: Frame, settings: Settings, recipe: Recipe, progress: Progress
) -> LaterCheck | None:
    """Return how a model fitted before the slice fared on it; None with too few churns."""
    sides = [accounts_that(part, side) for part in (earlier, later_rows) for side in (0.0, 1.0)]
    if min(sides) < LEAST_CHURNS:
        return None
    once = replace(recipe, repeats=1)  # its level is looked at, not its last digit
    bag = _fit(earlier, settings, once, progress, "checking on later data")
    return _later(bag, earlier, _margin(bag, later_rows.matrix, settings), later_rows)


def _later(bag: model.Bag, earlier: Frame, margin: Floats, later_rows: Frame) -> LaterCheck:
    """Return how the level of ``bag``, fitted on ``earlier``, fared on later rows."""
    return later_check(
        fit_platt(bag.held_out, earlier.churned),
        margin,
        later_rows.churned,
        [
            (bag.held_out[date], earlier.churned[date])
            for date in (earlier.as_of == instant for instant in np.unique(earlier.as_of))
        ],
    )


def _with_level_of_slice(
    calibration: Calibration, bag: model.Bag, development: Frame, parts: Split
) -> Calibration:
    inside = np.isin(development.as_of, parts.calibration)
    shift = level(calibration.log_odds(bag.held_out[inside]), development.churned[inside])
    note = f"level of the later slice, {shift:+.3f} in log-odds"
    return replace(calibration, intercept=calibration.intercept + shift, note=note)


def _margin(bag: model.Bag, matrix: Floats, settings: Settings) -> Floats:
    booster = lgb.Booster(model_str=bag.text)
    return many.margin(booster, matrix, settings.training.threads)


def _auc(rows: Frame, margin: Floats) -> float:
    return metrics.auc(rows.churned, margin, np.ones(len(rows)))


def mean_margin(bag: model.Bag, matrix: Floats) -> Floats:
    """Return the mean margin (n,) of the single models, which the merged text must reproduce."""
    margins: list[Any] = [model.margin(lgb.Booster(model_str=text), matrix) for text in bag.texts]
    return np.asarray(np.mean(margins, axis=0), dtype=np.float64)
