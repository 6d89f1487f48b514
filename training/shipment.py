"""What goes into the bundle: the judged model, its reference, its golden rows, its origin."""

import platform
import subprocess
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from features.settings import Settings
from training import named_misses
from training.bundle import Parts
from training.explanation import Explanation
from training.judging import Judged
from training.reference import reference
from training.scale import Scale

Floats = npt.NDArray[np.float64]
Json = dict[str, Any]

GOLDEN = 250
"""Rows whose answers travel with the bundle and are replayed at every loading."""


def parts(
    settings: Settings,
    judged: Judged,
    settled: Scale,
    told: Explanation,
    document: Json,
    version: str,
    run_id: str,
    now: datetime,
    further: Mapping[str, Json] | None = None,
) -> Parts:
    """Return what `bundle.write_bundle` writes for a judged model."""
    rows = judged.development
    red_from = settled.probability(settings.bands.red)
    return Parts(
        booster_text=judged.bag.text,
        features=rows.features,
        categories=rows.categories,
        calibration=judged.calibration,
        scale=settled,
        bands=settings.bands,
        reference=reference(
            judged.test.matrix,
            rows.features,
            rows.categories,
            told.probability,
            told.points,
            as_of=judged.test.as_of,
            red_from=red_from,
        ),
        evaluation=named_misses.sealed(document),
        golden_matrix=golden_rows(judged),
        further=further or {},
        about={
            "version": version,
            "run_id": run_id,
            "created_at": now.isoformat(),
            **_origin(settings, judged, document),
        },
    )


def _origin(settings: Settings, judged: Judged, document: Json) -> Json:
    """Return by what a model was made: settings, recipe, periods, code and libraries."""
    return {
        "settings_version": settings.version,
        "seed": settings.training.seed,
        "recipe": judged.recipe.json(),
        "rounds": list(judged.bag.rounds),
        "periods": {part: document[part] for part in ("train", "calibration", "test")},
        "git_commit": git_commit(),
        "libraries": {
            "python": platform.python_version(),
            "lightgbm": lgb.__version__,
            "numpy": np.__version__,
        },
    }


def golden_rows(judged: Judged) -> Floats:
    """Return up to `GOLDEN` test rows, evenly spread from the safest to the riskiest."""
    order = np.argsort(judged.probability, kind="stable")
    places = np.unique(np.linspace(0, len(order) - 1, min(GOLDEN, len(order))).astype(np.int64))
    return np.ascontiguousarray(judged.test.matrix[order[places]])


def git_commit() -> str:
    """Return the commit of the code that runs, or "unknown" outside a checkout."""
    asked = subprocess.run(
        ["git", "rev-parse", "HEAD"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stdout.strip() or "unknown"
