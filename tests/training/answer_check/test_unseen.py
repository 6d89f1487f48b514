"""What came to light between a score and leaving."""

from datetime import timedelta

import pyarrow as pa

from tests.builders.answers import gone, week, weekly
from training.answer_check import Rules, answer_check
from training.answer_check.timelines import micros
from training.answer_check.unseen import Happening, unseen

SCORED, LEFT = micros(week(8)), micros(week(16))


def at(number: float, kind: str, text: str | None = None, amount: float | None = None,
       before: str | None = None) -> Happening:  # fmt: skip
    return Happening(micros(week(number)), kind, text, before, amount)


def test_only_what_was_known_after_the_score_and_before_leaving_is_told() -> None:
    for number, told in ((7.9, 0), (8, 1), (15.9, 1), (16, 0)):
        assert len(unseen([at(number, "overdue", amount=900.0)], SCORED, LEFT)) == told


def test_tickets_are_told_as_a_burst_only() -> None:
    usual = [at(number, "tickets") for number in (1, 3, 9, 11, 12)]
    assert unseen(usual, SCORED, LEFT) == []
    (burst,) = unseen([at(1, "tickets"), at(9, "tickets"), at(10, "tickets")], SCORED, LEFT)
    assert (burst["code"], burst["count"], burst["before"]) == ("tickets", 2, 1)
    assert unseen([at(9, "tickets")], SCORED, LEFT) == []


def test_usage_is_told_where_it_fell() -> None:
    steady = [at(number, "usage", amount=10.0) for number in range(16)]
    assert unseen(steady, SCORED, LEFT) == []
    (fall,) = unseen(steady[:10], SCORED, LEFT)
    assert (fall["code"], fall["before"], fall["count"], fall["amount"]) == ("usage", 80, 20, -0.75)


def test_a_change_of_plan_says_from_what_to_what() -> None:
    (told,) = unseen([at(9, "plan", "Starter", -0.5, "Business")], SCORED, LEFT)
    assert (told["text"], told["before"], told["amount"]) == ("Starter", "Business", -0.5)


def test_the_reason_given_on_the_day_of_leaving_comes_first() -> None:
    found = unseen([at(16, "reason", "merger"), at(9, "survey", "nps", 3.0)], SCORED, LEFT)
    assert [(told["code"], told["text"]) for told in found] == [
        ("reason", "merger"), ("survey", "nps")
    ]  # fmt: skip


def test_a_miss_carries_what_its_tables_say() -> None:
    table = pa.table(
        {
            "account_id": ["a"], "known_at": [week(3) + timedelta(days=1)], "kind": ["overdue"],
            "text": pa.nulls(1, pa.string()), "before": pa.nulls(1, pa.string()),
            "amount": [120.0],
        }
    )  # fmt: skip
    check = answer_check(
        weekly({"a": "g" * 8}), gone({"a": week(7)}), Rules(weeks_before=4), happened=table,
        until=week(8),
    )  # fmt: skip
    (told,) = check["misses"][0]["unseen"]
    assert (told["code"], told["amount"]) == ("overdue", 120.0)
