"""Figures of rows that are sorted once, under any weights."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training import metrics
from training.ordered import FIGURES, Ordered

ROW = st.tuples(st.integers(0, 1), st.integers(1, 9), st.integers(0, 3))
"""Whether it left, tenths of probability, how often it counts."""


@given(st.lists(ROW, min_size=1, max_size=40))
def test_a_row_that_counts_three_times_is_three_rows(rows: list[tuple[int, int, int]]) -> None:
    churned, tenths, times = np.array(rows, dtype=np.float64).T
    if not times.sum():
        return
    often = times.astype(np.int64)
    weighted = Ordered(churned, tenths / 10).figures(times)
    repeated = Ordered(np.repeat(churned, often), np.repeat(tenths, often) / 10)
    for name, value in repeated.figures(np.ones(often.sum())).items():
        if name != "ece":  # whose groups are of rows, whatever they weigh
            assert weighted[name] == pytest.approx(value, abs=1e-12, nan_ok=True), name


def test_the_calibration_error_is_that_of_twelve_groups_of_rows() -> None:
    random = np.random.default_rng(3)
    p = random.permutation(np.linspace(0.01, 0.99, 120))
    churned = (random.random(120) < p).astype(float)
    weight = random.integers(0, 3, 120).astype(float)
    order = np.argsort(p)
    off = [weight[part] @ (p[part] - churned[part]) for part in np.split(order, 12)]
    wanted = np.abs(off).sum() / weight.sum()
    assert Ordered(churned, p).figure(weight, "ece") == pytest.approx(wanted)


def test_only_what_is_asked_for_is_told_in_the_order_asked() -> None:
    ordered = Ordered(np.array([0.0, 1.0, 0.0]), np.array([0.1, 0.7, 0.3]))
    found = ordered.figures(np.ones(3), ("lift_worst_tenth", "auc"))
    assert list(found) == ["lift_worst_tenth", "auc"]
    assert found["auc"] == 1.0
    assert tuple(ordered.figures(np.ones(3))) == FIGURES


def test_without_rows_there_is_no_order_to_judge() -> None:
    assert np.isnan(metrics.auc(np.zeros(0), np.zeros(0), np.zeros(0)))
