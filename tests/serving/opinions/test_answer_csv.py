"""The figures of people beside the model are in the CSV like every other."""

from datetime import timedelta

from serving.answer_csv import lines
from tests.builders.answers import gone, week
from tests.serving.pages.conftest import ANSWER_CHECK
from training.answer_check.judged import Case, judged


def test_the_csv_has_both_sides_as_a_whole_and_by_segment() -> None:
    cases = [Case(f"a{i}", week(1), "red", "green", {"plan": "Business"}) for i in range(12)]
    found = judged(cases, gone({"a0": week(2)}), 90, week(1) + timedelta(days=200))
    checked = {**ANSWER_CHECK, "judgements": {"opinions": found, "overrides": None}}
    rows = [row for row in lines(checked, "en", "JPY") if row[0] in ("opinions", "overrides")]
    assert [row[:6] for row in rows] == [
        ("opinions", "", "", "person right", 1, 12),
        ("opinions", "", "", "model right", 11, 12),
        ("opinions", "plan", "Business", "person right", 1, 12),
        ("opinions", "plan", "Business", "model right", 11, 12),
    ]
    assert not [row for row in lines(ANSWER_CHECK, "en", "JPY") if row[0] == "opinions"]
