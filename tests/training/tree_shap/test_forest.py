"""The walk gives what LightGBM's own TreeSHAP gives, whatever the trees and the rows."""

from concurrent.futures import ThreadPoolExecutor

import lightgbm as lgb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.forests import FIXED, Floats, chain, forest, rows, strange
from training import model
from training.tree_shap import ForeignTreesError, Forest

EXACT = 1e-12


def require_equal(booster: lgb.Booster, matrix: Floats) -> None:
    """Shares, their sums and the five largest of every row are LightGBM's."""
    ours = Forest.of(booster.model_to_string()).shares(matrix)
    theirs = model.contributions(booster, matrix)
    size = max(1.0, float(np.abs(theirs).max()))
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=EXACT * size)
    raw = model.margin(booster, matrix)
    np.testing.assert_allclose(ours.sum(axis=1), raw, rtol=0, atol=1e-9 * size)
    for found, wanted in zip(ours[:, :-1], theirs[:, :-1], strict=True):
        fifth = np.sort(np.abs(wanted))[-5:][0]
        top = set(np.argsort(-np.abs(found), kind="stable")[:5].tolist())
        assert all(abs(wanted[i]) >= fifth - EXACT * size for i in top)


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"use_missing": False},
        {"zero_as_missing": True},
        {"max_cat_to_onehot": 64},
        {"max_cat_to_onehot": 1, "cat_smooth": 1.0, "min_data_per_group": 5},
        {"num_leaves": 2},
        {"num_leaves": 200, "min_data_in_leaf": 1},
        {"objective": "regression", "boosting": "dart", "drop_rate": 0.5},
        {"extra_trees": True, "max_bin": 15},
        {"bagging_fraction": 0.5, "bagging_freq": 1},
        {"linear_tree": False, "path_smooth": 3.0},
        {"monotone_constraints": [0, 0, 1, -1, 0, 0]},
    ],
    ids=str,
)
def test_every_kind_of_tree(asked: dict[str, object]) -> None:
    booster = forest(**asked)  # type: ignore[arg-type]
    require_equal(booster, rows(7, 150, 6))
    require_equal(booster, strange(8, 150, 6))


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    columns=st.integers(1, 8),
    leaves=st.integers(2, 40),
    rounds=st.integers(1, 5),
    missing=st.sampled_from([{}, {"use_missing": False}, {"zero_as_missing": True}]),
)
def test_small_trees_of_any_shape(
    seed: int, columns: int, leaves: int, rounds: int, missing: dict[str, bool]
) -> None:
    more = {"num_leaves": leaves, "min_data_in_leaf": 1, "min_data_per_group": 1}
    booster = forest(seed, 80, columns, rounds, **more, **missing)
    require_equal(booster, strange(seed + 1, 20, columns))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.floats(width=64, allow_nan=True, allow_infinity=True), min_size=6, max_size=6))
def test_any_row_of_numbers(values: list[float]) -> None:
    matrix = np.array([values])
    for booster, walk in BOTH_KINDS:
        np.testing.assert_allclose(
            walk.shares(matrix), model.contributions(booster, matrix), rtol=0, atol=1e-11
        )


BOTH_KINDS = [
    (booster, Forest.of(booster.model_to_string()))
    for booster in (forest(min_data_per_group=5), forest(zero_as_missing=True))
]


def test_values_on_a_threshold_and_a_bit_beside_it_go_where_lightgbm_sends_them() -> None:
    for booster, walk in BOTH_KINDS:
        nodes = walk.layout.nodes[walk.layout.nodes["number"] == 1]
        matrix = np.repeat(rows(2, 1, 6), 4 * len(nodes), axis=0)
        for i, node in enumerate(nodes):
            at = node["threshold"]
            beside = [at, np.nextafter(at, -np.inf), np.nextafter(at, np.inf), np.float32(at)]
            matrix[4 * i : 4 * i + 4, node["feature"]] = beside
        require_equal(booster, matrix)


