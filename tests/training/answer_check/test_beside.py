"""Two scores on the same leavers, accounts and instants."""

from tests.builders.answers import gone, week, weekly
from training.answer_check import Rules, beside, timelines

RULES = Rules(weeks_before=4, horizon_days=28)
OURS = timelines(weekly({"a": "r" * 12, "b": "g" * 12, "c": "r" * 12, "d": "g" * 12}))
THEIRS = timelines(weekly({"a": "g" * 12, "b": "g" * 12, "d": "r" * 12}))
GONE = gone({"a": week(10), "b": week(10), "c": week(10)})


def test_only_leavers_both_had_a_score_of_are_compared() -> None:
    found = beside(OURS, THEIRS, GONE, RULES, name="theirs", until=week(12))
    assert found["left"] == 2  # of c there is no score of theirs
    assert (found["ours"]["red"], found["ours"]["green"]) == (1, 1)
    assert (found["theirs"]["red"], found["theirs"]["green_share"]) == (0, 1.0)
    for line in found["weeks"]:
        assert line["ours"]["scored"] == line["theirs"]["scored"]


def test_the_accounts_on_which_they_part_say_who_was_right() -> None:
    found = beside(OURS, THEIRS, GONE, RULES, name="theirs", until=week(12))
    apart = {(line["ours"], line["theirs"]): line for line in found["apart"]}
    ours_red, theirs_red = apart["red", "green"], apart["green", "red"]
    assert (ours_red["accounts"], ours_red["left"]) == (3, 1)  # three windows of 28 days
    assert (theirs_red["accounts"], theirs_red["left"]) == (3, 0)


def test_a_monthly_score_is_in_force_for_a_month() -> None:
    monthly = timelines(weekly({"a": "r   r   r   ", "b": "g   g   g   "}))
    strict = beside(OURS, monthly, GONE, RULES, name="theirs", until=week(12))
    assert strict["left"] == 0
    kept = beside(OURS, monthly, GONE, RULES, name="theirs", theirs_stale_days=31, until=week(12))
    assert (kept["left"], kept["theirs"]["red"]) == (2, 1)
