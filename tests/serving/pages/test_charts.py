"""Charts are text: their coordinates can be read."""

import re

import numpy as np
import pytest

from features.settings import Bands
from serving.pages.charts.answer import answer
from serving.pages.charts.bars import expected_and_actual, score_bar, share_bar, stack
from serving.pages.charts.history import Point, history
from serving.pages.charts.reliability import reliability
from serving.pages.charts.scale import dots, scale
from serving.pages.charts.sparkline import sparkline
from serving.pages.charts.trend import ceiling, trend
from serving.pages.charts.waterfall import Axis
from serving.pages.heat import heat, revenue_edges
from serving.pages.months import month_marks
from serving.pages.numbers import Numbers, signed
from serving.pages.roster import Rosters
from serving.pages.timeline import weekly
from tests.builders.store import Populated

NAMES = {"red": "要対応", "yellow": "注意", "green": "良好"}
HOSTILE = '"><script>'


def test_a_sparkline_leaves_out_missing_weeks_and_keeps_their_place() -> None:
    drawn = sparkline([0.0, None, 50.0, 100.0], "a line", "red", (102, 26), (0, 100))
    assert 'd="M2.0 23.0L66.0 13.0L98.0 3.0"' in drawn
    assert 'class="red" cx="98.0"' in drawn
    assert "<svg" not in sparkline([1.0, None], "too short")


def test_a_waterfall_step_runs_from_its_start_to_its_end() -> None:
    axis = Axis(0, 100, (50, 80))
    assert '<rect class="down" x="60.00%" width="20.00%"' in axis.step(80, 60)
    assert '<rect class="up" x="60.00%" width="5.50%"' in axis.step(60, 65.5)
    wide = Axis(-10, 110, (50, 80))
    assert wide.at(-10) == 0
    assert wide.at(110) == 100


def test_as_many_dots_are_dark_as_leave() -> None:
    assert dots(19, "19 of 100").count('class="on"') == 19
    assert dots(0, "none").count("<circle") == 100


def test_the_scale_carries_the_cuts_of_the_settings() -> None:
    drawn = scale(46, None, (40.0, 75.0), "Health score 46")
    assert '<rect class="z yellow" x="40.0%" y="14" width="35.0%"' in drawn
    assert "ghost" not in drawn
    assert 'class="ghost" cx="65.0%"' in scale(46, 65, (50.0, 80.0), "with last week")


def test_the_parts_of_a_stack_fill_its_width() -> None:
    drawn = stack([("red", 1.0, "25%"), ("yellow", 0.0, ""), ("green", 3.0, "75%")], "mix")
    assert 'class="z red" x="0.00%"' in drawn
    assert 'class="z green" x="25.00%"' in drawn
    assert "yellow" not in drawn
    assert "<rect" not in stack([("red", 0.0, "")], "nothing")


def test_the_history_names_every_band_and_hatches_the_red_one() -> None:
    points = [Point(0, 80, "green"), Point(52, 46.4, "red")]
    drawn = history(points, [(4, "1月")], [(10, "契約更新")], (50, 80), NAMES, "history", 52)
    assert all(word in drawn for word in (*NAMES.values(), "契約更新", "1月"))
    assert 'fill="url(#redzone)"' in drawn
    assert re.search(r'class="now red".*>46<', drawn)


def test_no_line_leads_over_weeks_without_a_score() -> None:
    bands = [Point(0, 60, "yellow"), Point(1, 61, "yellow"), Point(9, 40, "red", anew=True)]
    whole = [Point(20, 41, "red", anew=True), Point(21, 42, "red")]
    drawn = history([*bands, *whole], [], [], (50, 80), NAMES, "history", 52)
    assert drawn.count('class="line"') == 2
    assert drawn.count('class="alone"') == 1
    unbroken = [Point(at, 60, "yellow") for at in (0, 4, 8)]
    assert history(unbroken, [], [], (50, 80), NAMES, "h", 52).count('class="line"') == 1


def test_events_whose_words_would_collide_are_left_out() -> None:
    points = [Point(0, 60, "yellow"), Point(52, 60, "yellow")]
    drawn = history(points, [], [(10, "first"), (12, "second"), (40, "third")], (50, 80), NAMES,
                    "history", 52)  # fmt: skip
    assert "first" in drawn
    assert "third" in drawn
    assert "second" not in drawn


def test_the_columns_of_the_answer_check_are_shares_of_the_scored() -> None:
    week = {"weeks": 4, "red": 1, "yellow": 2, "green": 1, "no_data": 9}
    drawn = answer([week], NAMES, "weeks", "answer")
    assert [float(h) for h in re.findall(r'class="z \w+"[^>]*height="([\d.]+)"', drawn)] == [
        67.0, 135.0, 67.0,
    ]  # fmt: skip
    assert ">n=4<" in drawn
    nobody = {"weeks": 26, "red": 0, "yellow": 0, "green": 0, "no_data": 3}
    assert 'class="z' not in answer([nobody], NAMES, "weeks", "answer")
    assert "<svg" in answer([], NAMES, "weeks", "answer")


