"""Rows and probabilities for the release checks, with a known truth."""

from dataclasses import replace
from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tests.builders.frames import feature
from training import model
from training.calibration import fit_platt
from training.checks import Check
from training.frames import Frame
from training.judging import Judged

Floats = npt.NDArray[np.float64]


def truth(n: int = 4000, seed: int = 3) -> tuple[Floats, Floats, npt.NDArray[np.object_]]:
    """Return outcomes, the very probabilities they were drawn from, and account ids, (n,) each."""
    rng = np.random.default_rng(seed)
    p = 1 / (1 + np.exp(-rng.normal(-1.5, 1.2, n)))
    accounts = np.array([f"A{k:05d}" for k in range(n)], dtype=object)
    return (rng.random(n) < p).astype(float), p, accounts


def sharpened(p: Floats, factor: float, shift: float = 0.0) -> Floats:
    """Return probabilities whose log-odds are ``factor`` times as far apart, and shifted."""
    return np.asarray(1 / (1 + np.exp(-factor * np.log(p / (1 - p)) - shift)), dtype=np.float64)


def with_column(
    rows: Frame, name: str, values: npt.NDArray[np.floating[Any]], words: tuple[str, ...] = ()
) -> Frame:
    """Return ``rows`` with one more feature; with ``words`` it is a category of those values."""
    added = feature(name, kind="category" if words else "number")
    return replace(
        rows,
        matrix=np.column_stack([rows.matrix, values]),
        features=(*rows.features, added),
        categories=rows.categories | ({name: words} if words else {}),
    )


def with_fact(rows: Frame, name: str, values: list[object]) -> Frame:
    """Return ``rows`` with another column of facts."""
    there = rows.facts.drop_columns([name]) if name in rows.facts.column_names else rows.facts
    return replace(rows, facts=there.append_column(name, pa.array(values)))


def speaks_both_languages(check: Check) -> bool:
    """Return whether a check has its words in Japanese and English and a place in the docs."""
    said = check.json()
    return (
        not said["title_ja"].isascii()
        and not said["sentence_ja"].isascii()
        and said["sentence"].endswith(".")
        and said["docs"] == f"docs/checks.md#{check.code.lower()}"
    )


def small(rows: Frame) -> Judged:
    """Return a model of a few trees, judged on the last date as `judging.out_of_time` does."""
    last = rows.as_of == rows.as_of.max()
    development, test = rows.where(~last), rows.where(last)
    asked = {"objective": "binary", "num_leaves": 4, "min_data_in_leaf": 40, "verbose": -1}
    fixed = {"num_threads": 1, "deterministic": True, "force_row_wise": True}
    data = lgb.Dataset(development.matrix, development.churned, categorical_feature=[3])
    text = lgb.train(asked | fixed, data, num_boost_round=25).model_to_string()
    booster = lgb.Booster(model_str=model.merge((text,)))
    held_out = model.margin(booster, development.matrix)
    calibration = fit_platt(held_out, development.churned)
    dealt = model.account_folds(development.inseparable, development.churned, 2, 0)
    return Judged(
        bag=model.Bag(model.merge((text,)), (text,), held_out, (25,), dealt[np.newaxis]),
        calibration=calibration,
        development=development,
        later_rows=None,
        test=test,
        probability=calibration.probability(model.margin(booster, test.matrix)),
        held_out_auc=0.8,
        later=None,
        design="Judged on the last date.",
    )
