"""Alerts, contact before the outcome, lead time: hand-made timelines."""

from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest

from tests.builders.answers import acted, gone, week, weekly
from training.answer_check import Rules, answer_check

RULES = Rules(horizon_days=28)
LATER = week(20)


def alerts(bands: str, left: pa.Table, actions: pa.Table | None = None) -> dict[str, Any]:
    found: dict[str, Any] = answer_check(
        weekly({"a": bands}), left, RULES, actions=actions, until=LATER
    )["alerts"]
    return found


def counts(part: dict[str, Any]) -> tuple[int, int]:
    return part["accounts"], part["left"]


NOBODY = gone({})
TURNED = week(2)
BANDS = "ggrrrr"


def test_a_red_that_left_within_the_horizon_was_right() -> None:
    assert counts(alerts(BANDS, gone({"a": week(5)}))["all"]) == (1, 1)
    just_too_late = TURNED + timedelta(days=28)
    assert counts(alerts(BANDS, gone({"a": just_too_late}))["all"]) == (1, 0)


def test_a_saved_red_is_no_false_alarm() -> None:
    contacted = alerts(BANDS, NOBODY, acted({"a": week(3)}))
    assert (contacted["saved"], contacted["false_alarms"]) == (1, 0)
    assert counts(contacted["contacted"]) == (1, 0)
    assert counts(contacted["not_contacted"]) == (0, 0)
    alone = alerts(BANDS, NOBODY, acted({"b": week(3)}))
    assert (alone["saved"], alone["false_alarms"]) == (0, 1)


@pytest.mark.parametrize(
    ("day", "contacted"), [(-1, 0), (0, 1), (20, 1), (21, 0), (25, 0)],
    ids=["before red", "at turning red", "before leaving", "at leaving", "after leaving"],
)  # fmt: skip
def test_contact_counts_from_turning_red_until_the_outcome(day: int, contacted: int) -> None:
    action = acted({"a": TURNED + timedelta(days=day)})
    left = gone({"a": TURNED + timedelta(days=21)})
    assert alerts(BANDS, left, action)["contacted"]["accounts"] == contacted


def test_contact_after_the_stated_window_is_no_answer_to_the_alert() -> None:
    rules = Rules(horizon_days=60, contacted_within_days=30)
    for day, contacted in ((29, 1), (30, 0)):
        check = answer_check(
            weekly({"a": BANDS}), NOBODY, rules,
            actions=acted({"a": TURNED + timedelta(days=day)}), until=LATER,
        )  # fmt: skip
        assert check["alerts"]["contacted"]["accounts"] == contacted


def test_one_score_of_another_band_does_not_end_a_run_and_two_do() -> None:
    left = gone({"a": week(9)})
    for bands, days in (("ggrrgrrrr", 49), ("ggrryyrrr", 21)):
        check = answer_check(weekly({"a": bands}), left, RULES, until=LATER)
        assert check["lead_time"]["median_days"] == days


def test_an_account_that_flickers_is_one_alert_within_one_horizon() -> None:
    assert alerts("grggrggrgg", NOBODY)["all"]["accounts"] == 2
    assert alerts("grggrggggg", NOBODY)["all"]["accounts"] == 1


def test_an_alert_whose_horizon_is_not_over_is_immature_even_if_the_account_left() -> None:
    found = answer_check(
        weekly({"a": BANDS, "b": BANDS}), gone({"a": week(4)}), RULES, until=week(5)
    )["alerts"]
    assert (found["immature"], found["all"]["accounts"]) == (2, 0)


def test_lead_time_is_the_run_that_lasted_until_leaving() -> None:
    scores = weekly({"long": "ggrrrrrrr", "ended": "grrrggggg", "never": "g" * 9, "born": "r" * 9})
    left = gone(dict.fromkeys(("long", "ended", "never", "born"), week(9)))
    found = answer_check(scores, left, RULES, until=LATER)["lead_time"]
    assert (found["alerts"], found["of"], found["at_least"]) == (2, 4, 1)
    assert found["median_days"] == (49 + 63) / 2
    assert found["quartiles_days"] == [52.5, 59.5]


def test_a_red_after_coming_back_is_another_run() -> None:
    scores = weekly({"a": "grrr rrr"})
    left = gone([("a", week(4)), ("a", week(8))])
    found = answer_check(scores, left, RULES, until=LATER)
    assert found["lead_time"]["alerts"] == 2
    assert found["lead_time"]["median_days"] == 21
    assert counts(found["alerts"]["all"]) == (2, 2)


def test_with_a_lead_who_left_before_the_window_began_does_not_count() -> None:
    rules = Rules(horizon_days=28, lead_days=14)
    found = answer_check(weekly({"a": "ggr"}), gone({"a": week(3)}), rules, until=LATER)
    assert found["alerts"]["all"]["accounts"] == 0
