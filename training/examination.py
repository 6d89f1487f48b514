"""Every check applied to one judged training: the evidence the gate decides on."""

from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from features.settings import Settings
from training import checks, contest, judging, metrics, model, shipment, small
from training.checks import Check
from training.explanation import explain
from training.frames import Frame
from training.judging import Judged
from training.scale import Scale
from training.scorecard import Scorecard
from training.shares import Shares

Floats = npt.NDArray[np.float64]
Json = dict[str, Any]


def leaks(rows: Frame, settings: Settings) -> tuple[Check, ...]:
    """Return what can be said about leaks before anything is fitted.

    Features that the settings pass over by name do not count as suspects.
    """
    known = settings.gate.ignore
    return (
        checks.no_single_leak(rows, known),
        checks.filled_for_leavers(rows, known),
        checks.not_of_today(rows, known),
    )


def folds(judged: Judged) -> tuple[Check, ...]:
    """Return whether training itself kept accounts and periods apart."""
    rows = judged.development
    return (
        checks.folds_apart(rows, judged.bag.folds),
        checks.encoders_before_test(rows, judged.test),
    )


def examine(
    settings: Settings,
    judged: Judged,
    settled: Scale,
    document: Json,
    before: tuple[Check, ...],
    card: Scorecard | None,
    known: Frame,
) -> tuple[Check, ...]:
    """Return all checks of a judged model, in the order of their codes.

    Parameters
    ----------
    document : dict
        The evaluation: its ``metrics`` are read.
    before : tuple of Check
        Of `leaks` and `folds`.
    card : Scorecard or None
        What would serve in the model's place.
    known : Frame
        All rows with an outcome.
    """
    found = (
        *_signal(settings, judged, document),
        *_calibration(settings, judged),
        *_shipped(settings, judged, settled),
        *_rivals(settings, judged, card, known),
        checks.no_leak(document["metrics"]),
        checks.no_overfitting(judged.held_out_auc, document["metrics"]["auc"]["value"]),
        checks.no_slice_collapses(judged.test, judged.probability),
        *before,
    )
    return tuple(sorted(found, key=lambda check: int(check.code[1:])))


def _signal(settings: Settings, judged: Judged, document: Json) -> tuple[Check, ...]:
    left = judged.development.churned > 0
    leavers = len(np.unique(judged.development.account_ids[left].astype(str)))
    return (
        checks.enough_churns(leavers, settings.training.minimum_churns),
        checks.beats_constant(document["metrics"]),
        checks.above_chance(document["metrics"]),
    )


def _calibration(settings: Settings, judged: Judged) -> tuple[Check, ...]:
    test, said, seed = judged.test, judged.probability, settings.training.seed
    later = judged.later
    replicates = metrics.resampled_churns(test.churned, test.account_ids, seed)
    return (
        checks.calibrated_in_the_large(test.churned, said, replicates),
        checks.level_held(
            None if later is None else later.shift, later is not None and later.moved
        ),
        checks.calibrated_by_tenth(test.churned, said, test.account_ids, seed),
        checks.calibration_slope(test.churned, said, test.account_ids),
    )


def _shipped(settings: Settings, judged: Judged, settled: Scale) -> tuple[Check, ...]:
    golden = shipment.golden_rows(judged)
    booster = lgb.Booster(model_str=judged.bag.text)
    shares = Shares(booster)
    merged = judged.calibration.probability(model.margin(booster, golden))
    single = judged.calibration.probability(judging.mean_margin(judged.bag, golden))
    return (
        checks.golden_rows(len(golden), float(np.abs(merged - single).max(initial=0.0)), 1e-12),
        checks.signature_at_training(),
        checks.latency(
            lambda row: explain(shares, judged.calibration, settled, row),
            golden,
            settings.gate.latency_ms,
        ),
    )


def _rivals(
    settings: Settings, judged: Judged, card: Scorecard | None, known: Frame
) -> tuple[Check, ...]:
    test, said = judged.test, judged.probability
    held = contest.against_champion(contest.champion(settings), test, said, settings)
    return (
        checks.beats_champion(held, settings.gate.against_champion),
        checks.beats_scorecard(small.against(card, judged, settings, known)),
    )
