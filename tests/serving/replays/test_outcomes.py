"""Leavers and false alarms of two definitions, on timelines made by hand."""

from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from serving.replays.outcomes import matrix, outcomes
from training.answer_check import Rules

START = datetime(2026, 1, 1)
WEEKS = 30
UNTIL = START + timedelta(weeks=WEEKS)
RULES = Rules(weeks_before=8, horizon_days=56)


def pairs(lines: dict[str, tuple[str, str]], honest_from: int = 0) -> pa.Table:
    """Return weekly pairs of bands; a line is two texts of one letter a week: r, y, g or -."""
    names = {"r": "red", "y": "yellow", "g": "green"}
    rows: list[dict[str, Any]] = []
    for account, (old, new) in lines.items():
        for week, (was, now) in enumerate(zip(old, new, strict=True)):
            if was != "-":
                row = {"account_id": account, "as_of": START + timedelta(weeks=week)}
                row |= {"old_band": names[was], "new_band": names[now]}
                row |= {"old_score": 1.0, "new_score": 2.0, "honest": week >= honest_from}
                rows.append(row)
    return pa.Table.from_pylist(rows)


def gone(**weeks: int) -> pa.Table:
    at = [START + timedelta(weeks=week) for week in weeks.values()]
    return pa.table({"account_id": list(weeks), "left_at": pa.array(at, pa.timestamp("us"))})


def line(weeks: int, **red: int) -> str:
    """Return green weeks that are red from ``red['at']`` on."""
    at = red.get("at", weeks)
    return "g" * at + "r" * (weeks - at)


def test_a_leaver_counts_as_caught_where_it_was_red_so_many_weeks_before() -> None:
    lines = {
        "both": (line(20, at=8), line(20, at=5)),
        "caught": (line(20, at=13), line(20, at=12)),  # red 7, then 8 weeks before week 20
        "lost": (line(20, at=10), line(20)),
        "neither": (line(20), line(20, at=15)),
    }
    left = dict.fromkeys(lines, 20)
    found = outcomes(pairs(lines), gone(**left), None, RULES, UNTIL)
    assert found is not None
    leavers = found["leavers"]
    assert leavers["scored"] == 4
    assert (leavers["old"]["red"], leavers["new"]["red"]) == (2, 2)
    assert [one["account_id"] for one in leavers["caught"]] == ["caught"]
    assert [one["account_id"] for one in leavers["lost"]] == ["lost"]
    assert leavers["difference"] == 0
    assert leavers["interval"][0] < 0 < leavers["interval"][1]


def test_who_turned_red_and_stayed_is_a_false_alarm_unless_contacted() -> None:
    lines = {
        "both": (line(30, at=4), line(30, at=6)),
        "more": (line(30), line(30, at=5)),
        "fewer": (line(30, at=5), line(30)),
        "called": (line(30), line(30, at=7)),
        "too late to say": (line(30), line(30, at=27)),
        "left": (line(10, at=5), line(10, at=6)),
    }
    acts = pa.table(
        {
            "account_id": ["called"],
            "performed_at": pa.array([START + timedelta(weeks=7, days=2)], pa.timestamp("us")),
        }
    )
    found = outcomes(pairs(lines), gone(left=10), acts, RULES, UNTIL)
    assert found is not None
    alarms = found["alarms"]
    assert (alarms["more"], alarms["fewer"], alarms["difference"]) == (["more"], ["fewer"], 0)
    assert (alarms["old"]["false"], alarms["new"]["false"]) == (2, 2)
    assert (alarms["old"]["left"], alarms["new"]["contacted"]) == (1, 1)
    assert alarms["old"]["precision"] == pytest.approx(1 / 3)


def test_dates_on_which_a_side_may_have_known_the_outcome_do_not_count() -> None:
    lines = {"left": (line(20, at=2), line(20))}
    late = outcomes(pairs(lines, honest_from=15), gone(left=20), None, RULES, UNTIL)
    assert late is not None
    assert late["leavers"]["scored"] == 0
    assert late["from"][:10] == f"{START + timedelta(weeks=15):%Y-%m-%d}"
    assert outcomes(pairs(lines, honest_from=99), gone(left=20), None, RULES, UNTIL) is None


def test_bands_are_counted_pair_by_pair() -> None:
    table = pairs({"a": ("rrg", "ryy"), "b": ("g", "g")})
    assert matrix(table) == {"red": {"red": 1, "yellow": 1}, "green": {"yellow": 1, "green": 1}}
