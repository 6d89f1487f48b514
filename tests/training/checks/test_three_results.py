"""Every release check has a case that fires, one that stays silent and one it cannot apply to.

What stands in the docs of all checks, code by code; the files beside this one say more of each.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from features.catalog import Words
from tests.builders.frames import FEATURES, learnable
from tests.builders.release import sharpened, speaks_both_languages, truth, with_column, with_fact
from training import checks, model
from training.checks import ESSENTIAL, Check, Contest, NoContest
from training.frames import Frame

CHURNED, P, ACCOUNTS = truth()
ROWS = learnable(accounts=300, dates=6)
NOBODY = replace(ROWS, churned=np.zeros(len(ROWS)))
FOLDS = model.account_folds(ROWS.inseparable, ROWS.churned, 3, 1)
LAST = ROWS.as_of == ROWS.as_of.max()
GOOD = {"value": 0.8, "low": 0.7, "high": 0.9}
BAD = {"value": 0.6, "low": -0.1, "high": 0.9}
NONE: dict[str, Any] = {"value": None, "low": None, "high": None}
REPLICATES = np.linspace(80.0, 120.0, 400)
EMPTY = np.zeros(0)
NO_RIVAL = NoContest(Words("まだない。", "There is none yet."))
NINETY = (90, 0)


def contest(gain: dict[str, Any]) -> Contest:
    return Contest("v7", gain, gain, 900, 60, "2026-06-01", "2026-08-01")


def leavers_of_later() -> Frame:
    """Return rows in which every second account leaves at the last date, and a status says so."""
    goes = np.array([int(str(a)[1:]) % 2 == 0 for a in ROWS.account_ids])
    rows = replace(ROWS, churned=(goes & LAST).astype(float))
    return with_column(rows, "status", goes.astype(float), ("active", "gone"))


def of_numbers(rows: Frame) -> Frame:
    """Return rows of which no feature is a category."""
    kept = [n for n, feature in enumerate(rows.features) if feature.kind == "number"]
    features = tuple(rows.features[n] for n in kept)
    return replace(rows, matrix=rows.matrix[:, kept], features=features, categories={})


def new_plan() -> tuple[Frame, Frame]:
    """Return development and test, of which only the test has the plan ``team``."""
    place = [feature.name for feature in ROWS.features].index("plan_type")
    matrix = ROWS.matrix.copy()
    team = float(ROWS.categories["plan_type"].index("team"))
    matrix[~LAST & (matrix[:, place] == team), place] = 0.0
    rows = replace(ROWS, matrix=matrix)
    return rows.where(~LAST), rows.where(LAST)


def told(said: np.ndarray) -> Check:
    return checks.no_slice_collapses(with_fact(ROWS, "fact_plan", ["One"] * len(ROWS)), said)


def timed(step: float, rows: np.ndarray) -> Check:
    ticks = iter(np.arange(1000) * step)
    return checks.latency(lambda row: None, rows, 20.0, timer=lambda: float(next(ticks)))


HONEST = np.clip(0.2 + 0.5 * (ROWS.churned - 0.2), 0.01, 0.99)
Case = Callable[[], Check]
CASES: dict[str, tuple[Case, Case, Case]] = {
    # code: it fires, it stays silent, there is nothing to hold it against
    "T1": (
        lambda: checks.enough_churns(49, 50),
        lambda: checks.enough_churns(50, 50),
        lambda: checks.enough_churns(0, 50),
    ),
    "T2": (
        lambda: checks.beats_constant({"log_loss_gain": BAD}),
        lambda: checks.beats_constant({"log_loss_gain": GOOD}),
        lambda: checks.beats_constant({"log_loss_gain": NONE}),
    ),
    "T3": (
        lambda: checks.above_chance({"auc": GOOD | {"low": 0.49}}),
        lambda: checks.above_chance({"auc": GOOD}),
        lambda: checks.above_chance({"auc": NONE}),
    ),
    "T4": (
        lambda: checks.calibrated_in_the_large(np.ones(100), np.full(100, 0.5), REPLICATES),
        lambda: checks.calibrated_in_the_large(np.ones(100), np.full(100, 0.97), REPLICATES),
        lambda: checks.calibrated_in_the_large(EMPTY, EMPTY, EMPTY),
    ),
    "T5": (
        lambda: checks.no_leak({"auc": {"value": 0.96}}),
        lambda: checks.no_leak({"auc": {"value": 0.8}}),
        lambda: checks.no_leak({"auc": NONE}),
    ),
    "T6": (
        lambda: checks.no_single_leak(with_column(ROWS, "exit_code", ROWS.churned)),
        lambda: checks.no_single_leak(ROWS),
        lambda: checks.no_single_leak(NOBODY),
    ),
    "T7": (
        lambda: checks.filled_for_leavers(
            with_column(ROWS, "left_on", np.where(ROWS.churned > 0, 1.0, np.nan))
        ),
        lambda: checks.filled_for_leavers(ROWS),
        lambda: checks.filled_for_leavers(replace(ROWS, churned=np.ones(len(ROWS)))),
    ),
    "T8": (
        lambda: checks.no_overfitting(0.96, 0.7),
        lambda: checks.no_overfitting(0.8, 0.8),
        lambda: checks.no_overfitting(0.8, None),
    ),
    "T9": (
        lambda: checks.level_held(0.5, True),
        lambda: checks.level_held(0.05, False),
        lambda: checks.level_held(None, False),
    ),
    "T10": (
        lambda: checks.golden_rows(250, 1e-9, 1e-12),
        lambda: checks.golden_rows(250, 1e-16, 1e-12),
        lambda: checks.golden_rows(0, 0.0, 1e-12),
    ),
    "T11": (
        lambda: checks.folds_apart(ROWS, np.arange(len(ROWS)) // 7 % 3),
        lambda: checks.folds_apart(ROWS, FOLDS),
        lambda: checks.folds_apart(ROWS.where(LAST), FOLDS[LAST]),
    ),
    "T12": (
        lambda: checks.encoders_before_test(*new_plan()),
        lambda: checks.encoders_before_test(ROWS.where(~LAST), ROWS.where(LAST)),
        lambda: checks.encoders_before_test(of_numbers(ROWS), of_numbers(ROWS.where(LAST))),
    ),
    "T13": (
        lambda: checks.beats_champion(contest(BAD)),
        lambda: checks.beats_champion(contest(GOOD)),
        lambda: checks.beats_champion(NO_RIVAL),
    ),
    "T14": (
        lambda: checks.beats_scorecard(contest(BAD)),
        lambda: checks.beats_scorecard(contest(GOOD)),
        lambda: checks.beats_scorecard(NO_RIVAL),
    ),
    "T15": (
        lambda: checks.calibrated_by_tenth(CHURNED, sharpened(P, 3.0), ACCOUNTS, seed=1),
        lambda: checks.calibrated_by_tenth(CHURNED, P, ACCOUNTS, seed=1),
        lambda: checks.calibrated_by_tenth(CHURNED[:60], P[:60], ACCOUNTS[:60], seed=1),
    ),
    "T16": (
        lambda: checks.calibration_slope(CHURNED, sharpened(P, 3.0), ACCOUNTS),
        lambda: checks.calibration_slope(CHURNED, P, ACCOUNTS),
        lambda: checks.calibration_slope(CHURNED[:60], P[:60], ACCOUNTS[:60]),
    ),
    "T17": (
        lambda: told(1 - HONEST),
        lambda: told(HONEST),
        lambda: checks.no_slice_collapses(ROWS.where(np.arange(len(ROWS)) < 30), HONEST[:30]),
    ),
    "T18": (
        lambda: checks.not_of_today(leavers_of_later()),
        lambda: checks.not_of_today(replace(ROWS, churned=leavers_of_later().churned)),
        lambda: checks.not_of_today(NOBODY),
    ),
    "T19": (
        lambda: checks.signature(FEATURES, FEATURES[1:], NINETY, NINETY),
        lambda: checks.signature(FEATURES, FEATURES, NINETY, NINETY),
        checks.signature_at_training,
    ),
    "T20": (
        lambda: timed(0.5, np.zeros((5, 3))),
        lambda: timed(0.001, np.zeros((5, 3))),
        lambda: timed(0.001, np.zeros((0, 3))),
    ),
}

ALWAYS = ("T1", "T2", "T3", "T10")
"""What is shown by nothing is not shown: these fail where they have nothing to go by."""


@pytest.mark.parametrize("code", CASES)
def test_it_fires_stays_silent_and_never_passes_where_it_cannot_apply(code: str) -> None:
    fires, silent, cannot = (case() for case in CASES[code])
    assert (fires.result, silent.result) == ("failed", "passed")
    assert cannot.result == ("failed" if code in ALWAYS else "not applicable")
    for check in (fires, silent, cannot):
        assert check.code == code
        assert speaks_both_languages(check)


def test_a_table_without_dates_has_no_test_period_to_learn_categories_from() -> None:
    assert checks.encoders_before_test(ROWS, ROWS).result == "not applicable"


def test_no_check_is_left_out_and_what_always_applies_is_what_nobody_may_pass_over() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "checks.md").read_text("utf-8")
    assert set(CASES) == set(re.findall(r"^### (T\d+)$", page, re.MULTILINE))
    assert set(ALWAYS) < ESSENTIAL
