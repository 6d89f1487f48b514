"""T10, T19, T20: what ships is what was judged, reads what there is, and is fast enough."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count

import numpy as np
import pytest

from features.catalog import Feature, Words
from tests.builders.frames import FEATURES, feature
from tests.builders.release import speaks_both_languages
from training.checks import golden_rows, latency, signature, signature_at_training

NINETY = (90, 0)


@pytest.mark.parametrize(("worst", "result"), [(1e-9, "failed"), (1e-16, "passed")])
def test_a_bundle_that_answers_otherwise_is_refused(worst: float, result: str) -> None:
    check = golden_rows(250, worst, 1e-12)
    assert (check.code, check.result, check.severity) == ("T10", result, "release")
    assert speaks_both_languages(check)


def test_the_same_features_in_another_order_beside_new_ones_and_reworded_are_the_same() -> None:
    words = Words("言い換え", "in other words")
    there = [replace(one, label=words) for one in reversed(FEATURES)] + [feature("new_one")]
    check = signature(FEATURES, there, NINETY, NINETY)
    assert (check.code, check.result) == ("T19", "passed")
    assert speaks_both_languages(check)


@pytest.mark.parametrize(
    ("there", "said"),
    [
        (FEATURES[1:], "1 features are no longer there: logins_28d"),
        (
            [replace(FEATURES[0], window_days=90), *FEATURES[1:]],
            "1 features mean something else: logins_28d",
        ),
        (
            [*FEATURES[:3], replace(FEATURES[3], kind="number")],
            "1 features mean something else: plan_type",
        ),
    ],
    ids=["gone", "another window", "another kind"],
)
def test_a_stale_schema_is_refused_with_the_columns_named(
    there: Sequence[Feature], said: str
) -> None:
    check = signature(FEATURES, there, NINETY, NINETY)
    assert (check.result, check.severity) == ("failed", "release")
    assert said in check.sentence
    assert speaks_both_languages(check)


def test_another_horizon_than_the_settings_ask_for_is_refused() -> None:
    check = signature(FEATURES, FEATURES, (30, 0), NINETY)
    assert check.result == "failed"
    assert "predicts 30 days" in check.sentence


def test_a_training_does_not_claim_to_have_held_its_tables_against_themselves() -> None:
    check = signature_at_training()
    assert (check.code, check.result) == ("T19", "not applicable")
    assert speaks_both_languages(check)


def ticking(step: float) -> Callable[[], float]:
    ticks = count(0.0, step)
    return lambda: next(ticks)


ROWS = np.zeros((5, 3))


def test_a_slow_model_is_refused_with_what_was_measured() -> None:
    check = latency(lambda row: None, ROWS, 20.0, timer=ticking(0.5))
    assert (check.code, check.result, check.severity) == ("T20", "failed", "release")
    assert "takes 100.0 ms; 20 ms are allowed" in check.sentence
    assert speaks_both_languages(check)


def test_a_fast_model_passes_without_a_figure_that_differs_from_run_to_run() -> None:
    first, second = (latency(lambda row: None, ROWS, 20.0, ticking(t)) for t in (0.001, 0.002))
    assert first.result == "passed"
    assert first == second
    assert speaks_both_languages(first)


def test_each_row_is_asked_alone_as_a_single_request_would() -> None:
    shapes = []
    latency(lambda row: shapes.append(row.shape), ROWS, 20.0)
    assert set(shapes) == {(1, 3)}


def test_without_rows_nothing_is_measured() -> None:
    check = latency(lambda row: None, np.zeros((0, 3)), 20.0)
    assert check.result == "not applicable"
    assert speaks_both_languages(check)
