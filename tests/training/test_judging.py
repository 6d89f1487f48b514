import numpy as np
import pytest

from features.settings import Churn, Settings, Training
from tests.builders.frames import learnable
from training import judging
from training.frames import Frame
from training.split import split

SETTINGS = Settings(
    churn=Churn(horizon_days=60, allowed_gap_days=0), training=Training(minimum_churns=10)
)


def _judged(rows: Frame) -> judging.Judged:
    return judging.out_of_time(
        rows, split(rows, SETTINGS), SETTINGS, lambda what, done, steps: None
    )


def _with_other_outcomes_at(rows: Frame, dates: np.ndarray) -> Frame:
    """Return the rows with the outcomes of ``dates`` dealt out anew: same counts, same split."""
    inside = np.isin(rows.as_of, dates)
    churned = rows.churned.copy()
    for date in dates:
        there = rows.as_of == date
        churned[there] = np.random.default_rng(7).permutation(churned[there])
    assert (churned[inside] != rows.churned[inside]).any()
    return Frame(
        matrix=rows.matrix,
        features=rows.features,
        categories=rows.categories,
        account_ids=rows.account_ids,
        as_of=rows.as_of,
        churned=churned,
        facts=rows.facts,
    )


@pytest.fixture(scope="module")
def long_history() -> Frame:
    return learnable(accounts=60, dates=30)


def test_outcomes_of_the_test_change_neither_trees_nor_calibration(long_history: Frame) -> None:
    parts = split(long_history, SETTINGS)
    plain = _judged(long_history)
    other = _judged(_with_other_outcomes_at(long_history, parts.test))
    assert other.bag.text == plain.bag.text
    assert other.calibration == plain.calibration


def test_outcomes_of_the_calibration_slice_move_the_calibration_and_no_tree(
    long_history: Frame,
) -> None:
    parts = split(long_history, SETTINGS)
    assert parts.held_back
    plain = _judged(long_history)
    other = _judged(_with_other_outcomes_at(long_history, parts.calibration))
    assert other.bag.text == plain.bag.text
    assert other.calibration != plain.calibration
