"""The curve beside one dedicated classifier per horizon, on the same later accounts.

    python benchmarks/horizons.py COMPANY/kenshin.toml [OTHER/kenshin.toml …]

Both are fitted on rows whose outcomes were settled before the period that judges them
(`training.horizon_fit`); the dedicated classifiers are the same bags with the same calibration,
each on all rows its own horizon allows. Prints AUC, log loss and calibration error by horizon, the
integrated Brier score, how often the dedicated ones contradict each other, and the processor time.
"""

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from features.settings import Settings, load_settings
from training import frames, horizon_fit, metrics, model, outcomes
from training import split as splitting
from training.calibration import fit_platt
from training.frames import Frame
from training.horizon_fit import Fitted
from training.horizon_judgement import integrated_brier
from training.horizons import wanted
from training.material import material
from training.outcomes import Outcomes
from training.recipe import proposed

Floats = npt.NDArray[np.float64]


def compare(config: Path) -> dict[str, Any]:
    """Return the figures of one company."""
    settings = load_settings(config)
    given = material(settings, lambda *_: None)
    assert given.labels is not None, "a flat table has no horizons"
    rows = frames.frame(given.snapshot.table, given.snapshot.features, given.labels, known=True)
    rows = frames.grouped(rows, given.groups)
    parts = splitting.split(rows, settings)
    frames.forget_unseen(rows, np.isin(rows.as_of, parts.fitted))
    headline = settings.churn.horizon_days
    known = outcomes.outcomes(rows, given.labels, headline, wanted(headline))
    begun = time.process_time()
    fitted = horizon_fit.fit(rows, known, parts, settings, lambda *_: None)
    spent = time.process_time() - begun
    if fitted is None:
        return {"company": str(config), "horizons": [], "absent": "all: history too short"}
    begun = time.process_time()
    alone = dedicated(rows, known, fitted, settings)
    return _document(config, fitted, alone, spent, time.process_time() - begun)


def dedicated(rows: Frame, known: Outcomes, fitted: Fitted, settings: Settings) -> Floats:
    """Return P(leaves within each horizon) of the later rows by a classifier of its own, (n, k)."""
    first, found = fitted.trial.rows.as_of.min(), []
    for days in fitted.trial.curve.days:
        settled = horizon_fit.settled(rows, days, first, settings) & np.isfinite(known.by[days])
        chosen = replace(rows.where(settled), churned=known.by[days][settled])
        asked = settings.training
        parameters = proposed(len(chosen)).parameters
        bag = model.fit(chosen, asked.folds, asked.seed, asked.threads, parameters=parameters)
        calibration = fit_platt(bag.held_out, chosen.churned)
        booster = lgb.Booster(model_str=bag.text)
        found.append(calibration.probability(model.margin(booster, fitted.trial.rows.matrix)))
    return np.column_stack(found)


def _document(
    config: Path, fitted: Fitted, alone: Floats, spent: float, spent_alone: float
) -> dict[str, Any]:
    trial, days = fitted.trial, fitted.trial.curve.days
    even = np.ones(len(trial.rows))
    falls = np.maximum(-np.diff(alone, axis=1), 0).max(axis=1, initial=0)
    lines = []
    for place, day in enumerate(days):
        churned = trial.known.by[day]
        line: dict[str, Any] = {"days": day, "rows": len(churned), "left": int(churned.sum())}
        for name, p in (("curve", trial.probability[:, place]), ("dedicated", alone[:, place])):
            for figure in (metrics.auc, metrics.log_loss, metrics.ece):
                line[f"{name}_{figure.__name__}"] = round(figure(churned, p, even), 4)
            line[f"{name}_expected"] = round(float(p.sum()), 1)
        lines.append(line)
    return {
        "company": str(config),
        "horizons": lines,
        "integrated_brier": {
            "curve": round(integrated_brier(trial, days, trial.probability), 5),
            "dedicated": round(integrated_brier(trial, days, alone), 5),
        },
        "contradicting": {
            "curve": 0.0,
            "dedicated": round(float((falls > 0).mean()), 4),
            "largest": round(float(falls.max(initial=0)), 4),
        },
        "cpu_seconds": {"curve": round(spent, 1), "dedicated": round(spent_alone, 1)},
        "absent": dict(fitted.curve.absent),
        "renewals": vars(fitted.curve.renewals),
    }


def main() -> None:
    """Print one JSON document per company."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", nargs="+", type=Path)
    for config in parser.parse_args().config:
        print(json.dumps(compare(config), indent=1), flush=True)


if __name__ == "__main__":
    main()
