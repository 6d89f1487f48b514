"""Tables of small trees give LightGBM's own margins and shares."""

import lightgbm as lgb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training import model
from training.shares import FEW_ROWS, Shares
from training.tree_shap import small
from training.tree_shap.small import MOST_SPLITS, SmallTrees

FIXED = {"verbose": -1, "deterministic": True, "force_row_wise": True, "num_threads": 1}


def rows(n: int, seed: int) -> np.ndarray:
    """Numbers with gaps, zeros, ties, a value that is 1 or missing, and two categories."""
    random = np.random.default_rng(seed)
    found = random.normal(0, 2, (n, 7))
    found[:, 1] = np.round(found[:, 1])
    found[:, 2][random.random(n) < 0.5] = 0.0
    found[:, 3] = np.where(random.random(n) < 0.4, np.nan, 1.0)
    found[:, 4][random.random(n) < 0.3] = np.nan
    found[:, 5] = random.integers(0, 40, n)
    found[:, 6] = random.integers(0, 3, n)
    found[:, 6][random.random(n) < 0.2] = np.nan
    return found


def booster(seed: int, leaves: int, **asked: object) -> lgb.Booster:
    matrix = rows(600, seed)
    told = np.nan_to_num(matrix)
    chance = told[:, 0] + told[:, 2] + told[:, 3] + (told[:, 5] % 3) - (told[:, 6] == 1)
    churned = np.random.default_rng(seed).random(600) < 1 / (1 + np.exp(-chance))
    data = lgb.Dataset(matrix, churned.astype(float), categorical_feature=[5, 6], params=asked)
    wanted = {"objective": "binary", "num_leaves": leaves, "min_data_in_leaf": 5, "cat_smooth": 1}
    return lgb.train(FIXED | wanted | asked, data, num_boost_round=30)


@given(
    seed=st.integers(0, 10_000),
    leaves=st.integers(2, MOST_SPLITS + 1),
    zero_as_missing=st.booleans(),
    use_missing=st.booleans(),
)
@settings(max_examples=20, deadline=None)
def test_margins_have_lightgbm_s_bits_and_shares_differ_by_rounding_only(
    seed: int, leaves: int, zero_as_missing: bool, use_missing: bool
) -> None:
    made = booster(seed, leaves, zero_as_missing=zero_as_missing, use_missing=use_missing)
    tables = SmallTrees.of(made.model_to_string())
    assert tables is not None
    asked = rows(40, seed + 1)
    asked[0], asked[1] = np.nan, 0.0
    asked[2, 5:] = 1e6  # categories that were never seen
    asked[3, 5:] = -3.0
    margins, shares = model.margin(made, asked), model.contributions(made, asked)
    for row, margin, wanted in zip(asked, margins, shares, strict=True):
        found, given_ = tables.shares(row)
        assert found == tables.margin(row) == margin
        np.testing.assert_allclose(given_, wanted, rtol=0, atol=1e-12)


def test_larger_trees_have_no_tables_and_lightgbm_answers() -> None:
    made = booster(1, MOST_SPLITS + 3)
    assert SmallTrees.of(made.model_to_string()) is None
    asked = rows(1, 2)
    margin, shares = Shares(made).both(asked)
    np.testing.assert_array_equal(margin, model.margin(made, asked))
    np.testing.assert_array_equal(shares, model.contributions(made, asked))


def test_trees_without_a_split_are_their_value() -> None:
    data = lgb.Dataset(np.zeros((30, 2)), np.r_[np.zeros(20), np.ones(10)])
    made = lgb.train(FIXED | {"objective": "binary", "num_leaves": 4}, data, num_boost_round=3)
    asked = np.zeros((1, 2))
    margin, shares = Shares(made).both(asked)
    np.testing.assert_array_equal(margin, model.margin(made, asked))
    np.testing.assert_allclose(shares, model.contributions(made, asked), atol=1e-12)


@pytest.mark.parametrize("count", [1, FEW_ROWS, FEW_ROWS + 1])
def test_few_rows_and_many_are_answered_alike(count: int) -> None:
    shares = Shares(booster(3, 4))
    asked = rows(count, 4)
    margin, given_ = shares.both(asked)
    assert given_.shape == (count, 8)
    np.testing.assert_allclose(margin, given_.sum(axis=1), atol=1e-12)


def test_several_models_are_told_apart() -> None:
    made = [booster(5, 2), booster(6, 4), booster(7, 3)]
    tables = SmallTrees.of(*(one.model_to_string() for one in made))
    assert tables is not None
    asked = rows(20, 8)
    wanted = np.column_stack([model.margin(one, asked) for one in made])
    np.testing.assert_array_equal([tables.margins(row) for row in asked], wanted)


def test_models_of_other_columns_or_of_one_larger_tree_share_no_tables() -> None:
    small, large = booster(5, 3), booster(5, MOST_SPLITS + 3)
    assert SmallTrees.of(small.model_to_string(), large.model_to_string()) is None
    assert SmallTrees.of() is None


def test_the_shares_told_beside_several_margins_are_the_first_model_s() -> None:
    made = [booster(5, 4), booster(6, 3)]
    first, both = (SmallTrees.of(*(m.model_to_string() for m in made[:n])) for n in (1, 2))
    assert first is not None
    assert both is not None
    for row in rows(20, 9):
        margins, shares = both.both(row)
        margin, wanted = first.shares(row)
        assert margins[0] == margin
        np.testing.assert_array_equal(shares, wanted)


def test_sums_are_those_of_adding_one_after_the_other() -> None:
    numbers = np.random.default_rng(1).normal(size=3_000) * 10.0 ** np.arange(-15, 15).repeat(100)
    ones = np.broadcast_to(np.float64(1.0), numbers.shape)
    wanted = 0.0
    for number in numbers.tolist():
        wanted += number
    assert small._summed(numbers, ones) == wanted
    assert float(numbers.sum()) != wanted  # so the order tells
