"""T17: no kind of customer is failed while the whole looks well."""

import numpy as np

from tests.builders.frames import learnable
from tests.builders.release import speaks_both_languages, with_fact
from training.checks import no_slice_collapses

ROWS = learnable(accounts=400, dates=4)
BASE = ROWS.churned.mean()
HONEST = np.clip(BASE + 0.3 * (ROWS.churned - BASE) + 0.01, 0.01, 0.99)
PLANS = ROWS.facts.column("fact_plan").to_pylist()
ROWS = with_fact(ROWS, "fact_industry", ["Retail" if k % 5 else "Games" for k in range(len(ROWS))])
GAMES = np.array([k % 5 == 0 for k in range(len(ROWS))])


def test_a_slice_in_which_a_constant_would_be_better_is_named() -> None:
    upside_down = np.where(GAMES, 2 * BASE - HONEST, HONEST).clip(0.01, 0.99)
    check = no_slice_collapses(ROWS, upside_down)
    assert (check.code, check.result, check.severity) == ("T17", "failed", "release")
    assert "industry Games" in check.sentence
    assert "Retail" not in check.sentence
    assert "業種「Games」" in check.found.ja
    assert speaks_both_languages(check)


def test_a_model_that_serves_every_slice_passes_and_names_the_weakest() -> None:
    check = no_slice_collapses(ROWS, HONEST)
    assert check.result == "passed"
    assert "weakest is" in check.sentence
    assert speaks_both_languages(check)


def test_new_and_old_customers_are_slices_of_their_own() -> None:
    days = np.where(np.arange(len(ROWS)) % 3 == 0, 100, 800)
    started = ROWS.as_of - days * np.timedelta64(1, "D")
    rows = with_fact(ROWS, "fact_started_at", started.tolist())
    new = days == 100
    check = no_slice_collapses(rows, np.where(new, 2 * BASE - HONEST, HONEST).clip(0.01, 0.99))
    assert check.result == "failed"
    assert "tenure under a year" in check.sentence


def test_slices_too_small_to_be_judged_are_left_aside() -> None:
    few = ROWS.where(np.arange(len(ROWS)) < 40)
    check = no_slice_collapses(few, HONEST[:40])
    assert check.result == "not applicable"
    assert speaks_both_languages(check)
