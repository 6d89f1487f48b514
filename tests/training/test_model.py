from dataclasses import replace

import lightgbm as lgb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.frames import learnable
from training import many, model
from training.recipe import proposed
from training.tree_shap import Margins


@pytest.fixture(scope="module")
def bag() -> model.Bag:
    return model.fit(learnable(), folds=3, seed=1, threads=2)


def test_the_merged_booster_gives_the_mean_margin(bag: model.Bag) -> None:
    rows = learnable()
    single = [model.margin(lgb.Booster(model_str=text), rows.matrix) for text in bag.texts]
    merged = model.margin(lgb.Booster(model_str=bag.text), rows.matrix)
    np.testing.assert_allclose(merged, np.mean(single, axis=0), rtol=0, atol=1e-12)


def test_shares_of_the_merged_booster_are_the_mean_shares_and_add_up(bag: model.Bag) -> None:
    rows = learnable()
    merged = lgb.Booster(model_str=bag.text)
    shares = model.contributions(merged, rows.matrix)
    single = [model.contributions(lgb.Booster(model_str=text), rows.matrix) for text in bag.texts]
    np.testing.assert_allclose(shares, np.mean(single, axis=0), rtol=0, atol=1e-12)
    margin = model.margin(merged, rows.matrix)
    np.testing.assert_allclose(shares.sum(axis=1), margin, rtol=0, atol=1e-12)


def test_one_thread_and_two_give_the_same_bytes(bag: model.Bag) -> None:
    again = model.fit(learnable(), folds=3, seed=1, threads=1)
    assert again.text == bag.text
    np.testing.assert_array_equal(again.held_out, bag.held_out)


def test_another_seed_gives_another_model(bag: model.Bag) -> None:
    assert model.fit(learnable(), folds=3, seed=2, threads=2).text != bag.text


def test_the_text_holds_no_trace_of_threads_or_paths(bag: model.Bag) -> None:
    assert "num_threads" not in bag.text
    assert bag.text.count("Tree=") == sum(bag.rounds)


def test_held_out_margins_come_from_models_that_saw_no_row_of_the_account(bag: model.Bag) -> None:
    rows = learnable()
    folds = model.account_folds(rows.account_ids, rows.churned, 3, 1)
    for fold, text in enumerate(bag.texts):
        outside = folds == fold
        margin = model.margin(lgb.Booster(model_str=text), rows.matrix[outside])
        np.testing.assert_array_equal(bag.held_out[outside], margin)


def test_held_out_margins_of_many_rows_come_faster_with_the_same_bits(
    bag: model.Bag, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    class Counted(Margins):
        def of_rows(self, matrix: model.Floats, threads: int = 1) -> model.Floats:
            asked.append(len(matrix))
            return super().of_rows(matrix, threads)

    monkeypatch.setattr(many, "WORTH", 0)
    monkeypatch.setattr(many, "Margins", Counted)
    again = model.fit(learnable(), folds=3, seed=1, threads=1)
    assert sum(asked) > len(learnable())
    np.testing.assert_array_equal(again.held_out, bag.held_out)


@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=5), st.integers(2, 6))
def test_an_account_never_straddles_folds(rows: list[tuple[int, bool]], folds: int) -> None:
    accounts = np.array([f"a{number}" for number, _ in rows], dtype=object)
    churned = np.array([float(left) for _, left in rows])
    fold_of = model.account_folds(accounts, churned, folds, seed=7)
    for account in set(accounts):
        assert len(set(fold_of[accounts == account])) == 1
    assert set(fold_of) <= set(range(folds))


def test_a_table_of_constants_gives_everyone_the_same_margin() -> None:
    rows = learnable(accounts=100, dates=2)
    rows.matrix[:] = 1.0
    bag = model.fit(rows, folds=3, seed=1, threads=1)
    margin = model.margin(lgb.Booster(model_str=bag.text), rows.matrix)
    assert np.ptp(margin) == 0


def test_a_feature_moves_the_risk_only_the_way_the_catalogue_says() -> None:
    rows = learnable()
    wrong = replace(rows, churned=1 - rows.churned)  # many logins now go with leaving
    bag = model.fit(wrong, folds=3, seed=1, threads=1)
    booster = lgb.Booster(model_str=bag.text)
    for name, way in (("logins_28d", -1), ("tickets_28d", 1)):
        column = [feature.name for feature in rows.features].index(name)
        few, many = rows.matrix.copy(), rows.matrix.copy()
        few[:, column], many[:, column] = -1.0, 1.0
        moved = way * (model.margin(booster, many) - model.margin(booster, few))
        assert (moved >= -1e-12).all()


def test_seeds_are_bagged_and_every_held_out_margin_is_their_mean() -> None:
    rows = learnable()
    bag = model.fit(rows, folds=3, seed=1, threads=2, repeats=2)
    assert len(bag.texts) == 6
    wanted = np.zeros(len(rows))
    for repeat in range(2):
        folds = model.account_folds(rows.account_ids, rows.churned, 3, 1 + repeat)
        for fold in range(3):
            outside = folds == fold
            one = lgb.Booster(model_str=bag.texts[3 * repeat + fold])
            wanted[outside] += model.margin(one, rows.matrix[outside]) / 2
    np.testing.assert_allclose(bag.held_out, wanted, rtol=0, atol=1e-12)
    again = model.fit(rows, folds=3, seed=1, threads=1, repeats=2)
    assert again.text == bag.text


def test_a_bag_keeps_the_folds_of_every_time_they_were_dealt_out() -> None:
    rows = learnable(accounts=60, dates=3)
    bag = model.fit(rows, folds=3, seed=5, threads=2, repeats=2)
    for repeat, dealt in enumerate(bag.folds):
        given = model.account_folds(rows.inseparable, rows.churned, 3, 5 + repeat)
        np.testing.assert_array_equal(dealt, given)
    assert (bag.folds[0] != bag.folds[1]).any()


def test_little_data_gets_simple_trees_and_several_seeds() -> None:
    little, much = proposed(1_000), proposed(1_000_000)
    assert little.repeats > much.repeats == 1
    assert little.parameters["num_leaves"] < much.parameters["num_leaves"]
