from dataclasses import replace

import pytest

from features.catalog import Words
from tests.builders.scorecards import FEATURES, card, indicator, one, scorecard, table, words
from training.scorecard import Scorecard, score, sentence, withheld_sentence

SPOKEN = tuple(
    replace(
        f,
        label=Words("ログイン", "Logins"),
        worse=Words("少ない", "few"),
        better=Words("多い", "many"),
        missing=Words("ない", "none known"),
    )
    for f in FEATURES
)
BY_NAME = {f.name: f for f in SPOKEN}


def said(made: Scorecard, name: str, unit: str = "count", **values: list[float | None]) -> str:
    spoken = tuple(replace(f, unit=unit) for f in SPOKEN)  # type: ignore[arg-type]
    scored = score(made, table(400.0, **values), spoken)
    return sentence(scored, 0, name, made, {f.name: f for f in spoken}, "en")


def test_an_adjective_needs_points_and_the_indicators_own_cut_offs() -> None:
    made = one(indicator("logins", cut_offs={"green": 9, "red": 2}), indicator("breadth"))
    assert said(made, "logins", logins=[1.0]) == "few"
    assert said(made, "logins", logins=[10.0]) == "many"
    assert said(made, "logins", logins=[4.0]) == "Logins: counts against it"
    assert said(made, "logins", logins=[8.0]) == "Logins: counts in its favour"
    assert said(made, "logins", logins=[6.5]) == "Logins: makes no difference"


def test_a_rule_against_the_catalogue_gets_no_adjective_that_the_points_deny() -> None:
    made = one(
        indicator("logins", bounded={"none_at": 10, "all_at": 0}, cut_offs={"green": 9, "red": 2}),
        indicator("breadth"),
    )
    assert said(made, "logins", logins=[1.0]) == "Logins: counts in its favour"
    assert said(made, "logins", logins=[10.0]) == "Logins: counts against it"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.0, "Logins: counts in its favour"), (0.5, "many"), (-0.9, "few"), (-0.05, None)],
)
def test_no_change_is_neither_growth_nor_decline(value: float, expected: str | None) -> None:
    made = one(indicator("logins", bounded={"none_at": -0.5, "all_at": 0}), indicator("breadth"))
    neutral = "Logins: counts in its favour"
    assert said(made, "logins", unit="change", logins=[value]) == (expected or neutral)


def test_missing_is_a_reason_of_its_own() -> None:
    made = one(indicator("logins", missing="zero"), indicator("breadth"))
    assert said(made, "logins", logins=[None]) == "none known"


def test_bonus_veto_and_hand_over_say_what_they_are() -> None:
    made = one(
        indicator("logins"),
        indicator("tone", bonus={"at_least": 1, "points": 5}),
        indicator("overdue", veto={"at_least": 5, "at_most": 10, "reason": words("unpaid")}),
    )
    assert said(made, "tone") == "Bonus: Logins"
    assert said(made, "overdue") == "unpaid (at most 10)"
    assert said(made, "clip") == "Held within 0–100"
    new = card(indicator("logins"), code="new", when={"tenure_below_days": 395}, hand_over_days=40)
    over = scorecard(new, card(indicator("breadth"), code="old"))
    assert said(over, "hand_over") == "38% of the card “new” (hand-over)"


def test_every_reason_of_no_score_is_a_sentence_in_both_languages() -> None:
    made = one(indicator("logins", missing="withhold"), indicator("breadth"), indicator("silence"))
    rows = table(logins=[None, 1.0, None], breadth=[1.0, None, None], silence=[1.0, None, None])
    withheld = score(made, rows, SPOKEN).withheld
    told = [withheld_sentence(reason, made, BY_NAME, "en") for reason in withheld]
    assert told[0] == "No score is given: there is no data for “Logins”."
    assert "too much of the weight" in told[1]
    assert "no indicator has any data" in told[2]
    assert all("スコア" in withheld_sentence(r, made, BY_NAME, "ja") for r in withheld)
