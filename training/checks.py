"""The release checks: coded rules with a result and a sentence each."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from training.frames import Frame

Floats = npt.NDArray[np.float64]
Json = dict[str, Any]
Result = Literal["passed", "failed", "not applicable"]

LEAK = 0.95
"""Honest churn prediction is a 0.65-0.85 problem; more is a leak until proven otherwise."""
FILLED_GAP = 0.9
OVERFIT = 0.15


@dataclass(frozen=True)
class Check:
    """One rule applied to one training.

    Attributes
    ----------
    severity : {"signal", "release", "warning"}
        A failed ``signal`` check means that no score may be given, ``release`` that this model
        does not become champion, ``warning`` that somebody should look.
    """

    code: str
    title: str
    severity: Literal["signal", "release", "warning"]
    result: Result
    sentence: str

    def json(self) -> Json:
        """Return plain JSON values."""
        return asdict(self)


def enough_churns(churned_accounts: int, minimum: int) -> Check:
    """T1: enough accounts left for anything to be learned."""
    return Check(
        "T1",
        "Enough leavers to learn from",
        "signal",
        "passed" if churned_accounts >= minimum else "failed",
        f"{churned_accounts} accounts left in the development period; at least {minimum} needed.",
    )


def beats_constant(metrics: Json) -> Check:
    """T2: better than always saying the base rate, by the interval."""
    gain = metrics["log_loss_gain"]
    better = gain["low"] is not None and gain["low"] > 0
    return Check(
        "T2",
        "Better than a constant",
        "signal",
        "passed" if better else "failed",
        f"Log loss is lower than the base rate's by {_figure(gain)}.",
    )


def above_chance(metrics: Json) -> Check:
    """T3: the order of accounts says something, by the interval."""
    auc = metrics["auc"]
    better = auc["low"] is not None and auc["low"] > 0.5
    return Check(
        "T3",
        "Better than chance",
        "signal",
        "passed" if better else "failed",
        f"AUC is {_figure(auc)}; 0.5 is chance.",
    )


def calibrated_in_the_large(churned: Floats, probability: Floats, replicates: Floats) -> Check:
    """T4: as many left as were predicted, within the interval or a quarter."""
    said, came = float(probability.sum()), float(churned.sum())
    low, high = np.quantile(replicates, [0.05, 0.95])
    inside = low <= said <= high or (came > 0 and 0.8 <= said / came <= 1.25)
    return Check(
        "T4",
        "As many left as predicted",
        "warning",
        "passed" if inside else "failed",
        f"{said:.1f} were predicted to leave in the test, {came:.0f} left "
        f"(90 % interval {low:.0f}–{high:.0f}).",
    )


def no_leak(metrics: Json) -> Check:
    """T5: not too good to be true."""
    value = metrics["auc"]["value"]
    if value is None:
        return Check("T5", "Not too good to be true", "release", "not applicable", "No AUC.")
    return Check(
        "T5",
        "Not too good to be true",
        "release",
        "failed" if value > LEAK else "passed",
        f"AUC is {value:.3f}; above {LEAK} some feature probably knows the future.",
    )


def no_single_leak(strength: dict[str, float]) -> Check:
    """T6: no feature alone separates leavers from stayers."""
    suspects = sorted(
        n for n, a in strength.items() if not np.isnan(a) and abs(a - 0.5) > LEAK - 0.5
    )
    return _suspects("T6", "No feature gives it away alone", suspects, f"AUC above {LEAK} alone")


def filled_for_leavers(rows: Frame) -> Check:
    """T7: no feature has values almost only for those who left, or almost only for stayers."""
    left = rows.churned > 0
    filled = ~np.isnan(rows.matrix)
    gap = np.abs(filled[left].mean(axis=0) - filled[~left].mean(axis=0))
    pairs = zip(rows.features, gap, strict=True)
    suspects = [feature.name for feature, distance in pairs if distance > FILLED_GAP]
    return _suspects("T7", "No feature is filled in by leaving", suspects, "filled by outcome")


def no_overfitting(fitted_auc: float, test_auc: float | None) -> Check:
    """T8: what was learned holds on later accounts."""
    title = "What was learned carries over"
    if test_auc is None:
        return Check("T8", title, "warning", "not applicable", "No AUC on the test.")
    gap = fitted_auc - test_auc
    return Check(
        "T8",
        title,
        "warning",
        "failed" if gap > OVERFIT else "passed",
        f"AUC {fitted_auc:.3f} on held-out accounts of the development period, {test_auc:.3f} in "
        f"the test; a drop of more than {OVERFIT} is worth a look.",
    )


def level_held(shift: float | None, moved: bool) -> Check:
    """T9: the level predicted before the calibration slice was the level found in it."""
    title = "The level held on later data"
    if shift is None:
        sentence = "History is too short for a later calibration slice."
        return Check("T9", title, "warning", "not applicable", sentence)
    odds = float(np.exp(shift))
    told = f"Odds of leaving in the later slice were {odds:.2f} times those predicted before it"
    end = "; the level is the slice's." if moved else ", which is within noise."
    return Check("T9", title, "warning", "failed" if moved else "passed", told + end)


def golden_rows(rows: int, worst: float, tolerance: float) -> Check:
    """T10: the shipped text answers as the model that was judged."""
    return Check(
        "T10",
        "The bundle answers as the model judged",
        "release",
        "passed" if worst <= tolerance else "failed",
        f"{rows} golden rows differ by at most {worst:.1e} in probability.",
    )


def failed(checks: Sequence[Check], severity: str) -> list[Check]:
    """Return the failed checks of a severity."""
    return [c for c in checks if c.result == "failed" and c.severity == severity]


def _suspects(code: str, title: str, suspects: list[str], why: str) -> Check:
    named = ", ".join(suspects[:5])
    sentence = f"Suspects ({why}): {named}." if suspects else f"{title}: no suspect found."
    return Check(code, title, "release", "failed" if suspects else "passed", sentence)


def _figure(metric: Json) -> str:
    if metric["value"] is None:
        return "unknown"
    return f"{metric['value']:.4f} (90 % interval {metric['low']:.4f}–{metric['high']:.4f})"
