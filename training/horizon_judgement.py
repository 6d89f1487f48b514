"""How good the curve is: every horizon on the same later accounts, beside a constant hazard."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from features.catalog import Words
from features.settings import Settings
from training import evaluation, metrics
from training.horizon_fit import Fitted, Trial
from training.segment_fit import LEAST, Conditional

Floats = npt.NDArray[np.float64]
Json = dict[str, Any]

FIGURES = ("auc", "log_loss", "brier", "ece")

ABSENT = {
    "data": Words(
        "{days}日先までの結果がまだ十分に出ていないため、{days}日以内の解約確率はありません。",
        "There is no chance of leaving within {days} days: too few outcomes that far ahead "
        "are known yet.",
    ),
    "silence": Words(
        "解約を{headline}日間の無利用と定めているため、{days}日以内の解約確率はありません。",
        "There is no chance of leaving within {days} days: leaving means {headline} days of "
        "silence, which cannot be over by then.",
    ),
}
CONSTANT = {
    "few": Words(
        f"学習に使える会社が{LEAST}社未満のため、全社共通の割合を使っています。",
        f"Fewer than {LEAST} accounts to learn from: one share, the same for all.",
    ),
    "flat": Words(
        "見ていない会社で一定の割合より良くならなかったため、全社共通の割合を使っています。",
        "No better than a constant on accounts it had not seen: one share, the same for all.",
    ),
}


def document(fitted: Fitted, settings: Settings) -> Json:
    """Return ``evaluation["horizons"]``."""
    trial, parts = fitted.trial, {part.segment.days: part for part in fitted.parts}
    days = trial.curve.days
    constant = _constant_hazard(trial, days)
    said = {day: trial.probability[:, i] for i, day in enumerate(days)}
    beside = {day: constant[:, i] for i, day in enumerate(days)}
    renewals = fitted.curve.renewals
    return {
        "period": evaluation.period(trial.rows),
        "horizons": [
            {
                "days": day,
                **_basis(parts.get(day)),
                **_figures(trial, day, said[day], beside[day], settings.training.seed),
            }
            for day in days
        ],
        "integrated_brier": {
            "value": integrated_brier(trial, days, trial.probability),
            "constant_hazard": integrated_brier(trial, days, constant),
        },
        "absent": [
            {
                "days": day,
                "reason": why,
                **_said(ABSENT[why], days=day, headline=fitted.curve.headline),
            }
            for day, why in sorted(fitted.curve.absent.items())
        ],
        "renewals": {
            "ends": renewals.ends,
            "near": renewals.near,
            "share": renewals.share,
            "step": renewals.step,
        },
    }


def _said(words: Words, **values: int) -> Json:
    return {f"sentence_{code}": words.of(code).format(**values) for code in ("ja", "en")}


def _basis(part: Conditional | None) -> Json:
    """Return what the released number of a horizon rests on; the headline is judged elsewhere."""
    if part is None:
        return {"basis": "headline", "fitted_on": None, "calibrated_on": None}
    return {
        "basis": "constant" if part.text is None else "model",
        "fitted_on": {"rows": part.rows, "happened": part.happened},
        "calibrated_on": part.calibrated_on,
        **(_said(CONSTANT[part.why]) if part.why else {}),
    }


def _figures(trial: Trial, day: int, p: Floats, constant: Floats, seed: int) -> Json:
    churned, ids = trial.known.by[day], trial.rows.account_ids
    measured = metrics.measured(churned, p, ids, seed, FIGURES)
    even = np.ones(len(p))
    return {
        "rows": len(p),
        "churns": int(churned.sum()),
        "expected": float(p.mean()),
        "observed": float(churned.mean()),
        **{name: measured[name] for name in FIGURES},
        "log_loss_constant_hazard": metrics.number(metrics.log_loss(churned, constant, even)),
    }


def _constant_hazard(trial: Trial, days: Sequence[int]) -> Floats:
    """Return P(leaves within each of ``days``), (n, k), by one hazard for all at all times."""
    rate = -np.log1p(-min(trial.base_rate, 1 - 1e-9)) / trial.curve.headline
    each = -np.expm1(-rate * np.asarray(days, dtype=np.float64))
    return np.tile(each, (len(trial.rows), 1))


def integrated_brier(trial: Trial, days: Sequence[int], p: Floats) -> float:
    """Return the Brier score averaged over time, from 0 at once to the longest horizon.

    Trapezoids between the horizons (Graf et al. 1999); nobody is censored, because only rows whose
    longest horizon is known are judged.
    """
    even = np.ones(len(p))
    scores = [metrics.brier(trial.known.by[day], p[:, i], even) for i, day in enumerate(days)]
    return float(np.trapezoid([0.0, *scores], [0, *days]) / days[-1])
