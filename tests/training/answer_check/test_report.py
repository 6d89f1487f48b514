from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from tests.builders.answers import acted, gone, week, weekly
from training.answer_check import Rules, answer_check
from training.intervals import wilson

FOUR = Rules(weeks_before=4)

SCORES = weekly(
    {"warned": "ggggggrrrrrr", "missed": "g" * 12, "silent": "-" * 12, "stayed": "g" * 12,
     "at_risk": "r" * 12}
)  # fmt: skip
END = week(11)
GONE = gone({"warned": END, "missed": END, "silent": END, "unscored": END})
AFTER = END + timedelta(days=1)
FACTS = pa.table(
    {
        "account_id": ["missed", "missed"],
        "fact_name": ["Old", "Aoba"],
        "fact_plan": ["Team", "Firm"],
        "fact_mrr": [1.0, 100.0],
    }
)


def weeks_of(check: dict[str, Any]) -> dict[int, dict[str, Any]]:
    return {line["weeks"]: line for line in check["weeks"]}


def test_bands_before_leaving_are_counted_at_each_distance() -> None:
    check = answer_check(SCORES, GONE, FOUR, until=AFTER)
    weeks = weeks_of(check)
    assert check["left"] == 3
    counts = {band: weeks[4][band] for band in ("red", "yellow", "green", "no_data", "scored")}
    assert counts == {"red": 1, "yellow": 0, "green": 1, "no_data": 1, "scored": 3}
    assert weeks[4]["red_share"] == pytest.approx(1 / 3)
    assert weeks[4]["red_interval"] == [float(edge) for edge in wilson(1, 3)]
    assert weeks[10]["green"] == 2
    assert (weeks[26]["scored"], weeks[26]["red_share"]) == (0, None)


def test_misses_are_named_with_their_latest_facts() -> None:
    (miss,) = answer_check(SCORES, GONE, FOUR, until=AFTER, facts=FACTS)["misses"]
    assert (miss["account_id"], miss["name"], miss["plan"]) == ("missed", "Aoba", "Firm")
    assert miss["arr"] == 1200
    assert (miss["score_before"], miss["band_before"], miss["band_earlier"]) == (90, "green", None)
    assert miss["scored_at"] == week(7).isoformat()
    assert len(miss["series"]) == 11
    assert miss["unseen"] is None


def test_outcomes_count_what_became_of_each_band_at_the_beginning_of_a_whole_window() -> None:
    rules = Rules(horizon_days=29)
    check = answer_check(SCORES, GONE, rules, until=AFTER)
    outcomes = {line["band"]: (line["accounts"], line["left"]) for line in check["outcomes"]}
    assert check["windows"] == [(AFTER - timedelta(days=29 * n)).isoformat() for n in (2, 1)]
    assert outcomes == {"red": (3, 1), "green": (5, 1), "no_data": (2, 1)}


def test_windows_that_are_not_over_do_not_count_as_having_stayed() -> None:
    check = answer_check(SCORES, GONE, Rules(horizon_days=90), until=AFTER)
    assert (check["windows"], check["outcomes"]) == ([], [])
    assert check["alerts"]["all"]["accounts"] == 0
    assert check["alerts"]["immature"] == 2


def test_a_score_at_the_very_instant_counts_and_a_stale_one_does_not() -> None:
    exactly = gone({"a": week(4), "b": week(5)})
    rules = Rules(weeks=(4,), weeks_before=4)
    check = answer_check(weekly({"a": "r", "b": "r"}), exactly, rules, until=week(6))
    assert check["weeks"][0]["scored"] == 1
    assert check["left"] == 1


def test_a_score_of_an_earlier_spell_says_nothing_about_this_one() -> None:
    scores = weekly({"a": "r" + " " * 11 + "g" * 16})
    first = week(0) + timedelta(days=3)
    left = first + timedelta(weeks=26)  # 26 weeks before it, the red is 3 days old
    alone = answer_check(scores, gone({"a": left}), until=week(40))
    assert weeks_of(alone)[26]["red"] == 1
    again = answer_check(scores, gone([("a", first), ("a", left)]), until=week(40))
    assert weeks_of(again)[26]["scored"] == 0


def test_who_left_before_the_first_score_is_not_counted() -> None:
    check = answer_check(SCORES, gone({"warned": week(0)}), FOUR, until=END)
    assert (check["left"], check["misses"]) == (0, [])