def test_a_path_of_more_than_sixteen_features() -> None:
    steps = np.repeat(np.arange(31), 10)
    matrix = (steps[:, None] > np.arange(30)).astype(float)
    asked = {"num_leaves": 31, "min_data_in_leaf": 1, "objective": "regression"}
    data = lgb.Dataset(matrix, 3.0**steps / 3.0**25, params=FIXED)
    booster = lgb.train(FIXED | asked, data, num_boost_round=2)
    walk = Forest.of(booster.model_to_string())
    assert walk.layout.points.shape[0] > 8, "more features on a path than eight points can take"
    mixed = np.random.default_rng(5).random((60, 30)) < 0.7
    require_equal(booster, np.concatenate([matrix[::9], mixed.astype(float)]))


def test_a_feature_split_on_again_and_again() -> None:
    booster = forest(columns=1, num_leaves=30, min_data_in_leaf=3)
    walk = Forest.of(booster.model_to_string())
    assert (walk.layout.nodes["before"] >= 0).mean() > 0.6
    require_equal(booster, strange(3, 100, 1))


@pytest.mark.parametrize(("splits", "columns"), [(200, 20), (40, 40), (300, 1)])
def test_a_chain_as_deep_as_it_gets(splits: int, columns: int) -> None:
    require_equal(chain(splits, columns), strange(splits, 100, columns))


def test_trees_of_one_leaf_give_their_value_to_the_base() -> None:
    matrix = np.zeros((40, 3))
    data = lgb.Dataset(matrix, np.arange(40) % 2)
    booster = lgb.train({"objective": "binary", "verbose": -1}, data, num_boost_round=3)
    require_equal(booster, np.random.default_rng(1).normal(size=(5, 3)))


def test_no_rows_give_no_shares() -> None:
    assert BOTH_KINDS[0][1].shares(np.empty((0, 6))).shape == (0, 7)


def test_a_row_has_the_same_bits_alone_among_others_and_on_several_threads() -> None:
    walk, matrix = BOTH_KINDS[0][1], strange(9, 1500, 6)
    together = walk.shares(matrix)
    np.testing.assert_array_equal(walk.shares(matrix, threads=3), together)
    alone = np.concatenate([walk.shares(matrix[i : i + 1]) for i in range(130)])
    np.testing.assert_array_equal(alone, together[:130])
    np.testing.assert_array_equal(walk.shares(matrix[37:]), together[37:])


def test_several_threads_of_a_server_may_ask_at_once() -> None:
    walk, matrix = BOTH_KINDS[0][1], strange(9, 600, 6)
    wanted = walk.shares(matrix)
    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(lambda _: walk.shares(matrix, threads=2), range(64)):
            np.testing.assert_array_equal(found, wanted)


def test_columns_in_another_order_of_memory_are_read_alike() -> None:
    walk, matrix = BOTH_KINDS[0][1], rows(9, 50, 6)
    np.testing.assert_array_equal(walk.shares(np.asfortranarray(matrix)), walk.shares(matrix))


def test_rows_of_another_width_are_refused() -> None:
    with pytest.raises(ValueError, match="6 columns"):
        BOTH_KINDS[0][1].shares(np.zeros((2, 5)))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"linear_tree": True}, "linear leaves"),
        ({"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5}, "mean of trees"),
        ({"objective": "multiclass", "num_class": 2}, "more than one margin"),
    ],
)
def test_other_models_are_refused_by_what_they_are(asked: dict[str, object], said: str) -> None:
    with pytest.raises(ForeignTreesError, match=said):
        Forest.of(forest(**asked).model_to_string())  # type: ignore[arg-type]


def test_a_branch_without_training_rows_is_refused() -> None:
    text = forest(rounds=1).model_to_string()
    line = next(line for line in text.splitlines() if line.startswith("leaf_count="))
    with pytest.raises(ForeignTreesError, match="no training row"):
        Forest.of(text.replace(line, "leaf_count=0 " + line.split(" ", 1)[1]))


def test_a_text_that_lacks_values_is_refused() -> None:
    text = forest(rounds=1).model_to_string()
    line = next(line for line in text.splitlines() if line.startswith("threshold="))
    with pytest.raises(ForeignTreesError, match="values of threshold"):
        Forest.of(text.replace(line, "threshold=0.5"))
