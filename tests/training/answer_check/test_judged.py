"""Who was right more often, a person or the model, counted by hand."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.answers import gone
from training import intervals
from training.answer_check.judged import LEAST, Case, judged

AT = datetime(2026, 1, 5)
HORIZON = 90
UNTIL = AT + timedelta(days=365)


def case(account: str, person: str, model: str, after_days: float = 0, plan: str = "") -> Case:
    segments = {"plan": plan} if plan else {}
    return Case(account, AT + timedelta(days=after_days), person, model, segments)


def left(*accounts: str, after_days: float = 30) -> dict[str, datetime]:
    return dict.fromkeys(accounts, AT + timedelta(days=after_days))


def test_ten_cases_counted_by_hand() -> None:
    cases = [
        *(case(f"both{i}", "green", "yellow") for i in range(4)),  # stayed: both right
        case("a", "red", "red"), case("b", "red", "red"),  # left: both right
        case("c", "green", "red"), case("d", "yellow", "red"),  # left: the model alone
        case("e", "red", "green"),  # stayed: the model alone
        case("f", "red", "yellow"),  # left: the person alone
    ]  # fmt: skip
    found = judged(cases, gone(left("a", "b", "c", "d", "f")), HORIZON, UNTIL)
    assert (found["cases"], found["immature"]) == (10, 0)
    assert (found["person"]["right"], found["model"]["right"]) == (7, 9)
    assert (found["only_person"], found["only_model"]) == (1, 3)
    assert found["difference"] == pytest.approx(0.2)
    assert found["interval"] == list(intervals.paired(3, 1, 10))
    assert found["more_often"] == "neither"
    assert found["left"]["accounts"] == 5
    assert (found["left"]["person"]["warned"], found["left"]["model"]["warned"]) == (3, 4)
    assert (found["stayed"]["person"]["warned"], found["stayed"]["model"]["warned"]) == (1, 0)
    low, high = (float(end) for end in intervals.wilson(7, 10))
    assert found["person"]["interval"] == [low, high]


@pytest.mark.parametrize(("right", "said"), [("model", "model"), ("person", "person")])
def test_enough_cases_tell_who_was_right_more_often(right: str, said: str) -> None:
    bands = ("green", "red") if right == "model" else ("red", "green")
    cases = [case(f"a{i}", *bands) for i in range(30)]
    found = judged(cases, gone(left(*(f"a{i}" for i in range(30)))), HORIZON, UNTIL)
    assert found["more_often"] == said


def test_the_horizon_begins_with_the_word_and_ends_before_its_last_instant() -> None:
    cases = [case(name, "red", "green") for name in ("now", "last", "after")]
    departures = left("now", after_days=0) | left("last", after_days=HORIZON - 0.01)
    departures |= left("after", after_days=HORIZON)
    assert judged(cases, gone(departures), HORIZON, UNTIL)["only_person"] == 2


def test_what_has_not_had_its_horizon_is_not_counted_but_told() -> None:
    cases = [case("a", "red", "green"), case("b", "red", "green", after_days=1)]
    found = judged(cases, gone({}), HORIZON, AT + timedelta(days=HORIZON))
    assert (found["cases"], found["immature"]) == (1, 1)


def test_no_outcome_of_an_account_counts_twice() -> None:
    cases = [case("a", "red", "green", after_days=days) for days in (0, 30, 89, 90, 100)]
    assert judged(cases, gone({}), HORIZON, UNTIL)["cases"] == 2


def test_nothing_said_is_nothing_known() -> None:
    found = judged([], gone({}), HORIZON, UNTIL)
    assert (found["cases"], found["difference"], found["more_often"]) == (0, None, "neither")
    assert found["person"]["share"] is None
    assert found["segments"] == []


def test_a_segment_of_few_has_no_line() -> None:
    many = [case(f"a{i}", "green", "green", plan="Business") for i in range(LEAST)]
    few = [case(f"b{i}", "green", "green", plan="Starter") for i in range(LEAST - 1)]
    found = judged([*many, *few], gone({}), HORIZON, UNTIL)
    assert [(line["column"], line["value"]) for line in found["segments"]] == [("plan", "Business")]


_BAND = st.sampled_from(["red", "yellow", "green"])


@given(st.lists(st.tuples(_BAND, _BAND, st.booleans()), max_size=40))
def test_exchanging_the_two_exchanges_the_answer(rows: list[tuple[str, str, bool]]) -> None:
    leaves = gone(left(*(f"a{i}" for i, row in enumerate(rows) if row[2])))
    there = judged(
        [case(f"a{i}", p, m) for i, (p, m, _) in enumerate(rows)], leaves, HORIZON, UNTIL
    )
    back = judged([case(f"a{i}", m, p) for i, (p, m, _) in enumerate(rows)], leaves, HORIZON, UNTIL)
    assert there["person"] == back["model"]
    assert there["left"]["accounts"] + there["stayed"]["accounts"] == there["cases"] == len(rows)
    other = {"model": "person", "person": "model", "neither": "neither"}
    assert back["more_often"] == other[there["more_often"]]
