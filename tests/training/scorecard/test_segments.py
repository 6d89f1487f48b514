import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import SettingsError
from tests.builders.scorecards import FEATURES, card, indicator, scorecard, table
from training.scorecard import Scorecard, Scored, coverage, parse, score, to_toml


def young_and_old(span: float | None = 30, limit: float = 90) -> Scorecard:
    over = {} if span is None else {"hand_over_days": span}
    new = card(indicator("logins"), code="new", when={"tenure_below_days": limit}, **over)
    return scorecard(new, card(indicator("breadth"), code="veteran"))


def at(tenure: list[float], span: float | None = 30) -> Scored:
    """Return scores of accounts that are worth 90 to the new and 40 to the veteran card."""
    rows = len(tenure)
    return score(
        young_and_old(span),
        table(tenure, logins=[9.0] * rows, breadth=[4.0] * rows),
        FEATURES,
    )


def test_the_first_card_in_the_file_that_applies_is_the_accounts() -> None:
    free = card(indicator("logins"), code="free", when={"plan": ["Free"]})
    new = card(indicator("logins"), code="new", when={"tenure_below_days": 90})
    rest = card(indicator("logins"), code="rest")
    rows = table([10.0, 200.0]).append_column("x", pa.array([1, 2]))
    assert score(scorecard(free, new, rest), rows, FEATURES).card.tolist() == ["free", "free"]
    assert score(scorecard(new, free, rest), rows, FEATURES).card.tolist() == ["new", "free"]


def test_coverage_says_who_is_on_each_card_and_which_cards_overlap() -> None:
    free = card(indicator("logins"), code="free", when={"plan": ["Free"]})
    new = card(indicator("logins"), code="new", when={"tenure_below_days": 90})
    made = scorecard(new, free, card(indicator("logins"), code="rest"))
    assert coverage(made, table([10.0, 200.0, 300.0])) == {
        "new": {"accounts": 1, "fits": 1},
        "free": {"accounts": 2, "fits": 3, "new": 1},
        "rest": {"accounts": 0, "fits": 3, "new": 1, "free": 2},
    }


def test_what_is_unknown_of_an_account_fulfils_nothing() -> None:
    when = {"size": ["large"]}
    made = scorecard(
        card(indicator("logins"), code="large", when=when), card(indicator("logins"), code="rest")
    )
    assert score(made, table(), FEATURES).card.tolist() == ["rest"]
    flat = table().drop_columns(["fact_started_at", "as_of"])
    assert score(young_and_old(), flat, FEATURES).card.tolist() == ["veteran"]


def test_tenure_and_seats_take_their_lower_end_in_and_leave_their_upper_out() -> None:
    assert at([89.999, 90.0], span=None).card.tolist() == ["new", "veteran"]
    for when, expected in (({"seats_below": 5}, "rest"), ({"seats_at_least": 5}, "seats")):
        seats = card(indicator("logins"), code="seats", when=when)
        made = scorecard(seats, card(indicator("logins"), code="rest"))
        assert score(made, table(), FEATURES).card.tolist() == [expected]


def test_the_hand_over_moves_in_a_straight_line_and_is_a_row_of_its_own() -> None:
    result = at([74.0, 75.0, 82.5, 90.0, 97.5, 105.0, 106.0])
    assert result.health_score.tolist() == [90.0, 90.0, 77.5, 65.0, 52.5, 40.0, 40.0]
    assert result.card.tolist() == ["new"] * 3 + ["veteran"] * 4
    assert result.other_share.tolist() == [0, 0, 0.25, 0.5, 0.25, 0, 0]
    row = result.points[:, result.names.index("hand_over")]
    assert row.tolist() == [0, 0, -12.5, 25, 12.5, 0, 0]
    assert result.other_card.tolist() == [None, None, "veteran", "new", "new", None, None]


@settings(deadline=None)
@given(st.integers(1, 120), st.integers(0, 200))
def test_the_score_is_continuous_in_tenure_with_a_hand_over(span: int, day: int) -> None:
    result = at([day, day + 0.01, day + 1.0], span)
    step = np.abs(np.diff(result.health_score))
    assert step[0] <= 50 * 0.01 / span + 1e-9
    assert step[1] <= 50 * 0.99 / span + 1e-9


def test_without_a_hand_over_the_score_jumps_at_the_limit() -> None:
    assert at([89.9, 90.0], span=None).health_score.tolist() == [90.0, 40.0]


def test_a_card_that_gives_no_score_hands_nothing_over() -> None:
    rows = table([85.0, 95.0], logins=[9.0, 9.0], breadth=[None, None])
    result = score(young_and_old(), rows, FEATURES)
    assert result.health_score[0] == 90.0
    assert result.withheld.tolist() == [None, "no_data_at_all"]


def test_a_card_that_begins_at_a_tenure_hands_over_at_its_beginning() -> None:
    old = card(
        indicator("breadth"), code="old", when={"tenure_at_least_days": 90}, hand_over_days=30
    )
    made = scorecard(old, card(indicator("logins"), code="rest"))
    rows = table([70.0, 90.0, 105.0], logins=[9.0] * 3, breadth=[4.0] * 3)
    assert score(made, rows, FEATURES).health_score.tolist() == [90.0, 65.0, 40.0]


def test_hand_overs_that_overlap_are_refused() -> None:
    new = card(indicator("logins"), code="new", when={"tenure_below_days": 30}, hand_over_days=40)
    mid = card(indicator("logins"), code="mid", when={"tenure_below_days": 60}, hand_over_days=40)
    made = scorecard(new, mid, card(indicator("logins"), code="rest"))
    with pytest.raises(SettingsError, match="40 days around 30 and 40 days around 60"):
        score(made, table(), FEATURES)
    with pytest.raises(SettingsError, match="Shorten one"):
        parse(to_toml(made))
