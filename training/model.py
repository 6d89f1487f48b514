"""A bag of regularised LightGBM models that ships as one booster.

Each fold's model stops early on the fold's own accounts; the margins are averaged, over folds and
over seeds that deal the folds out anew. The mean of sums of trees is again a sum of trees (every
leaf divided by the number of models), so the bag is written as a single booster text and its
TreeSHAP values stay exact.
"""

import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from features.catalog import Feature
from training.frames import Frame

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

RISK = {"up": -1, "down": 1, "none": 0}
"""How the risk may move with a feature whose good direction is this."""

PARAMETERS: dict[str, Any] = {
    "objective": "binary",
    "learning_rate": 0.05,
    "num_leaves": 4,
    "min_data_in_leaf": 50,
    "lambda_l2": 5.0,
    "bagging_fraction": 0.5,
    "bagging_freq": 1,
    "feature_fraction": 0.4,
    "max_bin": 255,
    "monotone_constraints_method": "basic",
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}
"""What is common to all recipes (`recipe` has the rest and the figures); these are for few rows."""
SET_SPLITS = 32
"""Categories of up to so many values are split by sets of values; those with more by the order of
their names, because sets of hundreds of rare values fit their noise (747 service areas of
cell2cell, one fold: AUC .686 by sets, .696 by order)."""
ROUNDS = 2000
PATIENCE = 60
AT_ONCE = 20_000
"""Held-out rows copied out of the matrix at once."""


@dataclass(frozen=True)
class Bag:
    """What fitting returns.

    Attributes
    ----------
    text : str
        The merged booster: its raw prediction is the mean margin of all models.
    texts : tuple of str
        The single boosters, cut at their best round.
    held_out : ndarray of shape (n,)
        Margin of every training row by the models that saw none of its account or its group.
    rounds : tuple of int
        Trees kept of each model.
    folds : ndarray of int64, shape (repeats, n)
        The fold each training row was held out in, as dealt out for each seed.
    """

    text: str
    texts: tuple[str, ...]
    held_out: Floats
    rounds: tuple[int, ...]
    folds: Ints


def account_folds(
    account_ids: npt.NDArray[np.object_], churned: Floats, folds: int, seed: int
) -> Ints:
    """Return the fold, 0 … folds − 1, of every row (n,); all rows of an account share one.

    Merged accounts come under one name (`Frame.inseparable`), so that a fold's own model has seen
    no part of what it is stopped and judged by.

    Accounts that ever left and those that never did are dealt out separately, so that every fold
    has its share of both. The order of the rows does not matter.
    """
    accounts, inverse = np.unique(account_ids.astype(str), return_inverse=True)
    ever = np.zeros(len(accounts))
    np.maximum.at(ever, inverse, churned)
    order = np.random.default_rng(seed).permutation(len(accounts))
    order = order[np.argsort(-ever[order], kind="stable")]
    fold = np.empty(len(accounts), dtype=np.int64)
    fold[order] = np.arange(len(accounts)) % folds
    return np.asarray(fold[inverse], dtype=np.int64)


