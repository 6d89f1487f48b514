"""Our sum of the trees is LightGBM's to the last bit, whatever the trees and the rows."""

import lightgbm as lgb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.forests import Floats, chain, forest, rows, strange
from training import model
from training.tree_shap import ForeignTreesError, Margins


def require_same_bits(booster: lgb.Booster, matrix: Floats) -> None:
    found = Margins.of(booster.model_to_string()).of_rows(matrix)
    np.testing.assert_array_equal(found, model.margin(booster, matrix))


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"use_missing": False},
        {"zero_as_missing": True},
        {"max_cat_to_onehot": 64},
        {"max_cat_to_onehot": 1, "cat_smooth": 1.0, "min_data_per_group": 5},
        {"num_leaves": 2},
        {"num_leaves": 4, "extra_trees": True},
        {"num_leaves": 200, "min_data_in_leaf": 1},
        {"objective": "regression", "boosting": "dart", "drop_rate": 0.5},
        {"path_smooth": 3.0, "max_bin": 15},
    ],
    ids=str,
)
def test_every_kind_of_tree(asked: dict[str, object]) -> None:
    booster = forest(**asked)  # type: ignore[arg-type]
    require_same_bits(booster, rows(7, 300, 6))
    require_same_bits(booster, strange(8, 300, 6))


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    columns=st.integers(1, 8),
    leaves=st.integers(2, 40),
    rounds=st.integers(1, 30),
    missing=st.sampled_from([{}, {"use_missing": False}, {"zero_as_missing": True}]),
)
def test_trees_of_any_shape(
    seed: int, columns: int, leaves: int, rounds: int, missing: dict[str, bool]
) -> None:
    more = {"num_leaves": leaves, "min_data_in_leaf": 1, "min_data_per_group": 1}
    booster = forest(seed, 80, columns, rounds, **more, **missing)
    require_same_bits(booster, strange(seed + 1, 70, columns))


KINDS = [
    (booster, Margins.of(booster.model_to_string()))
    for booster in (
        forest(min_data_per_group=5),
        forest(num_leaves=4, use_missing=False),
        forest(zero_as_missing=True),
    )
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.floats(width=64, allow_nan=True, allow_infinity=True), min_size=6, max_size=6))
def test_any_row_of_numbers(values: list[float]) -> None:
    matrix = np.array([values])
    for booster, own in KINDS:
        np.testing.assert_array_equal(own.of_rows(matrix), model.margin(booster, matrix))


def test_values_on_a_threshold_and_a_bit_beside_it_go_where_lightgbm_sends_them() -> None:
    for booster, own in KINDS:
        source = own.flat.sources[own.flat.splits["source"]]
        numbers = np.flatnonzero(source["kind"] != 3)
        assert len(numbers) > 20
        matrix = np.repeat(rows(2, 1, 6), 3 * len(numbers), axis=0)
        for i, split in enumerate(numbers):
            at = own.flat.splits["threshold"][split]
            if source["negative"][split]:
                at = -np.nextafter(at, np.inf)
            beside = [at, np.nextafter(at, -np.inf), np.nextafter(at, np.inf)]
            matrix[3 * i : 3 * i + 3, source["column"][split]] = beside
        np.testing.assert_array_equal(own.of_rows(matrix), model.margin(booster, matrix))


def test_an_infinite_threshold_sends_rows_where_lightgbm_sends_them() -> None:
    text = chain(4, 2).model_to_string()
    line = next(line for line in text.splitlines() if line.startswith("threshold="))
    for kinds in ("0 2 4 6", "8 10 8 10", "10 8 10 0"):
        decision = next(one for one in text.splitlines() if one.startswith("decision_type="))
        made = text.replace(line, "threshold=inf -inf 1e300 -1e300")
        made = made.replace(decision, f"decision_type={kinds}")
        require_same_bits(lgb.Booster(model_str=made), strange(4, 400, 2))


def test_sets_of_more_than_sixty_four_categories() -> None:
    random = np.random.default_rng(4)
    codes = random.integers(0, 300, (4_000, 2)).astype(float)
    outcome = ((codes[:, 0] % 7 < 3) ^ (codes[:, 1] % 5 < 2)).astype(float)
    data = lgb.Dataset(codes, outcome, categorical_feature=[0, 1])
    asked = {"objective": "binary", "verbose": -1, "num_leaves": 8, "min_data_per_group": 5}
    booster = lgb.train(asked | {"cat_smooth": 1.0}, data, num_boost_round=10)
    own = Margins.of(booster.model_to_string())
    assert own.flat.sources["words"].max() > 2
    unseen = random.integers(-3, 400, (500, 2)) + random.choice([0.0, 0.5], (500, 2))
    require_same_bits(booster, np.concatenate([codes[:200], unseen]))


def test_a_chain_as_deep_as_it_gets() -> None:
    require_same_bits(chain(300, 40), strange(5, 100, 40))


def test_trees_of_one_leaf_are_added_in_their_place() -> None:
    matrix = np.zeros((40, 3))
    data = lgb.Dataset(matrix, np.arange(40) % 2)
    booster = lgb.train({"objective": "binary", "verbose": -1}, data, num_boost_round=3)
    require_same_bits(booster, np.random.default_rng(1).normal(size=(5, 3)))
    alone = [forest(seed, rounds=2).model_to_string() for seed in (1, 2)]
    constant = booster.model_to_string().replace("max_feature_idx=2", "max_feature_idx=5")
    mixed = model.merge([alone[0], constant, alone[1]])
    require_same_bits(lgb.Booster(model_str=mixed), strange(3, 100, 6))


def test_a_row_has_the_same_bits_alone_among_others_and_on_several_threads() -> None:
    own, matrix = KINDS[0][1], strange(9, 1500, 6)
    together = own.of_rows(matrix)
    np.testing.assert_array_equal(own.of_rows(matrix, threads=3), together)
    np.testing.assert_array_equal(own.of_rows(np.asfortranarray(matrix)), together)
    alone = np.concatenate([own.of_rows(matrix[i : i + 1]) for i in range(70)])
    np.testing.assert_array_equal(alone, together[:70])
    np.testing.assert_array_equal(own.of_rows(matrix[37:]), together[37:])


def test_no_rows_have_no_margins() -> None:
    assert KINDS[0][1].of_rows(np.empty((0, 6))).shape == (0,)


def test_rows_of_another_width_are_refused() -> None:
    with pytest.raises(ValueError, match="6 columns"):
        KINDS[0][1].of_rows(np.zeros((2, 5)))


def test_a_split_before_the_one_it_lies_under_is_refused() -> None:
    text = chain(4, 2).model_to_string()
    line = next(line for line in text.splitlines() if line.startswith("right_child="))
    with pytest.raises(ForeignTreesError, match="before the one it lies under"):
        Margins.of(text.replace(line, "right_child=1 2 1 -5"))


def test_large_trees_are_left_to_lightgbm() -> None:
    assert Margins.of(forest(num_leaves=15).model_to_string()).worth
    assert not Margins.of(chain(300, 4).model_to_string()).worth
