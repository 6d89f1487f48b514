"""The release checks: coded rules with a result and a sentence each (docs/checks.md)."""

from training.checks.calibrated import (
    calibrated_by_tenth,
    calibrated_in_the_large,
    calibration_slope,
    level_held,
)
from training.checks.check import (
    ESSENTIAL,
    Check,
    Result,
    Severity,
    failed,
    of_json,
    passed_over,
)
from training.checks.folds import encoders_before_test, folds_apart
from training.checks.leaks import filled_for_leavers, no_leak, no_single_leak, not_of_today
from training.checks.overfitting import no_overfitting
from training.checks.rivals import Contest, NoContest, beats_champion, beats_scorecard
from training.checks.shipped import golden_rows, latency, signature, signature_at_training
from training.checks.signal import above_chance, beats_constant, enough_churns
from training.checks.slices import no_slice_collapses

__all__ = [
    "ESSENTIAL",
    "Check",
    "Contest",
    "NoContest",
    "Result",
    "Severity",
    "above_chance",
    "beats_champion",
    "beats_constant",
    "beats_scorecard",
    "calibrated_by_tenth",
    "calibrated_in_the_large",
    "calibration_slope",
    "encoders_before_test",
    "enough_churns",
    "failed",
    "filled_for_leavers",
    "folds_apart",
    "golden_rows",
    "latency",
    "level_held",
    "no_leak",
    "no_overfitting",
    "no_single_leak",
    "no_slice_collapses",
    "not_of_today",
    "of_json",
    "passed_over",
    "signature",
    "signature_at_training",
]