def fit(
    rows: Frame,
    folds: int,
    seed: int,
    threads: int,
    repeats: int = 1,
    parameters: dict[str, Any] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Bag:
    """Return a bag of ``folds × repeats`` models fitted on ``rows``, whose labels are all known.

    A number feature with a good direction moves the risk in that direction only, all else equal.

    The same rows, seed and parameters give the same bytes with one thread or two. ``threads``
    models are fitted side by side, each with one thread of its own: LightGBM's threads wait for
    each other at every split by spinning, which on a busy machine made a fit 20 times slower.
    """
    chosen = PARAMETERS | {"num_threads": 1, "monotone_constraints": directions(rows.features)}
    chosen |= parameters or {}
    dataset = _dataset(rows, chosen)
    dealt = np.stack(
        [account_folds(rows.inseparable, rows.churned, folds, seed + r) for r in range(repeats)]
    )
    parts = [(fold_of, fold) for fold_of in dealt for fold in range(folds)]

    def fitted(number: int) -> tuple[str, int, Floats]:
        fold_of, fold = parts[number]
        inside, outside = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
        booster = _fit_one(dataset, inside, outside, chosen | {"seed": seed + number})
        kept = max(booster.best_iteration, 1)
        margins = _outside(booster, rows.matrix, outside, kept, len(rows) * repeats)
        return booster.model_to_string(num_iteration=kept), kept, margins

    held_out = np.zeros(len(rows))
    models: list[tuple[str, int]] = []
    with ThreadPoolExecutor(max_workers=threads) as pool:
        for number, (text, kept, margins) in enumerate(pool.map(fitted, range(len(parts)))):
            fold_of, fold = parts[number]
            held_out[fold_of == fold] += margins / repeats
            models.append((text, kept))
            if progress is not None:
                progress(len(models), len(parts))
    texts = tuple(text for text, _ in models)
    return Bag(merge(texts), texts, held_out, tuple(kept for _, kept in models), dealt)


def _outside(
    booster: lgb.Booster, matrix: Floats, outside: Ints, kept: int, expected: int
) -> Floats:
    """Return the margins of the rows ``outside``, by the first ``kept`` trees.

    ``expected`` is how many rows all models of a bag will be asked for together.
    """
    from training import many  # which imports this module

    tell = many.teller(booster, expected, matrix[outside[: many.CHECKED_ROWS]], kept)
    return np.concatenate(
        [
            tell(matrix[outside[start : start + AT_ONCE]], 1)
            for start in range(0, len(outside), AT_ONCE)
        ]
    )


def directions(features: Sequence[Feature]) -> list[int]:
    """Return −1, 0 or 1 per feature: the only way in which the risk may move as its value rises."""
    return [RISK[f.good] if f.kind == "number" else 0 for f in features]


def margin(
    booster: lgb.Booster, matrix: Floats, threads: int = 1, rounds: int | None = None
) -> Floats:
    """Return raw margins (n,) of a matrix (n, f)."""
    raw = booster.predict(matrix, raw_score=True, num_threads=threads, num_iteration=rounds)
    return np.asarray(raw, dtype=np.float64)


def contributions(booster: lgb.Booster, matrix: Floats, threads: int = 1) -> Floats:
    """Return exact TreeSHAP values (n, f + 1) in margin units; the last column is the base."""
    shares = booster.predict(matrix, pred_contrib=True, num_threads=threads)
    return np.asarray(shares, dtype=np.float64)


def merge(texts: Sequence[str]) -> str:
    """Return one booster text whose raw prediction is the mean of those of ``texts``.

    Only what prediction and TreeSHAP read is kept: no parameter block, so that the bytes do not
    depend on the number of threads.
    """
    trees = [tree for text in texts for tree in _trees(text)]
    blocks = [_scaled(tree, number, len(texts)) for number, tree in enumerate(trees)]
    lines = texts[0][: texts[0].index("\nTree=")].split("\n")
    header = [line for line in lines if line and not line.startswith("tree_sizes=")]
    sizes = " ".join(str(len(block.encode())) for block in blocks)
    return "\n".join([*header, f"tree_sizes={sizes}", "", "".join(blocks) + _TAIL])


_TAIL = """end of trees

feature_importances:

parameters:
end of parameters

pandas_categorical:null
"""


def _dataset(rows: Frame, parameters: dict[str, Any]) -> lgb.Dataset:
    """Return binned data; the parameters go in because binning depends on them."""
    names = [f"f{position}" for position in range(len(rows.features))]
    coded = [
        name
        for name, feature in zip(names, rows.features, strict=True)
        if feature.kind == "category" and len(rows.categories[feature.name]) <= SET_SPLITS
    ]
    data = lgb.Dataset(
        rows.matrix,
        label=rows.churned,
        feature_name=names,
        categorical_feature=coded,
        params=parameters,
        free_raw_data=True,
    )
    return data.construct()


def _fit_one(
    data: lgb.Dataset, inside: Ints, outside: Ints, parameters: dict[str, Any]
) -> lgb.Booster:
    stop = lgb.early_stopping(PATIENCE, verbose=False)
    return lgb.train(
        parameters,
        data.subset(inside.tolist()),
        num_boost_round=ROUNDS,
        valid_sets=[data.subset(outside.tolist())],
        callbacks=[stop],
    )


def _trees(text: str) -> list[str]:
    body = text[text.index("\nTree=") + 1 : text.index("\nend of trees")]
    return [block for block in re.split(r"(?m)^Tree=\d+\n", body) if block.strip()]


def _scaled(tree: str, number: int, models: int) -> str:
    lines = [f"Tree={number}"]
    for line in tree.strip("\n").split("\n"):
        name, _, values = line.partition("=")
        if name in ("leaf_value", "internal_value"):
            line = f"{name}=" + " ".join(repr(float(v) / models) for v in values.split())
        lines.append(line)
    return "\n".join(lines) + "\n\n\n"
