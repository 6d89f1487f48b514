from datetime import datetime, timedelta

import pyarrow as pa
import pytest

from training.answer_check import answer_check

MONDAY = datetime(2026, 1, 5)


def _scores(lines: dict[str, list[str]]) -> pa.Table:
    number = {"red": 40.0, "yellow": 70.0, "green": 90.0, "no_data": None}
    rows = [
        (account, MONDAY + timedelta(weeks=week), band, number[band])
        for account, bands in lines.items()
        for week, band in enumerate(bands)
    ]
    names = ("account_id", "as_of", "band", "health_score")
    return pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))


def _gone(**left: datetime) -> pa.Table:
    return pa.table({"account_id": list(left), "left_at": list(left.values())})


SCORES = _scores(
    {
        "warned": ["green"] * 6 + ["red"] * 6,
        "missed": ["green"] * 12,
        "silent": ["no_data"] * 12,
        "stayed": ["green"] * 12,
        "at_risk": ["red"] * 12,
    }
)
END = MONDAY + timedelta(weeks=11)
GONE = _gone(warned=END, missed=END, silent=END, unscored=END)
FACTS = pa.table(
    {
        "account_id": ["missed", "missed"],
        "fact_name": ["Old", "Aoba"],
        "fact_plan": ["Team", "Firm"],
        "fact_mrr": [1.0, 100.0],
    }
)


def test_bands_before_leaving_are_counted_at_each_distance() -> None:
    check = answer_check(SCORES, GONE, until=END + timedelta(days=1), facts=FACTS)
    weeks = {week["weeks"]: week for week in check["weeks"]}
    assert check["left"] == 3
    assert weeks[4] == {
        "weeks": 4, "red": 1, "yellow": 0, "green": 1, "no_data": 1, "scored": 3,
    }  # fmt: skip
    assert weeks[10]["green"] == 2
    assert weeks[26]["scored"] == 0
    assert check["red_4w_share"] == pytest.approx(1 / 3)


def test_misses_are_named_with_their_latest_facts() -> None:
    (miss,) = answer_check(SCORES, GONE, until=END + timedelta(days=1), facts=FACTS)["misses"]
    assert (miss["account_id"], miss["name"], miss["plan"]) == ("missed", "Aoba", "Firm")
    assert miss["arr"] == 1200
    assert (miss["score_4w"], miss["band_4w"], miss["band_13w"]) == (90.0, "green", None)
    assert len(miss["series"]) == 11


def test_outcomes_count_what_became_of_each_band() -> None:
    end = END + timedelta(days=1)
    check = answer_check(SCORES, GONE, horizon_days=29, until=end)
    outcomes = {line["band"]: (line["accounts"], line["left"]) for line in check["outcomes"]}
    assert outcomes == {"red": (2, 1), "green": (2, 1), "no_data": (1, 1)}


def test_a_score_at_the_very_instant_counts_and_a_stale_one_does_not() -> None:
    scores = _scores({"a": ["red"], "b": ["red"]})
    exactly = _gone(a=MONDAY + timedelta(weeks=4), b=MONDAY + timedelta(weeks=5))
    check = answer_check(scores, exactly, weeks=(4,), until=MONDAY + timedelta(weeks=6))
    assert check["weeks"][0]["scored"] == 1
    assert check["left"] == 1


def test_who_left_before_the_first_score_is_not_counted() -> None:
    check = answer_check(SCORES, _gone(warned=MONDAY), until=END)
    assert (check["left"], check["misses"]) == (0, [])


def test_no_scores_give_an_empty_check() -> None:
    check = answer_check(SCORES.slice(0, 0), GONE)
    assert (check["left"], check["weeks"], check["period"]) == (0, [], [None, None])
