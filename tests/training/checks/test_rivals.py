"""T13, T14: better than what it would replace, by the interval."""

from dataclasses import replace
from typing import Any

import pytest

from features.catalog import Words
from tests.builders.release import speaks_both_languages
from training.checks import Contest, NoContest, beats_champion, beats_scorecard

BETTER = {"value": 0.02, "low": 0.01, "high": 0.03}
LUCK = {"value": 0.005, "low": -0.01, "high": 0.02}
WORSE = {"value": -0.02, "low": -0.03, "high": -0.01}
UNLUCKY = {"value": -0.005, "low": -0.02, "high": 0.01}
NOTHING: dict[str, Any] = {"value": None, "low": None, "high": None}


def contest(gain: dict[str, Any], scores_only: bool = False) -> Contest:
    return Contest("v7", None if scores_only else gain, gain, 900, 60, "2026-06-01", "2026-08-01")


@pytest.mark.parametrize(
    ("gain", "better", "not_worse"),
    [
        (BETTER, "passed", "passed"),
        (LUCK, "failed", "passed"),
        (UNLUCKY, "failed", "failed"),
        (WORSE, "failed", "failed"),
        (NOTHING, "not applicable", "not applicable"),
    ],
)
def test_a_challenger_has_to_be_better_or_where_so_set_not_worse(
    gain: dict[str, Any], better: str, not_worse: str
) -> None:
    for rule, result in (("better", better), ("not worse", not_worse)):
        check = beats_champion(contest(gain), rule)  # type: ignore[arg-type]
        assert (check.code, check.result, check.severity) == ("T13", result, "release")
        assert speaks_both_languages(check)


def test_the_sentence_has_rival_gain_interval_rows_and_period() -> None:
    said = beats_champion(contest(LUCK)).sentence
    for part in ("v7", "0.0050", "-0.0100", "900 rows", "2026-06-01", "60 left", "luck"):
        assert part in said


def test_a_scorecard_is_held_against_by_order_alone() -> None:
    check = beats_scorecard(contest(BETTER, scores_only=True))
    assert (check.code, check.result) == ("T14", "passed")
    assert "in AUC" in check.sentence
    assert beats_scorecard(contest(LUCK, scores_only=True)).result == "failed"


def test_a_table_without_dates_is_not_said_to_be_later() -> None:
    flat = replace(contest(BETTER), first=None, last=None)
    for check in (beats_champion(flat), beats_scorecard(flat)):
        assert "900 rows without dates" in check.sentence
        assert "later" not in check.sentence
        assert "より後" not in check.found.ja
    assert (
        "rows later than both were trained (2026-06-01" in beats_scorecard(contest(BETTER)).sentence
    )


def test_a_scorecard_that_gives_probabilities_is_held_against_by_log_loss() -> None:
    both = replace(contest(WORSE), auc_gain=BETTER)
    check = beats_scorecard(both)
    assert check.result == "failed"
    assert "in log loss" in check.sentence


def test_without_a_rival_the_check_is_not_applicable_and_says_why() -> None:
    none = NoContest(Words("まだない。", "No model is in service yet."))
    for check in (beats_champion(none), beats_scorecard(none)):
        assert check.result == "not applicable"
        assert check.sentence == "No model is in service yet."
