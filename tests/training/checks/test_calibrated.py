"""T4, T9, T15, T16: whether 10 % is 10 %."""

import numpy as np
import pytest

from tests.builders.release import sharpened, speaks_both_languages, truth
from training.checks import (
    Check,
    calibrated_by_tenth,
    calibrated_in_the_large,
    calibration_slope,
    level_held,
)

CHURNED, P, ACCOUNTS = truth()
REPLICATES = np.linspace(80.0, 120.0, 400)
FEW = slice(0, 60)


@pytest.mark.parametrize(
    ("found", "result"),
    [
        (calibrated_in_the_large(np.ones(100), np.full(100, 0.5), REPLICATES), "failed"),
        (calibrated_in_the_large(np.ones(100), np.full(100, 0.97), REPLICATES), "passed"),
        (level_held(0.5, True), "failed"),
        (level_held(0.05, False), "passed"),
        (level_held(None, False), "not applicable"),
    ],
)
def test_a_level_that_is_off_is_a_warning(found: Check, result: str) -> None:
    assert (found.result, found.severity) == (result, "warning")
    assert speaks_both_languages(found)


@pytest.mark.parametrize(
    ("said", "result"),
    [
        (P, "passed"),
        (sharpened(P, 1.0, shift=0.3), "passed"),
        (sharpened(P, 3.0), "failed"),
        (sharpened(P, 1.0, shift=1.5), "failed"),
        (sharpened(P, 1.0, shift=-1.5), "failed"),
        (P[::-1], "failed"),
    ],
    ids=["the truth", "a level off by a third", "margins times 3", "too high", "too low", "mixed"],
)
def test_a_tenth_off_by_more_than_twofold_beyond_luck_fails(said: np.ndarray, result: str) -> None:
    check = calibrated_by_tenth(CHURNED, said, ACCOUNTS, seed=1)
    assert (check.code, check.result, check.severity) == ("T15", result, "release")
    assert speaks_both_languages(check)


def test_rows_of_one_account_count_as_one_when_luck_is_measured() -> None:
    p = np.full(2000, 0.05)
    churned = np.repeat(np.random.default_rng(1).random(100) < 0.12, 20).astype(float)
    together = np.repeat(np.array([f"A{k}" for k in range(100)], dtype=object), 20)
    apart = np.array([f"A{k}" for k in range(2000)], dtype=object)
    order = np.argsort(np.random.default_rng(2).random(2000))
    results = [
        calibrated_by_tenth(churned[order], p, accounts[order], 1).result
        for accounts in (apart, together)
    ]
    assert results == ["failed", "passed"]


@pytest.mark.parametrize(
    ("said", "result", "shown"),
    [
        (P, "passed", "1.0"),
        (sharpened(P, 1.4), "passed", "0.7"),
        (sharpened(P, 3.0), "failed", "0.3"),
        (sharpened(P, 0.3), "failed", "3.4"),
        (1 - P, "failed", "-1.0"),
        (np.full(len(P), 0.2), "not applicable", "same"),
    ],
    ids=["the truth", "a little loud", "margins times 3", "timid", "inverted", "constant"],
)
def test_the_slope_tells_exaggeration_timidity_and_a_wrong_order(
    said: np.ndarray, result: str, shown: str
) -> None:
    check = calibration_slope(CHURNED, said, ACCOUNTS)
    assert (check.code, check.result, check.severity) == ("T16", result, "release")
    assert shown in check.sentence
    assert speaks_both_languages(check)


def test_too_few_leavers_say_nothing_about_tenths_or_slope() -> None:
    for check in (
        calibrated_by_tenth(CHURNED[FEW], P[FEW], ACCOUNTS[FEW], 1),
        calibration_slope(CHURNED[FEW], P[FEW], ACCOUNTS[FEW]),
    ):
        assert check.result == "not applicable"
        assert "20 of each are needed" in check.sentence
