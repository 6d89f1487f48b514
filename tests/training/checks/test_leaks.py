"""T5, T6, T7, T18: what knows the future is named."""

from dataclasses import replace

import numpy as np
import pytest

from tests.builders.frames import learnable
from tests.builders.release import speaks_both_languages, with_column
from training.checks import filled_for_leavers, no_leak, no_single_leak, not_of_today
from training.frames import Frame

ROWS = learnable()
LEFT = ROWS.churned > 0


def spells(accounts: int = 300, dates: int = 8, seed: int = 5) -> Frame:
    """Return rows in which an account leaves once and has no rows afterwards."""
    rows = learnable(accounts, dates, seed)
    leaves = np.random.default_rng(seed).integers(2, 14, accounts)
    date = np.repeat(np.arange(dates), accounts)
    account = np.tile(np.arange(accounts), dates)
    kept = date <= leaves[account]
    churned = (date == leaves[account]).astype(float)
    return replace(rows, churned=churned).where(kept)


SPELLS = spells()
LEAVERS = np.unique(SPELLS.account_ids[SPELLS.churned > 0])
WILL_LEAVE = np.isin(SPELLS.account_ids, LEAVERS)


@pytest.mark.parametrize(
    ("value", "result"), [(0.96, "failed"), (0.95, "passed"), (None, "not applicable")]
)
def test_an_area_above_what_honest_prediction_reaches_fails(
    value: float | None, result: str
) -> None:
    check = no_leak({"auc": {"value": value}})
    assert (check.code, check.result) == ("T5", result)
    assert speaks_both_languages(check)


def test_a_copy_of_the_label_is_named_number_or_category_whichever_way_round() -> None:
    number = with_column(ROWS, "exit_code", 1 - ROWS.churned)
    category = with_column(ROWS, "grade", ROWS.churned, ("A", "C"))
    for rows, name in ((number, "exit_code"), (category, "grade")):
        check = no_single_leak(rows)
        assert (check.code, check.result, check.severity) == ("T6", "failed", "release")
        assert f"`{name}` alone tells who left (AUC 1.000)" in check.sentence
        assert name in check.found.ja
        assert "logins_28d" not in check.sentence
        assert speaks_both_languages(check)


def test_honest_features_and_rare_categories_are_not_suspected() -> None:
    rare = with_column(
        ROWS, "office", np.arange(len(ROWS)) % 600.0, tuple(f"o{k:03d}" for k in range(600))
    )
    for rows in (ROWS, rare):
        assert no_single_leak(rows).result == "passed"


def test_a_suspect_that_was_looked_into_is_passed_over_by_name() -> None:
    rows = with_column(ROWS, "exit_code", ROWS.churned)
    assert no_single_leak(rows, {"exit_code"}).result == "passed"


@pytest.mark.parametrize("missing", [~LEFT, LEFT], ids=["only leavers", "only stayers"])
def test_a_feature_filled_by_the_outcome_is_named_with_both_shares(missing: np.ndarray) -> None:
    values = np.where(missing, np.nan, 1.0)
    check = filled_for_leavers(with_column(ROWS, "cancel_requested_at", values))
    assert (check.code, check.result) == ("T7", "failed")
    shares = (
        ("100 %", "0 %") if missing is not LEFT and not missing[LEFT].any() else ("0 %", "100 %")
    )
    said = f"is filled in for {shares[0]} of leavers and {shares[1]} of stayers"
    assert f"`cancel_requested_at` {said}" in check.sentence
    assert speaks_both_languages(check)


def test_features_with_holes_for_both_are_not_suspected() -> None:
    assert filled_for_leavers(ROWS).result == "passed"
    assert (
        filled_for_leavers(with_column(ROWS, "flag", np.where(LEFT, 1.0, np.nan)), {"flag"}).result
        == "passed"
    )


def test_a_status_of_today_in_past_rows_is_named_though_the_labels_hide_it() -> None:
    status = with_column(SPELLS, "status", WILL_LEAVE.astype(float), ("active", "gone"))
    assert no_single_leak(status).result == "passed"
    check = not_of_today(status)
    assert (check.code, check.result, check.severity) == ("T18", "failed", "release")
    assert "`status` tells, at dates well before, who will leave later" in check.sentence
    assert speaks_both_languages(check)
    assert not_of_today(status, {"status"}).result == "passed"


def test_a_date_written_into_past_rows_is_named_by_where_it_is_filled() -> None:
    filled = with_column(SPELLS, "closed_on", np.where(WILL_LEAVE, 1.0, np.nan))
    check = not_of_today(filled)
    assert check.result == "failed"
    assert "`closed_on` is filled in, at dates well before, for 100 % of those" in check.sentence


def test_what_was_known_then_is_not_suspected_of_being_written_later() -> None:
    check = not_of_today(SPELLS)
    assert check.result == "passed"
    assert speaks_both_languages(check)


def test_rows_without_dates_or_with_few_later_leavers_cannot_tell() -> None:
    undated = replace(SPELLS, as_of=np.full(len(SPELLS), np.datetime64("NaT", "us")))
    one_date = SPELLS.where(SPELLS.as_of == SPELLS.as_of.min())
    for rows in (undated, one_date):
        check = not_of_today(rows)
        assert check.result == "not applicable"
        assert speaks_both_languages(check)