def test_groups_without_a_leaver_are_hollow_and_inside_the_frame() -> None:
    groups = [
        {"predicted": 0.002, "observed": 0.0, "churns": 0, "rows": 90, "interval": [0.0, 0.03]},
        {"predicted": 0.4, "observed": 0.5, "churns": 9, "rows": 18, "interval": [0.3, 0.7]},
    ]
    drawn = reliability(groups, ("predicted", "left"), ["a", "b"], "reliability")
    assert drawn.count('class="dot none"') == 1
    ys = [float(y) for y in re.findall(r'<circle[^>]*cy="([\d.]+)"', drawn)]
    assert all(12 <= y <= 286 for y in ys)
    assert ys[1] < ys[0]


def test_each_small_multiple_starts_at_zero() -> None:
    drawn = trend([("red", [1, 2], "2"), ("yellow", [900, 1429], "1,429")], [], "trend", [0, 1])
    assert drawn.count(">0<") == 2
    assert ">1,500<" in drawn
    assert "<svg" in trend([("red", [0], "0"), ("yellow", [0], "0")], [], "one week", [0])


@pytest.mark.parametrize(("largest", "top"), [(0, 5), (5, 5), (6, 6), (209, 250), (1429, 1500)])
def test_axes_end_at_round_numbers(largest: int, top: int) -> None:
    assert ceiling(largest) == top


def test_words_in_charts_are_escaped() -> None:
    drawn = (
        sparkline([1.0, 2.0], HOSTILE)
        + stack([("red", 1.0, HOSTILE)], HOSTILE)
        + dots(1, HOSTILE)
        + expected_and_actual(0.2, 0.1, (0.05, 0.3), [HOSTILE] * 4, HOSTILE)
        + history([], [(1, HOSTILE)], [(9, HOSTILE)], (50, 80), NAMES, HOSTILE, 52)
    )
    assert "<script" not in drawn


def test_bars_end_where_their_number_is() -> None:
    assert 'class="z red" width="26.0"' in score_bar(50, "red")
    assert 'class="whisker" x1="20.00%" x2="60.00%"' in share_bar(0.2, (0.1, 0.3), 0.5, "red")


def test_the_heat_table_holds_every_scored_account_once(company: Populated) -> None:
    roster = Rosters(company.engine).of(weekly(company.engine)[-1])
    table = heat(roster, Bands())
    assert table is not None
    assert sum(cell.accounts for row in table.rows for cell in row) == len(
        roster.loss[np.isfinite(roster.loss)]
    )
    total = sum(cell.loss for row in table.rows for cell in row)
    assert total == pytest.approx(float(np.nansum(roster.loss)))
    assert max(cell.shade for row in table.rows for cell in row) == 5


def test_the_columns_of_the_heat_table_follow_the_settings(company: Populated) -> None:
    roster = Rosters(company.engine).of(weekly(company.engine)[-1])
    table = heat(roster, Bands(green=90, red=30.5))
    assert table is not None
    edges = [(start, end, band) for start, end, band in table.columns]
    assert edges[0][0] == 0
    assert edges[2][1] == edges[3][0] == 31
    assert edges[-1] == (90, 101, "green")


def test_revenue_rows_are_round_and_part_the_accounts() -> None:
    assert revenue_edges(np.array([4e5, 2e6, 5e6, 2e7])) == (1e7, 3e6, 1e6)
    assert len(revenue_edges(np.array([0.0, 0.0]))) == 3
    assert len(revenue_edges(np.array([12.5]))) == 3


def test_numbers_read_as_expected() -> None:
    assert signed(-8.61, 1) == "−8.6"
    assert signed(0.2) == "±0"
    assert Numbers("en", "JPY").percent(0.004) == "<1%"
    assert Numbers("ja", "JPY").percent(0.0004, 1) == "0.1%未満"
    assert Numbers("ja", "JPY").percent(0.0, 1) == "0.0%"
    assert Numbers("en", "JPY").percent(0.996) == ">99%"
    assert Numbers("ja", "JPY").percent(0.9996, 1) == "99.9%超"
    assert Numbers("ja", "JPY").percent(0.994) == "99%"
    assert Numbers("ja", "JPY").percent(1.0) == "100%"
    assert Numbers("en", "JPY").percent(None) == "–"
    assert Numbers("ja", "JPY").amount(1.4e7) == "1400万"
    assert Numbers("en", "USD").money(float("nan")) == "–"
    assert Numbers("en", "USD").count(1429.4) == "1,429"


def test_months_are_marked_where_they_begin(company: Populated) -> None:
    dates = [run.as_of for run in weekly(company.engine)]
    marks = month_marks(dates, Numbers("ja", "JPY"))
    assert 3 <= len(marks) <= 7
    assert all(words.endswith("月") for _, words in marks)
    assert month_marks(dates[:1], Numbers("en", "JPY")) == []
