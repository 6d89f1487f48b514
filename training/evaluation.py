"""What is known about a model's quality, as one JSON document: pages and API show nothing else."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.settings import Settings
from training import baselines, division, metrics
from training.explanation import Explanation
from training.frames import Frame
from training.judging import Judged
from training.scale import Scale

Floats = npt.NDArray[np.float64]
Json = dict[str, Any]

SEGMENTS = ("fact_plan", "fact_size", "fact_industry", "fact_region")
SEGMENT_CHURNS = 10
"""A segment with fewer leavers or stayers in the test gets its counts but no figure."""
MOST_VALUES = 12


def document(settings: Settings, judged: Judged, settled: Scale, told: Explanation) -> Json:
    """Return what is said about a judged model before anybody asks more of it."""
    test, p = judged.test, judged.probability
    calibration = None if judged.later_rows is None else period(judged.later_rows)
    if calibration is not None and judged.later is not None:
        calibration |= {
            "shift": metrics.number(judged.later.shift),
            "shift_error": metrics.number(judged.later.error),
            "slope": metrics.number(judged.later.slope),
        }
    return {
        "horizon_days": settings.churn.horizon_days,
        "lead_days": settings.churn.lead_days,
        "out_of_time": judged.test is not judged.development,
        "design": judged.design,
        "train": period(judged.development),
        "calibration": calibration,
        "calibration_method": {
            "method": judged.calibration.method,
            "note": judged.calibration.note,
        },
        "test": period(test),
        "recipe": judged.recipe.json(),
        "metrics": metrics.measured(test.churned, p, test.account_ids, settings.training.seed),
        "baselines": baselines.baselines(judged.development, test)
        if judged.test is not judged.development
        else baselines.cross_validated(test, division.outer_folds(test, settings.training.seed)),
        "reliability": metrics.reliability(test.churned, p),
        "ranges": metrics.ranges(test.churned, p, settled.score(p)),
        "segments": segments(test, p),
        "importance": importance(test, told.points),
        "held_out_auc": metrics.number(judged.held_out_auc),
        "answer_check": None,
    }


def period(rows: Frame) -> Json:
    """Return from, to, rows, churns and base rate of a part; dates are None without time."""
    dated = rows.as_of[~np.isnat(rows.as_of)]
    return {
        "from": _day(dated.min()) if len(dated) else None,
        "to": _day(dated.max()) if len(dated) else None,
        "rows": len(rows),
        "churns": int(rows.churned.sum()),
        "base_rate": metrics.number(rows.churned.mean()) if len(rows) else None,
    }


def segments(test: Frame, probability: Floats) -> list[Json]:
    """Return counts, AUC, log loss and calibration of each value of each segment fact."""
    found = []
    for fact in SEGMENTS:
        if fact not in test.facts.column_names:
            continue
        values = test.facts.column(fact).to_numpy(zero_copy_only=False)
        for value in _frequent(test.facts.column(fact)):
            inside = values == value
            found.append(
                {"segment": fact.removeprefix("fact_"), "value": value}
                | _figures(test.churned[inside], probability[inside])
            )
    return found


def importance(test: Frame, points: Floats) -> list[Json]:
    """Return the mean of |points| of every feature over the test, largest first."""
    mean = np.abs(points).mean(axis=0)
    order = np.argsort(-mean, kind="stable")
    return [
        {"feature": test.features[i].name, "mean_abs_points": float(mean[i])}
        for i in order
        if mean[i] > 0
    ]


def _figures(churned: Floats, p: Floats) -> Json:
    even, churns = np.ones(len(p)), int(churned.sum())
    enough = min(churns, len(p) - churns) >= SEGMENT_CHURNS
    return {
        "rows": len(p),
        "churns": churns,
        "predicted": float(p.mean()),
        "observed": churns / len(p),
        "auc": metrics.number(metrics.auc(churned, p, even)) if enough else None,
        "log_loss": metrics.number(metrics.log_loss(churned, p, even)) if enough else None,
    }


def _frequent(column: pa.ChunkedArray) -> list[str]:
    counted = column.drop_null().value_counts().to_pylist()
    counted.sort(key=lambda entry: (-entry["counts"], entry["values"]))
    return [str(entry["values"]) for entry in counted[:MOST_VALUES]]


def _day(instant: np.datetime64) -> str:
    return str(instant.astype("datetime64[D]"))
