"""Small LightGBM models with every kind of split, and rows that nobody would wish for."""

from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

FIXED = {"verbose": -1, "deterministic": True, "force_row_wise": True, "num_threads": 1}


def rows(seed: int, n: int, columns: int) -> Floats:
    """Return rows whose first column is a category of 40, the second one of 5; a tenth missing."""
    random = np.random.default_rng(seed)
    matrix = random.normal(0, 2, (n, columns)).round(2)
    matrix[random.random((n, columns)) < 0.2] = 0.0
    matrix[random.random((n, columns)) < 0.1] = np.nan
    matrix[:, 0] = random.integers(0, 40, n)
    if columns > 1:
        matrix[:, 1] = random.integers(0, 5, n)
    return matrix


def strange(seed: int, n: int, columns: int) -> Floats:
    """Return rows with unseen categories, infinities, tiny numbers, halves and negatives."""
    random = np.random.default_rng(seed)
    odd = [np.nan, np.inf, -np.inf, 1e300, -1e300, 1e-36, -1e-36, 1e-35, 0.0, -0.0, -0.5, 41, 1e9]
    matrix = rows(seed, n, columns)
    chosen = random.random((n, columns)) < 0.3
    matrix[chosen] = random.choice([*odd, 2.0**31, 2.0**40, 63.9, 5e-324], int(chosen.sum()))
    return matrix


def forest(
    seed: int = 1,
    n: int = 600,
    columns: int = 6,
    rounds: int = 12,
    **asked: Any,  # noqa: ANN401
) -> lgb.Booster:
    """Return a model of an outcome in which features work together."""
    matrix = rows(seed, n, columns)
    known = np.nan_to_num(matrix)
    worth = (
        known[:, -1] * known[:, -2:].sum(axis=1) + (matrix[:, 0] % 3 == 0) + known.sum(axis=1) / 4
    )
    outcome = worth + np.random.default_rng(seed).normal(0, 0.5, n) > np.median(worth)
    categories = [0, 1] if columns > 2 else []
    chosen = {"objective": "binary", "num_leaves": 15, "min_data_in_leaf": 5, "seed": seed}
    chosen |= FIXED | asked
    data = lgb.Dataset(matrix, outcome.astype(float), categorical_feature=categories, params=chosen)
    return lgb.train(chosen, data, num_boost_round=rounds)


def chain(splits: int, columns: int, seed: int = 1) -> lgb.Booster:
    """Return one tree in which every split but the last has a leaf on its left."""
    random = np.random.default_rng(seed)
    lower = [*range(1, splits), ~splits]
    rows_left = range(splits + 1, 1, -1)
    lines: dict[str, Any] = {
        "num_leaves": [splits + 1],
        "num_cat": [0],
        "split_feature": random.integers(0, columns, splits),
        "split_gain": [1] * splits,
        "threshold": random.normal(0, 2, splits).round(3),
        "decision_type": random.choice([0, 2, 4, 6, 8, 10], splits),
        "left_child": [~i for i in range(splits)],
        "right_child": lower,
        "leaf_value": random.normal(0, 1, splits + 1).round(6),
        "leaf_weight": [1] * (splits + 1),
        "leaf_count": [1] * (splits + 1),
        "internal_value": [0] * splits,
        "internal_weight": [1] * splits,
        "internal_count": rows_left,
        "is_linear": [0],
        "shrinkage": [1],
    }
    tree = "".join(f"{name}={' '.join(map(str, given))}\n" for name, given in lines.items())
    names = " ".join(f"f{i}" for i in range(columns))
    infos = " ".join(["[-9:9]"] * columns)
    head = (
        "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\n"
        f"max_feature_idx={columns - 1}\nobjective=regression\nfeature_names={names}\n"
        f"feature_infos={infos}\ntree_sizes={len(tree) + 8}\n\n"
    )
    tail = "\n\nend of trees\n\nparameters:\nend of parameters\n"
    return lgb.Booster(model_str=f"{head}Tree=0\n{tree}{tail}")
