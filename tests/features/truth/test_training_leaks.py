"""Leaks of training itself: a group on both sides of a fold, an encoder that knows the test."""

from dataclasses import replace

import numpy as np

from tests.builders.frames import learnable
from training import checks, frames, model

FOLDS, SEED = 5, 3


def test_merged_accounts_share_a_fold() -> None:
    rows = learnable(accounts=60, dates=3)
    pairs = {f"A{n:04d}": f"A{n - n % 2:04d}" for n in range(60)}
    rows = frames.grouped(rows, pairs)
    folds = model.account_folds(rows.inseparable, rows.churned, FOLDS, SEED)
    check = checks.folds_apart(rows, folds)
    assert check.result == "passed"
    assert "30 accounts" in check.sentence
    for account, other in pairs.items():
        mine = set(folds[rows.account_ids == account]) | set(folds[rows.account_ids == other])
        assert len(mine) == 1


def test_a_group_parted_between_folds_is_named() -> None:
    rows = learnable(accounts=60, dates=3)
    folds = model.account_folds(rows.account_ids, rows.churned, FOLDS, SEED)
    one, other = (
        "A0000",
        next(str(a) for a in rows.account_ids if folds[rows.account_ids == a][0] != folds[0]),
    )
    check = checks.folds_apart(frames.grouped(rows, {one: one, other: one}), folds)
    assert (check.code, check.result, check.severity) == ("T11", "failed", "release")
    assert "A0000" in check.sentence


def test_a_group_parted_only_when_the_folds_were_dealt_out_again_is_named() -> None:
    rows = learnable(accounts=60, dates=3)
    kept = model.account_folds(rows.inseparable, rows.churned, FOLDS, SEED)
    again = kept.copy()
    again[0] = (again[0] + 1) % FOLDS
    check = checks.folds_apart(rows, np.stack([kept, again]))
    assert check.result == "failed"
    assert str(rows.account_ids[0]) in check.sentence
    assert checks.folds_apart(rows, np.stack([kept, kept])).result == "passed"


def test_groups_stay_with_their_rows() -> None:
    rows = frames.grouped(learnable(accounts=10, dates=2), {"A0003": "A0001"})
    part = rows.where(rows.account_ids == "A0003")
    assert part.inseparable.tolist() == ["A0001", "A0001"]
    assert rows.where(np.arange(len(rows)) % 7 == 3).inseparable.tolist() == [
        "A0001" if account == "A0003" else account
        for account in rows.account_ids[np.arange(len(rows)) % 7 == 3]
    ]


def later_category() -> tuple[frames.Frame, np.ndarray]:
    """Return rows of which only the latest date has the plan ``team``, and which come before it."""
    rows = learnable(accounts=60, dates=4)
    before = rows.as_of < rows.as_of.max()
    column = [feature.name for feature in rows.features].index("plan_type")
    team = float(rows.categories["plan_type"].index("team"))
    matrix = rows.matrix.copy()
    matrix[before & (matrix[:, column] == team), column] = 0.0
    return replace(rows, matrix=matrix), before


def test_an_encoder_that_knows_the_test_period_is_named() -> None:
    rows, before = later_category()
    check = checks.encoders_before_test(rows.where(before), rows.where(~before))
    assert (check.code, check.result, check.severity) == ("T12", "failed", "release")
    assert "plan_type = team" in check.sentence


def test_training_forgets_categories_that_only_the_test_period_has() -> None:
    rows, before = later_category()
    numbers = rows.matrix[:, :3].copy()
    frames.forget_unseen(rows, before)
    check = checks.encoders_before_test(rows.where(before), rows.where(~before))
    assert check.result == "passed"
    assert np.isnan(rows.matrix[~before, 3]).any()
    np.testing.assert_array_equal(rows.matrix[:, :3], numbers)
