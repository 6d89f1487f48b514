"""How much of each cause's hidden state the features show."""

from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from features.simulator.causes import CAUSES, Cause
from training import metrics
from training.frames import Frame

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Json = dict[str, Any]

EVERY = 3
"""Every third date teaches: neighbouring months of an account say nearly the same."""
DRIVES = 0.002
"""From this hazard a day on a state drives accounts out."""
ROUNDS = 60


def recovered(rows: Frame, states: Floats, development: Bools, test: Bools) -> dict[str, Json]:
    """Return per cause how well its hazard is told from the features, learned from the hazard.

    Parameters
    ----------
    states : ndarray of shape (n, causes)
        As `hidden` has them.
    development, test : ndarray of bool, shape (n,)
        Fitted on, judged by.

    Returns
    -------
    dict
        ``r2`` of the hazard (nan where it is the same for all), ``auc`` of driving out or not, the
        mean hazard of the worst state and the mean that the features say there (both per day), and
        the three ``features`` that say it.
    """
    dates = np.unique(rows.as_of[development])[::EVERY]
    inside = development & np.isin(rows.as_of, dates)
    return {
        cause.code: _one(rows, _hazard(cause, states[:, place]), inside, test)
        for place, cause in enumerate(CAUSES)
    }


def _hazard(cause: Cause, states: Floats) -> Floats:
    """Return the hazard that the cause adds (n,); 0 before the spell."""
    return np.append(np.array(cause.rates), 0.0)[states.astype(np.int64)]


def _one(rows: Frame, hazard: Floats, inside: Bools, test: Bools) -> Json:
    parameters = {
        "objective": "regression",
        "learning_rate": 0.15,
        "num_leaves": 31,
        "feature_fraction": 0.4,
        "num_threads": 1,
        "verbosity": -1,
        "seed": 1,
    }
    unit = hazard.max() or 1.0
    booster = lgb.train(parameters, lgb.Dataset(rows.matrix[inside], hazard[inside] / unit), ROUNDS)
    said = unit * np.asarray(booster.predict(rows.matrix[test], num_threads=1))
    true = hazard[test]
    worst, spread = true == true.max(), ((true - true.mean()) ** 2).sum()
    gains = booster.feature_importance("gain")
    return {
        "r2": float(1.0 - ((true - said) ** 2).sum() / spread) if spread else float("nan"),
        "auc": metrics.auc((true >= DRIVES).astype(float), said, np.ones(len(said))),
        "worst": float(true.max()),
        "said_of_worst": float(said[worst].mean()),
        "features": [rows.features[k].name for k in np.argsort(-gains)[:3]],
    }
