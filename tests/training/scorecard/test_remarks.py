from dataclasses import replace
from typing import Any

import pytest

from features.settings import Churn
from tests.builders.frames import feature
from tests.builders.scorecards import FEATURES, card, indicator, one, scorecard, words
from training.scorecard import Scorecard, remarks

MIXED = (*FEATURES, feature("contracts", good="up"))


def codes(made: Scorecard) -> list[tuple[str, str]]:
    features = [replace(f, group="contract") if f.name == "contracts" else f for f in MIXED]
    return [(r.code, r.indicator) for r in remarks(made, features)]


def test_a_card_of_several_kinds_of_data_in_good_direction_has_no_remark() -> None:
    assert codes(one(indicator("logins"), indicator("contracts"))) == []


def test_one_indicator_and_one_kind_of_data_are_remarked_on() -> None:
    assert codes(one(indicator("logins"))) == [("one-indicator", "logins")]
    assert codes(one(indicator("logins"), indicator("breadth"))) == [("one-group", "")]


def test_a_second_indicator_without_weight_is_no_second_indicator() -> None:
    found = codes(one(indicator("logins"), indicator("contracts", weight=0)))
    assert found == [("one-indicator", "logins"), ("no-weight", "contracts")]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"bounded": {"none_at": 10, "all_at": 0}}, "against-good"),
        ({"decay": {"half_life": 3}}, "against-good"),
        ({"bonus": {"below": 3, "points": 3}}, "against-good"),
        ({"veto": {"above": 3, "at_most": 3, "reason": words("r")}}, "against-good"),
        ({"veto": {"below": 3, "at_most": 3, "reason": words("r")}}, None),
        (
            {"steps": [{"below": 1, "share": 0}, {"below": 2, "share": 1}, {"share": 0}]},
            "up-and-down",
        ),
    ],
)
def test_a_rule_against_the_catalogues_good_direction_is_remarked_on(
    rule: dict[str, Any], expected: str | None
) -> None:
    made = one(indicator("contracts"), indicator("breadth"), indicator("logins", **rule))
    assert codes(made) == ([] if expected is None else [(expected, "logins")])


def test_a_feature_without_a_good_direction_may_go_either_way() -> None:
    made = one(indicator("contracts"), indicator("tone", bounded={"none_at": 10, "all_at": 0}))
    assert codes(made) == []


def test_a_rule_of_leaving_that_the_settings_have_changed_is_remarked_on() -> None:
    base = card(indicator("logins"), indicator("contracts"))
    rule = {"source": "subscriptions", "horizon_days": 60, "allowed_gap_days": 30}
    made = Scorecard.model_validate({"title": words("t"), "churn": rule, "card": [base]})
    assert [r.code for r in remarks(made, MIXED, Churn())][:1] == ["other-churn"]
    assert not [r for r in remarks(made, MIXED, Churn(horizon_days=60)) if r.code == "other-churn"]
    assert not [r for r in remarks(scorecard(base), MIXED, Churn()) if r.code == "other-churn"]
