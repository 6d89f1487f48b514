"""T1 to T3: whether there is anything to be told."""

import pytest

from tests.builders.release import speaks_both_languages
from training.checks import Check, above_chance, beats_constant, enough_churns

GOOD = {"value": 0.8, "low": 0.7, "high": 0.9}
NOTHING = {"value": None, "low": None, "high": None}


@pytest.mark.parametrize(
    ("found", "result"),
    [
        (enough_churns(49, 50), "failed"),
        (enough_churns(50, 50), "passed"),
        (beats_constant({"log_loss_gain": GOOD | {"low": -0.01}}), "failed"),
        (beats_constant({"log_loss_gain": GOOD}), "passed"),
        (beats_constant({"log_loss_gain": NOTHING}), "failed"),
        (above_chance({"auc": GOOD | {"low": 0.49}}), "failed"),
        (above_chance({"auc": GOOD}), "passed"),
        (above_chance({"auc": NOTHING}), "failed"),
    ],
)
def test_a_figure_that_does_not_exist_is_no_signal_either(found: Check, result: str) -> None:
    assert (found.result, found.severity) == (result, "signal")
    assert speaks_both_languages(found)
