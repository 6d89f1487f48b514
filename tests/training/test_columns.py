import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from training import columns, metrics

VALUES = st.lists(st.tuples(st.booleans(), st.sampled_from([-2.5, -0.0, 0.0, 1e-9, 1.0, 7.25])))


@given(st.integers(1, 20), st.integers(0, 7))
def test_every_column_comes_once_in_its_place_and_contiguous(wide: int, rows: int) -> None:
    matrix = np.random.default_rng(wide).normal(size=(rows, wide))
    found = list(columns.each(matrix))
    assert all(column.flags.c_contiguous for column in found)
    assert np.array_equal(np.array(found).reshape(wide, rows), matrix.T)


def test_a_missing_value_counts_as_the_median_of_the_others() -> None:
    assert columns.filled(np.array([1.0, np.nan, 2.0, 9.0])).tolist() == [1.0, 2.0, 2.0, 9.0]


def test_a_column_without_missing_values_is_given_back_as_it_is() -> None:
    column = np.array([1.0, 2.0])
    assert columns.filled(column) is column


@given(VALUES)
def test_the_auc_of_a_column_is_that_of_the_metrics_to_the_last_bit(
    rows: list[tuple[bool, float]],
) -> None:
    left = np.array([gone for gone, _ in rows], dtype=bool)
    values = np.array([value for _, value in rows], dtype=np.float64)
    found = columns.auc(left, values)
    if left.all() or not left.any():
        assert math.isnan(found)
    else:
        assert found == metrics.auc(left.astype(np.float64), values, np.ones(len(rows)))


def test_the_auc_of_many_rows_is_exact() -> None:
    rng = np.random.default_rng(3)
    values = np.round(rng.normal(size=60_000), 3)
    left = rng.random(60_000) < 0.1
    assert columns.auc(left, values) == metrics.auc(left.astype(float), values, np.ones(60_000))
