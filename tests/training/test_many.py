"""Margins of many rows come from our own sum of trees where it is faster, to the last bit."""

import logging
import sys

import numpy as np
import pytest

from tests.builders.forests import Floats, chain, forest, rows, strange
from training import many, model
from training.shares import Shares
from training.tree_shap import Margins, sums

ROWS = rows(3, 400, 6)
TREES = forest()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return where the lengths of what our own sum is asked for will be; few rows are many."""
    genuine, lengths = Margins.of_rows, list[int]()

    def counted(self: Margins, matrix: Floats, threads: int = 1) -> Floats:
        lengths.append(len(matrix))
        return genuine(self, matrix, threads)

    monkeypatch.setattr(Margins, "of_rows", counted)
    monkeypatch.setattr(many, "WORTH", len(ROWS) * 12)
    return lengths


def test_many_rows_are_answered_by_our_own_sum_with_lightgbms_bits(asked: list[int]) -> None:
    found = many.margin(TREES, ROWS, threads=2)
    np.testing.assert_array_equal(found, model.margin(TREES, ROWS))
    assert asked == [many.CHECKED_ROWS, len(ROWS)]


def test_fewer_are_answered_by_lightgbm(asked: list[int]) -> None:
    np.testing.assert_array_equal(many.margin(TREES, ROWS[:399]), model.margin(TREES, ROWS[:399]))
    assert asked == []


def test_the_first_trees_alone_are_counted(asked: list[int]) -> None:
    tell = many.teller(TREES, 10 * len(ROWS), ROWS, rounds=5)
    parts = [tell(ROWS[:150], 1), tell(ROWS[150:], 1)]
    wanted = model.margin(TREES, ROWS, rounds=5)
    np.testing.assert_array_equal(np.concatenate(parts), wanted)
    assert asked == [many.CHECKED_ROWS, 150, 250]
    assert not np.array_equal(wanted, model.margin(TREES, ROWS))


def test_large_trees_are_answered_by_lightgbm_without_a_word(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO, "kenshin.margins"):
        assert many.checked(chain(300, 6), ROWS) is None
    assert caplog.text == ""


def test_without_numba_lightgbm_answers(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delitem(sys.modules, "training.tree_shap.sums")
    monkeypatch.delattr("training.tree_shap.sums")
    monkeypatch.setitem(sys.modules, "numba", None)
    with caplog.at_level(logging.INFO, "kenshin.margins"):
        assert many.checked(TREES, ROWS) is None
    assert "numba" in caplog.text


@pytest.mark.parametrize("error", [EOFError("Ran out of input"), OSError(28, "No space left")])
def test_a_damaged_or_full_place_of_numbas_stops_nobody(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    def failing(*_: object) -> None:
        raise error

    monkeypatch.setattr(sums, "margins", failing)
    with caplog.at_level(logging.ERROR, "kenshin.margins"):
        assert many.checked(TREES, ROWS) is None
    assert str(error) in caplog.text


def test_a_sum_that_differs_by_a_bit_is_not_used(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    genuine = Margins.of_rows

    def wrong(self: Margins, matrix: Floats, threads: int = 1) -> Floats:
        return np.nextafter(genuine(self, matrix, threads), np.inf)

    monkeypatch.setattr(Margins, "of_rows", wrong)
    with caplog.at_level(logging.ERROR, "kenshin.margins"):
        assert not Shares(TREES, ROWS).hasten()
    assert "differ by" in caplog.text


def test_hastened_shares_give_the_same_margins_and_the_same_reasons(asked: list[int]) -> None:
    shares, matrix = Shares(TREES, ROWS), strange(5, 300, 6)
    before, reasons = shares.both(matrix)
    assert shares.hasten()
    assert not shares.walks
    asked.clear()
    np.testing.assert_array_equal(shares.margin(matrix), before)
    np.testing.assert_array_equal(shares.both(matrix)[0], before)
    np.testing.assert_array_equal(shares.both(matrix)[1], reasons)
    assert asked == [300, 300, 300]


def test_without_rows_to_be_checked_with_nothing_is_hastened() -> None:
    assert not Shares(TREES).hasten()
