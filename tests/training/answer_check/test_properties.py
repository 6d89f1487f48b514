"""What must hold of every answer check, on random companies."""

from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.answers import acted, gone, week, weekly
from training.answer_check import Rules, answer_check

RULES = Rules(weeks_before=4, horizon_days=28)
UNTIL = week(30)
ACCOUNTS = "abcdef"

BANDS = st.text("rrggy- ", min_size=0, max_size=26)
DAYS = st.integers(0, 260)
LINES = st.fixed_dictionaries(dict.fromkeys(ACCOUNTS, BANDS))
DATED = st.dictionaries(st.sampled_from(ACCOUNTS), DAYS)


def after(days: dict[str, int]) -> dict[str, Any]:
    return {account: week(0) + timedelta(days=day) for account, day in days.items()}


@settings(max_examples=60, deadline=None)
@given(lines=LINES, left=DATED, done=DATED, seed=st.integers(0, 99))
def test_the_order_of_the_rows_changes_nothing(
    lines: dict[str, str], left: dict[str, int], done: dict[str, int], seed: int
) -> None:
    random = np.random.default_rng(seed)

    def mixed(table: pa.Table) -> pa.Table:
        return table.take(random.permutation(len(table)))

    scores = pa.concat_tables(
        [weekly(lines, kind=kind, plan=kind) for kind in ("issued", "out-of-time", "replayed")]
    )
    departures, actions = gone(after(left)), acted(after(done))
    once = answer_check(scores, departures, RULES, actions=actions, until=UNTIL)
    again = answer_check(
        mixed(scores), mixed(departures), RULES, actions=mixed(actions), until=UNTIL
    )
    assert once == again


@settings(max_examples=60, deadline=None)
@given(lines=LINES, left=DATED)
def test_scores_at_or_after_leaving_change_nothing_in_the_recall(
    lines: dict[str, str], left: dict[str, int]
) -> None:
    scores, departures = weekly(lines), gone(after(left))
    late = [
        {"account_id": account, "as_of": at + timedelta(days=days), "band": "red",
         "health_score": 1.0}
        for account, at in after(left).items()
        for days in (0, 1, 7)
    ]  # fmt: skip
    more = pa.concat_tables([scores, pa.Table.from_pylist(late, schema=scores.schema)])
    once = answer_check(scores, departures, RULES, until=UNTIL, start=week(0))
    again = answer_check(more, departures, RULES, until=UNTIL, start=week(0))
    for part in ("left", "weeks", "verdict", "lead_time", "misses"):
        assert once[part] == again[part], part


@settings(max_examples=60, deadline=None)
@given(lines=LINES, left=DATED, beyond=st.integers(0, 50))
def test_a_departure_after_the_end_of_the_data_does_not_count(
    lines: dict[str, str], left: dict[str, int], beyond: int
) -> None:
    scores = weekly(lines)
    known = gone(after(left))
    later = gone([(account, UNTIL + timedelta(days=beyond)) for account in ACCOUNTS])
    once = answer_check(scores, known, RULES, until=UNTIL)
    assert answer_check(scores, pa.concat_tables([known, later]), RULES, until=UNTIL) == once


@settings(max_examples=60, deadline=None)
@given(lines=LINES, left=DATED, done=DATED)
def test_intervals_hold_their_share_and_parts_add_up(
    lines: dict[str, str], left: dict[str, int], done: dict[str, int]
) -> None:
    found = answer_check(
        weekly(lines), gone(after(left)), RULES, actions=acted(after(done)), until=UNTIL
    )
    for line in found["weeks"]:
        assert sum(line[band] for band in ("red", "yellow", "green", "no_data")) == line["scored"]
        for band in ("red", "green"):
            low, high = line[f"{band}_interval"]
            assert 0 <= low <= (line[f"{band}_share"] or low) <= high <= 1
    alerts = found["alerts"]
    for part in (*found["outcomes"], alerts["all"], alerts["contacted"]):
        low, high = part["interval"]
        assert part["share"] is None or low <= part["share"] <= high
        assert part["left"] <= part["accounts"]
    for name in ("accounts", "left"):
        assert alerts["contacted"][name] + alerts["not_contacted"][name] == alerts["all"][name]
    stayed = alerts["all"]["accounts"] - alerts["all"]["left"]
    assert alerts["saved"] + alerts["false_alarms"] == stayed
    assert found["lead_time"]["alerts"] <= found["left"]


@settings(max_examples=40, deadline=None)
@given(lines=LINES, left=DATED)
def test_a_replayed_score_never_counts_as_issued(
    lines: dict[str, str], left: dict[str, int]
) -> None:
    stood, replayed = weekly(lines, kind="issued"), weekly(lines, kind="replayed")
    both = answer_check(pa.concat_tables([stood, replayed]), gone(after(left)), RULES, until=UNTIL)
    alone = answer_check(stood, gone(after(left)), RULES, until=UNTIL)
    assert both["scores"].pop("left_out") == len(replayed)
    assert alone["scores"].pop("left_out") == 0
    assert both == alone
    only = answer_check(replayed, gone(after(left)), RULES, until=UNTIL)
    assert (only["scores"]["issued"], only["left"]) == (0, 0)