def test_only_what_happened_in_the_period_asked_for_counts() -> None:
    left = gone({"warned": week(9), "missed": week(11)})
    asked = answer_check(SCORES, left, FOUR, start=week(10), until=week(12))
    assert (asked["left"], weeks_of(asked)[4]["green"]) == (1, 1)


def test_no_scores_give_an_empty_check() -> None:
    check = answer_check(SCORES.slice(0, 0), GONE)
    assert (check["left"], check["period"], check["outcomes"]) == (0, None, [])
    assert {line["scored"] for line in check["weeks"]} == {0}
    assert check["verdict"]["result"] == "too few to say"


@pytest.mark.parametrize(
    ("green", "red", "result"), [(1, 49, "passed"), (20, 30, "failed"), (2, 8, "too few to say")]
)
def test_the_limit_is_held_broken_or_cannot_be_told(green: int, red: int, result: str) -> None:
    bands = {f"g{i}": "g" * 9 for i in range(green)} | {f"r{i}": "r" * 9 for i in range(red)}
    check = answer_check(weekly(bands), gone(dict.fromkeys(bands, week(8))), until=week(9))
    verdict = check["verdict"]
    assert verdict["result"] == result
    assert verdict["share"] == green / (green + red)
    assert verdict["interval"] == [float(edge) for edge in wilson(green, green + red)]
    assert (verdict["limit"], verdict["weeks_before"]) == (0.2, 8)


def kinds(**of: str) -> pa.Table:
    return pa.concat_tables([weekly({name: "g" * 6}, kind=kind) for name, kind in of.items()])


def test_it_says_how_many_scores_of_which_kind_it_rests_on() -> None:
    scores = kinds(a="issued", b="out-of-time", c="replayed")
    check = answer_check(scores, gone({"a": week(6), "c": week(6)}), until=week(7))
    assert check["basis"] == "mixed"
    assert check["scores"] == {"issued": 6, "out_of_time": 6, "left_out": 6}
    assert check["left"] == 1
    assert answer_check(kinds(a="issued"), GONE)["basis"] == "issued"
    assert answer_check(kinds(a="out-of-time"), GONE)["basis"] == "out of time"


def test_an_issued_score_counts_before_one_made_later_for_the_same_instant() -> None:
    later = weekly({"a": "rrr"}, kind="out-of-time")
    stood = weekly({"a": "ggg"}, kind="issued")
    for both in ((later, stood), (stood, later)):
        check = answer_check(pa.concat_tables(both), gone({"a": week(3)}), until=week(4))
        assert weeks_of(check)[2]["green"] == 1
        assert check["basis"] == "issued"


def test_bands_come_from_cut_offs_where_none_are_given() -> None:
    from training.answer_check import timelines

    scores = weekly({"a": "rryg-"}).drop_columns(["band"])
    assert list(timelines(scores, 50, 80).band) == ["red", "red", "yellow", "green", "no_data"]


def test_each_segment_and_version_has_its_own_figures() -> None:
    teams = weekly({"a": "g" * 9, "b": "r" * 9}, plan="Team", model_version="v1")
    firms = weekly({"c": "r" * 9}, plan="Firm", model_version="v2")
    scores = pa.concat_tables([teams, firms])
    left = gone(dict.fromkeys("abc", week(8)))
    check = answer_check(scores, left, Rules(horizon_days=57), until=week(9))
    lines = {line["value"]: line for line in check["segments"]}
    assert [line["value"] for line in check["segments"]] == ["Team", "Firm"]
    assert (lines["Team"]["scored"], lines["Team"]["green_share"]) == (2, 0.5)
    assert (lines["Firm"]["red"], lines["Firm"]["alerts"]["left"]) == (1, 1)
    assert {line["value"]: line["scored"] for line in check["versions"]} == {"v1": 2, "v2": 1}


def test_tenure_is_a_segment_where_the_beginning_is_known() -> None:
    scores = weekly({"a": "g" * 9}, customer_since=datetime(2025, 12, 1))
    check = answer_check(scores, gone({"a": week(8)}), until=week(9))
    assert [line["value"] for line in check["segments"]] == ["under 3 months"]


def test_without_a_log_of_actions_nobody_is_said_to_have_been_contacted() -> None:
    rules = Rules(horizon_days=28)
    silent = answer_check(SCORES, GONE, rules, until=AFTER)["alerts"]
    assert (silent["contacted"], silent["saved"]) == (None, None)
    nobody = answer_check(SCORES, GONE, rules, until=AFTER, actions=acted({}))["alerts"]
    assert (nobody["contacted"]["accounts"], nobody["saved"]) == (0, 0)
