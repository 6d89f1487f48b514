"""A company whose dates differ by themselves: weekdays, seasons, multiples of sevenths."""

from collections import Counter
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from serving.drift.observed import observe
from serving.drift.shift import ScoreShift, score_shift
from serving.drift.verdict import Verdict, verdict
from tests.builders.drift import (
    AS_OF,
    Columns,
    Floats,
    chances_of,
    feature,
    features_of,
    profile_of,
    table_of,
)

ROWS = 1_300
DATES = 9
PLAIN = 32


def on(date: int) -> Columns:
    """Draw the accounts of one date; of 40 features eight are moved by the date itself."""
    rng = np.random.default_rng(date)
    columns: Columns = {f"normal_{i}": rng.normal(50, 10, ROWS) for i in range(PLAIN)}
    season = np.random.default_rng(10_000 + date).normal(0, 0.15, 4)
    columns |= {f"seasonal_{i}": rng.normal(season[i], 1, ROWS) for i in range(4)}
    days = rng.geometric(0.08, ROWS) * 1.0
    days += (days + date) % 7 >= 5  # nobody writes on two days of the week
    mails = 6 + date % 3
    return columns | {
        "days_since": days,
        "open_rate": rng.binomial(mails, 0.45, ROWS) / mails,
        "active_days": rng.binomial(5 + date % 2, 0.6, ROWS) * 1.0,
        "tenure": rng.gamma(2, 10, ROWS) + min(date, 15) * 1.0,
    }


@cache
def reference() -> dict[str, Any]:
    dates = [on(date) for date in range(DATES)]
    pooled = {name: np.concatenate([date[name] for date in dates]) for name in dates[0]}
    as_of = np.repeat(np.datetime64("2026-01-01") + 30 * np.arange(DATES), ROWS)
    return profile_of(pooled, as_of=as_of, probability=chances_of(ROWS * DATES))


def looked_at(date: int, now: Columns | None = None) -> Verdict:
    columns = now or on(date)
    features = [replace(f, calendar=f.name == "tenure") for f in features_of(on(0))]
    chances = chances_of(ROWS, seed=date)
    seen = observe(table_of(columns), features)
    return verdict(seen, chances, features, reference(), as_of=AS_OF)


def drifted(found: Verdict) -> set[str]:
    return {shift.feature for shift in found.features if shift.drifted}


def test_dates_that_differ_as_the_dates_of_the_reference_do_are_ok() -> None:
    words = Counter(looked_at(100 + date).word for date in range(21))
    assert words["ok"] >= 19
    assert words["drifted"] == words["broken"] == 0


def test_planted_shifts_are_named_and_little_else_is() -> None:
    hits = false = 0
    for date in range(100, 110):
        now, chosen = on(date), {f"normal_{(date + 8 * i) % PLAIN}" for i in range(4)}
        for name in chosen:
            now[name] = now[name] + 2.0  # a fifth of the deviation
        found = drifted(looked_at(date, now))
        hits, false = hits + len(found & chosen), false + len(found - chosen)
    assert hits >= 38
    assert false <= 4


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda values: values * 1_000, "unit_jump"),
        (
            lambda values: np.where(np.arange(len(values)) % 10 == 0, np.nan, values),
            "missing_values",
        ),
        (lambda values: np.full_like(values, 3.0), "frozen"),
    ],
)
def test_broken_data_are_found_however_much_the_dates_differ(spoil: Any, code: str) -> None:  # noqa: ANN401
    now = on(100)
    now["active_days"] = spoil(now["active_days"])
    found = looked_at(100, now)
    assert found.word == "broken"
    assert [(f.code, f.feature) for f in found.findings] == [(code, "active_days")]


def test_a_large_shift_of_a_restless_feature_is_still_found() -> None:
    now = on(100)
    now["seasonal_0"] = now["seasonal_0"] + 1.0
    assert "seasonal_0" in drifted(looked_at(100, now))


def test_a_calendar_feature_is_shown_and_never_drifts() -> None:
    now = on(100)
    now["tenure"] = now["tenure"] + 30
    shift = next(s for s in looked_at(100, now).features if s.feature == "tenure")
    assert shift.calendar
    assert (shift.wasserstein or 0) > 1
    assert (shift.drifted, shift.q_value) == (False, None)


def test_a_reference_of_an_older_bundle_has_the_plain_limits() -> None:
    older = profile_of(on(0))
    for profile in older["features"].values():
        del profile["wobble"]
    del older["probability"]["wobble"]
    features = features_of(on(0))
    found = verdict(
        observe(table_of(on(1)), features), chances_of(ROWS), features, older, as_of=AS_OF
    )
    assert {shift.stability_limit for shift in found.features} == {0.1}


def seasonal_scores(level: float, seed: int) -> Floats:
    return np.clip(chances_of(ROWS, seed) * level, 0, 1)


def moved_scores(level: float) -> ScoreShift:
    levels = [0.8, 1.0, 1.25]
    pooled = np.concatenate([seasonal_scores(one, i) for i, one in enumerate(levels)])
    as_of = np.repeat(np.datetime64("2026-01-01") + 30 * np.arange(3), ROWS)
    columns = {"normal": np.random.default_rng(1).normal(size=len(pooled))}
    made = profile_of(columns, probability=pooled, as_of=as_of)
    return score_shift(seasonal_scores(level, 9), made)


def test_scores_that_rise_as_in_the_reference_are_no_sign_and_others_are() -> None:
    assert moved_scores(1.2).level == "none"
    assert moved_scores(3.0).level == "drifted"


def test_a_feature_is_no_calendar_feature_unless_it_says_so() -> None:
    assert feature("x").calendar is False
