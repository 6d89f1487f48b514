"""What the table on the number of events says, and how it is reckoned."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import volume
from features.simulator import CompanyPlan

PLAN = CompanyPlan(90, date(2025, 7, 1), date(2026, 11, 20), seed=5)
chances = st.floats(0.001, 0.999)


@given(st.lists(st.tuples(chances, st.sampled_from([0.1, 0.2, 0.4])), min_size=1, max_size=12))
def test_the_expected_auc_is_the_share_of_pairs_in_the_right_order(
    rows: list[tuple[float, float]],
) -> None:
    truth, said = (np.array(column) for column in zip(*rows, strict=True))
    weight = truth[:, None] * (1.0 - truth)[None, :]
    right = (said[:, None] > said[None, :]) + 0.5 * (said[:, None] == said[None, :])
    expected = (weight * right).sum() / weight.sum()
    assert volume.expected_auc(said, truth) == pytest.approx(expected)


@given(st.lists(st.tuples(chances, chances), min_size=1, max_size=12))
def test_nobody_is_expected_ahead_of_the_truth(rows: list[tuple[float, float]]) -> None:
    truth, said = (np.array(column) for column in zip(*rows, strict=True))
    assert volume.divergence(truth, said) >= -1e-12
    assert volume.divergence(truth, truth) == 0


def test_the_more_events_are_written_the_nearer_the_filter_comes(tmp_path: Path) -> None:
    few, many = (volume.measured(PLAN, scale, tmp_path) for scale in (0.2, 5.0))
    assert many["log_loss_behind"] < few["log_loss_behind"]
    assert many["auc_behind"] < few["auc_behind"]
    assert many["events_a_week"] > 15 * few["events_a_week"]
    assert (few["rows"], few["auc"]) == (many["rows"], many["auc"])


def test_the_table_has_a_line_for_each_number_of_events_with_the_mean_of_its_seeds() -> None:
    one = {"scale": 3.0, "events_a_week": 60.0, "auc_behind": 0.004, "log_loss_behind": 0.001}
    two = one | {"events_a_week": 62.0, "auc_behind": 0.002, "log_loss_behind": 0.002}
    less = one | {"scale": 1.0, "auc_behind": 0.008}
    lines = volume.table([one, two, less]).splitlines()
    assert [line.split(" | ")[0] for line in lines[2:]] == ["| × 1", "| × 3"]
    assert lines[-1] == "| × 3 | 61 | 0.0030 (0.0040, 0.0020) | 0.0015 |"
