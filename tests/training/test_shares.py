"""Reasons come from the walk where it can be had and agrees, else from LightGBM: see the log."""

import logging
import sys
from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np
import pytest

from tests.builders.forests import Floats, forest, rows
from training import model
from training.shares import Shares
from training.tree_shap import Forest, walk

ROWS = rows(3, 60, 6)
TREES = forest()


def test_shares_are_the_same_before_and_after_the_walk_took_over() -> None:
    shares = Shares(TREES, ROWS)
    before = shares.of(ROWS)
    np.testing.assert_array_equal(before, model.contributions(TREES, ROWS))
    assert not shares.walks
    assert shares.prepare()
    np.testing.assert_allclose(shares.of(ROWS), before, rtol=0, atol=1e-12)
    assert shares.walks


def test_a_margin_never_changes_with_who_gives_the_shares() -> None:
    shares = Shares(TREES, ROWS)
    before = shares.both(ROWS)[0]
    shares.prepare()
    np.testing.assert_array_equal(shares.both(ROWS)[0], before)
    np.testing.assert_array_equal(shares.margin(ROWS), before)


def test_prepared_rows_have_the_same_bits_however_they_are_parted() -> None:
    shares = Shares(forest(num_leaves=3), ROWS)
    shares.prepare()
    whole = shares.both(ROWS)[1]
    for size in (1, 3, 7):
        parts = [shares.both(ROWS[i : i + size])[1] for i in range(0, len(ROWS), size)]
        np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_many_threads_may_ask_for_the_walk_and_for_shares_at_once() -> None:
    shares = Shares(TREES, ROWS)
    wanted = model.contributions(TREES, ROWS)

    def asked(number: int) -> Floats:
        if number % 4 == 0:
            assert shares.prepare()
        return shares.of(ROWS)

    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(asked, range(40)):
            np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-12)


def require_lightgbm(shares: Shares, matrix: Floats) -> None:
    assert not shares.prepare()
    assert not shares.walks
    wanted = model.contributions(shares.booster, matrix)
    np.testing.assert_array_equal(shares.of(matrix), wanted)


def test_without_numba_lightgbm_answers_and_the_log_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delitem(sys.modules, "training.tree_shap.walk")
    monkeypatch.delattr("training.tree_shap.walk")
    monkeypatch.setitem(sys.modules, "numba", None)
    with caplog.at_level(logging.WARNING, "kenshin.reasons"):
        require_lightgbm(Shares(TREES, ROWS), ROWS)
    assert "numba" in caplog.text


def test_linear_leaves_are_lightgbms(caplog: pytest.LogCaptureFixture) -> None:
    plain = np.nan_to_num(ROWS)
    with caplog.at_level(logging.WARNING, "kenshin.reasons"):
        assert not Shares(forest(linear_tree=True), plain).prepare()
    assert "linear leaves" in caplog.text


def test_a_walk_that_differs_is_not_used(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    genuine = Forest.shares

    def wrong(self: Forest, matrix: Floats, threads: int = 1) -> Floats:
        return genuine(self, matrix, threads) + 1e-8

    monkeypatch.setattr(Forest, "shares", wrong)
    with caplog.at_level(logging.ERROR, "kenshin.reasons"):
        require_lightgbm(Shares(TREES, ROWS), ROWS)
    assert "differs by 1e-08" in caplog.text


@pytest.mark.parametrize("error", [EOFError("Ran out of input"), OSError(28, "No space left")])
def test_a_damaged_or_full_place_of_numbas_stops_nobody(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    def failing(*_: object) -> None:
        raise error

    monkeypatch.setattr(walk, "shares", failing)
    with caplog.at_level(logging.ERROR, "kenshin.reasons"):
        require_lightgbm(Shares(TREES, ROWS), ROWS)
    assert str(error) in caplog.text


def test_without_rows_to_be_checked_with_the_walk_is_not_used() -> None:
    assert not Shares(TREES).prepare()
    assert Shares(TREES).prepare(ROWS)


def test_where_nothing_can_be_kept_a_process_compiles_for_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    genuine, asked = numba.njit, []

    def nowhere(cache: bool = False, **options: bool | str) -> object:
        asked.append(cache)
        if cache:
            raise RuntimeError("cannot cache function 'twice': no locator available")
        return genuine(**options)  # type: ignore[call-overload]

    monkeypatch.setattr(walk, "njit", nowhere)
    assert walk.compiled(lambda value: 2 * value)(3) == 6
    assert asked == [True, False]
