"""What a check is, and which failures may be passed over."""

import pytest

from tests.builders.release import speaks_both_languages
from training.checks import Check, enough_churns, failed, no_overfitting, of_json, passed_over


def test_a_check_comes_back_from_its_json_as_it_was() -> None:
    check = passed_over([no_overfitting(0.99, 0.5)], {"T8": "a pilot"})[0]
    assert of_json(check.json()) == check


def test_a_check_of_before_there_were_reasons_is_read() -> None:
    said = no_overfitting(0.99, 0.5).json()
    del said["ignored"], said["docs"]
    assert of_json(said).ignored == ""


def test_only_failed_checks_of_a_severity_stand() -> None:
    found = [enough_churns(1, 50), no_overfitting(0.99, 0.5)]
    assert [check.code for check in failed(found, "signal")] == ["T1"]
    assert failed(found, "release") == []


def test_a_failure_that_is_passed_over_keeps_its_result_and_shows_the_reason() -> None:
    [check] = passed_over([no_overfitting(0.99, 0.5)], {"T8": "seen and understood"})
    assert (check.result, check.ignored, check.stands) == ("failed", "seen and understood", False)
    assert failed([check], "warning") == []


@pytest.mark.parametrize("reasons", [{}, {"T9": "another"}, {"T1": "no matter"}])
def test_what_is_essential_or_not_named_is_not_passed_over(reasons: dict[str, str]) -> None:
    [check] = passed_over([enough_churns(1, 50)], reasons)
    assert check.stands


def test_a_pass_has_nothing_to_pass_over() -> None:
    [check] = passed_over([no_overfitting(0.8, 0.8)], {"T8": "why not"})
    assert check.ignored == ""


@pytest.mark.parametrize(
    ("check", "result"),
    [
        (no_overfitting(0.96, 0.8), "failed"),
        (no_overfitting(0.94, 0.8), "passed"),
        (no_overfitting(0.94, None), "not applicable"),
    ],
)
def test_a_large_drop_from_held_out_accounts_to_the_test_is_worth_a_look(
    check: Check, result: str
) -> None:
    assert (check.code, check.result, check.severity) == ("T8", result, "warning")
    assert speaks_both_languages(check)
