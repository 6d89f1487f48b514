"""Each rule of the release: a case that fires, one that stays silent, one it cannot apply to."""

import numpy as np
import pytest

from tests.builders.frames import learnable
from training import checks
from training.checks import Check
from training.frames import Frame

GOOD = {"value": 0.8, "low": 0.7, "high": 0.9}
NOTHING = {"value": None, "low": None, "high": None}


def _filled(rows: Frame, missing: np.ndarray) -> Frame:
    """Return ``rows`` with the third feature absent where ``missing``."""
    matrix = rows.matrix.copy()
    matrix[:, 2] = np.where(missing, np.nan, 1.0)
    return Frame(
        matrix=matrix,
        features=rows.features,
        categories=rows.categories,
        account_ids=rows.account_ids,
        as_of=rows.as_of,
        churned=rows.churned,
        facts=rows.facts,
    )


ROWS = learnable()
REPLICATES = np.linspace(80.0, 120.0, 400)


@pytest.mark.parametrize(
    ("found", "result"),
    [
        (checks.enough_churns(49, 50), "failed"),
        (checks.enough_churns(50, 50), "passed"),
        (checks.beats_constant({"log_loss_gain": GOOD | {"low": -0.01}}), "failed"),
        (checks.beats_constant({"log_loss_gain": GOOD}), "passed"),
        (checks.beats_constant({"log_loss_gain": NOTHING}), "failed"),
        (checks.above_chance({"auc": GOOD | {"low": 0.49}}), "failed"),
        (checks.above_chance({"auc": GOOD}), "passed"),
        (checks.above_chance({"auc": NOTHING}), "failed"),
        (
            checks.calibrated_in_the_large(np.ones(100), np.full(100, 0.5), REPLICATES),
            "failed",
        ),
        (
            checks.calibrated_in_the_large(np.ones(100), np.full(100, 0.97), REPLICATES),
            "passed",
        ),
        (checks.no_leak({"auc": {"value": 0.96}}), "failed"),
        (checks.no_leak({"auc": {"value": 0.95}}), "passed"),
        (checks.no_leak({"auc": {"value": None}}), "not applicable"),
        (checks.no_single_leak({"exit_date": 0.99, "logins": 0.7}), "failed"),
        (checks.no_single_leak({"stays": 0.01}), "failed"),
        (checks.no_single_leak({"logins": 0.94, "constant": np.nan}), "passed"),
        (checks.filled_for_leavers(_filled(ROWS, ROWS.churned == 0)), "failed"),
        (checks.filled_for_leavers(_filled(ROWS, ROWS.churned == 1)), "failed"),
        (checks.filled_for_leavers(ROWS), "passed"),
        (checks.no_overfitting(0.96, 0.8), "failed"),
        (checks.no_overfitting(0.94, 0.8), "passed"),
        (checks.no_overfitting(0.94, None), "not applicable"),
        (checks.level_held(0.5, True), "failed"),
        (checks.level_held(0.05, False), "passed"),
        (checks.level_held(None, False), "not applicable"),
        (checks.golden_rows(250, 1e-9, 1e-12), "failed"),
        (checks.golden_rows(250, 1e-16, 1e-12), "passed"),
    ],
)
def test_a_rule_fires_stays_silent_or_says_that_it_cannot_apply(found: Check, result: str) -> None:
    assert found.result == result
    said = found.json()
    assert not said["title_ja"].isascii()
    assert not said["sentence_ja"].isascii()
    assert said["title"] != said["title_ja"]
    assert said["sentence"].endswith(".")


def test_a_suspect_is_named_in_both_languages() -> None:
    found = checks.no_single_leak({"exit_date": 0.99, "logins": 0.7})
    assert "exit_date" in found.found.en
    assert "exit_date" in found.found.ja
    assert "logins" not in found.found.en


def test_only_failed_checks_of_a_severity_are_returned() -> None:
    found = [checks.enough_churns(1, 50), checks.no_overfitting(0.99, 0.5)]
    assert [check.code for check in checks.failed(found, "signal")] == ["T1"]
    assert [check.code for check in checks.failed(found, "release")] == []
