"""Other methods on the same rows: each takes a development frame and a matrix, returns P(churn).

None of them is calibrated afterwards or tuned: that is how they are used. Where a method stops
early, it does so on a fifth of the development *accounts*, dealt out as for our own folds, and
learns from the other four fifths.
"""

from collections.abc import Callable

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from training import baselines, model
from training.frames import Frame

Floats = npt.NDArray[np.float64]
Method = Callable[[Frame, Floats], Floats]

SEED = 7
PATIENCE = 50
THREADS = 1
"""As each of our own fits has: the same input gives the same figures, and nobody spins."""


def lightgbm_default(development: Frame, matrix: Floats) -> Floats:
    """As it comes: 100 trees, rate 0.1, 31 leaves, 20 rows a leaf."""
    return _lightgbm(development, matrix, {}, 100)


def lightgbm_regularised(development: Frame, matrix: Floats) -> Floats:
    """The data README's: 200 trees, rate .03, 15 leaves, 50 rows a leaf, 80 %, L2 5."""
    asked = {
        "learning_rate": 0.03,
        "num_leaves": 15,
        "min_data_in_leaf": 50,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "feature_fraction": 0.8,
        "lambda_l2": 5.0,
    }
    return _lightgbm(development, matrix, asked, 200)


def xgboost(development: Frame, matrix: Floats) -> Floats:
    """Defaults (rate 0.3, depth 6), at most 1,000 trees, stopped early on held-out accounts."""
    import xgboost as xgb

    kinds = ["c" if coded else "q" for coded in _coded(development)]
    inside, outside = _held_out(development)

    def data(values: Floats, churned: Floats | None = None) -> xgb.DMatrix:
        return xgb.DMatrix(values, churned, feature_types=kinds, enable_categorical=True)

    fitted = xgb.train(
        {"objective": "binary:logistic", "seed": SEED, "nthread": THREADS},
        data(development.matrix[inside], development.churned[inside]),
        num_boost_round=1000,
        evals=[(data(development.matrix[outside], development.churned[outside]), "held_out")],
        early_stopping_rounds=PATIENCE,
        verbose_eval=False,
    )
    kept = (0, fitted.best_iteration + 1)
    return np.asarray(fitted.predict(data(matrix), iteration_range=kept), dtype=np.float64)


def catboost(development: Frame, matrix: Floats) -> Floats:
    """Defaults (1,000 trees, depth 6, its own rate), stopped early on held-out accounts."""
    from catboost import CatBoostClassifier, Pool

    coded = np.flatnonzero(_coded(development)).tolist()
    inside, outside = _held_out(development)

    def data(values: Floats, churned: Floats | None = None) -> Pool:
        if not coded:
            return Pool(values, churned)
        cells = values.astype(object)
        cells[:, coded] = np.where(np.isnan(values[:, coded]), -1, values[:, coded]).astype(int)
        return Pool(cells, churned, cat_features=coded)

    fitted = CatBoostClassifier(
        random_seed=SEED, thread_count=THREADS, verbose=False, allow_writing_files=False
    )
    fitted.fit(
        data(development.matrix[inside], development.churned[inside]),
        eval_set=data(development.matrix[outside], development.churned[outside]),
        early_stopping_rounds=PATIENCE,
    )
    return np.asarray(fitted.predict_proba(data(matrix))[:, 1], dtype=np.float64)


def logistic(development: Frame, matrix: Floats) -> Floats:
    """C = 0.1: scaled numbers, one column per category value, one for what is missing."""
    return baselines.logistic(development, matrix)


def constant(development: Frame, matrix: Floats) -> Floats:
    """Always say the share that left in the development period."""
    return np.full(len(matrix), development.churned.mean())


METHODS: dict[str, Method] = {
    "LightGBM default": lightgbm_default,
    "LGBM-r": lightgbm_regularised,
    "XGBoost": xgboost,
    "CatBoost": catboost,
    "logistic": logistic,
    "constant": constant,
}


def _lightgbm(
    development: Frame, matrix: Floats, parameters: dict[str, object], rounds: int
) -> Floats:
    asked = {"objective": "binary", "seed": SEED, "num_threads": THREADS, "verbosity": -1}
    coded = np.flatnonzero(_coded(development)).tolist()
    data = lgb.Dataset(
        development.matrix, development.churned, categorical_feature=coded, params=asked
    )
    fitted = lgb.train(asked | parameters, data, num_boost_round=rounds)
    return np.asarray(fitted.predict(matrix, num_threads=THREADS), dtype=np.float64)


def _coded(rows: Frame) -> npt.NDArray[np.bool_]:
    return np.array([feature.kind == "category" for feature in rows.features])


def _held_out(rows: Frame) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    fold = model.account_folds(rows.inseparable, rows.churned, 5, SEED)
    return np.flatnonzero(fold != 0), np.flatnonzero(fold == 0)
