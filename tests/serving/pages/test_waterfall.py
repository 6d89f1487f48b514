from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from features.settings import Bands
from serving.pages.changes import State, changes, main_cause
from serving.pages.waterfall import MOST_SHOWN, SHOWN, tenths, waterfall

BANDS = Bands()
POINTS = st.lists(st.floats(-30, 30), min_size=1, max_size=25)


def named(points: list[float]) -> dict[str, float]:
    return {f"f{i}": value for i, value in enumerate(points)}


def state(
    points: list[float], version: str = "v1", baseline: float = 70.0, settings: str = "s1"
) -> State:
    score = float(np.clip(baseline + sum(points), 0, 100))
    values = dict.fromkeys(named(points), 1.0)
    return State(version, settings, baseline, named(points), values, score, tenths(score, BANDS))


@given(POINTS, st.floats(40, 95))
def test_the_rows_add_up_to_the_total_in_tenths(points: list[float], baseline: float) -> None:
    score = float(np.clip(baseline + sum(points), 0, 100))
    groups = {name: "usage" if i % 2 else "support" for i, name in enumerate(named(points))}
    fall = waterfall(baseline, named(points), score, groups, BANDS)
    assert fall.baseline + sum(step.tenths for step in fall.steps) == fall.total
    clip = sum(step.tenths for step in fall.steps if step.kind == "clip")
    assert fall.baseline + sum(fall.groups.values()) + clip == fall.total
    assert abs(fall.total / 10 - score) <= 0.1 + 1e-9


def test_the_worst_reason_comes_first_and_the_small_ones_share_a_row() -> None:
    points = [-9.0, 4.0, *[-1.0 - i / 10 for i in range(8)], 0.2, 0.1]
    fall = waterfall(80.0, named(points), 80.0 + sum(points), dict.fromkeys(named(points), "usage"),
                     BANDS)  # fmt: skip
    reasons = [step for step in fall.steps if step.kind == "reason"]
    assert len(reasons) == SHOWN
    assert reasons[0].name == "f0"
    assert reasons[-1].name == "f1"
    assert fall.steps[-1].kind == "others"
    assert fall.others == len(points) - SHOWN


def test_where_the_small_ones_weigh_much_together_more_of_them_get_a_row() -> None:
    def rows(each: float) -> int:
        points = named([-each] * 30)
        score = 90.0 - 30 * each
        fall = waterfall(90.0, points, score, dict.fromkeys(points, "usage"), BANDS)
        return sum(step.kind == "reason" for step in fall.steps)

    assert rows(0.4) == SHOWN
    assert rows(0.5) == 10
    assert rows(2.0) == MOST_SHOWN


def test_where_the_score_is_held_at_100_one_row_says_so() -> None:
    fall = waterfall(90.0, {"a": 17.0}, 100.0, {"a": "usage"}, BANDS)
    assert fall.steps[-1].kind == "clip"
    assert fall.steps[-1].tenths == -70
    assert fall.high == 107.0


def test_without_clipping_no_row_says_so() -> None:
    fall = waterfall(70.0, {"a": 5.0}, 75.0, {"a": "usage"}, BANDS)
    assert all(step.kind != "clip" for step in fall.steps)


def test_the_shown_total_never_leaves_its_band() -> None:
    assert tenths(79.99, BANDS) == 799
    assert tenths(80.0, BANDS) == 800
    assert tenths(50.01, BANDS) == 501
    assert tenths(50.0, BANDS) == 500


@given(POINTS, POINTS)
def test_the_changes_add_up_to_the_difference_of_the_two_shown_scores(
    old: list[float], new: list[float]
) -> None:
    size = min(len(old), len(new))
    before, now = state(old[:size]), state(new[:size])
    moved = changes(now, before)
    assert sum(row.tenths for row in moved.rows) == now.tenths - before.tenths


def test_a_new_model_is_named_and_the_customer_is_not_blamed() -> None:
    moved = changes(state([-5.0], "v2"), state([3.0], "v1"))
    assert [row.kind for row in moved.rows] == ["model"]
    assert moved.rows[0].tenths == -80
    assert not moved.comparable
    assert main_cause(state([-5.0], "v2"), state([3.0], "v1")) is None


def test_new_settings_are_named_as_well() -> None:
    moved = changes(state([-5.0], settings="s2"), state([3.0]))
    assert [row.kind for row in moved.rows] == ["settings"]


def test_the_main_cause_moved_most_in_the_direction_of_the_score() -> None:
    cause = main_cause(state([-5.0, 2.0, -1.0]), state([0.0, -9.0, 14.0]))
    assert cause is not None
    assert cause.name == "f2"
    assert main_cause(state([1.0]), state([1.0])) is None


def test_a_signal_that_itself_changed_is_the_better_cause() -> None:
    before, now = state([0.0, 0.0]), state([-5.0, -2.0])
    now = replace(now, values={"f0": 1.0, "f1": 9.0})
    cause = main_cause(now, before)
    assert cause is not None
    assert (cause.name, cause.before, cause.after) == ("f1", 1.0, 9.0)


def test_what_a_bent_calibration_adds_is_a_row_of_its_own() -> None:
    fall = waterfall(70.0, {"a": -17.0}, 55.5, {"a": "usage"}, BANDS, bends=True)
    assert fall.steps[-1].kind == "calibration"
    assert fall.steps[-1].tenths == 25
    assert fall.baseline + sum(step.tenths for step in fall.steps) == fall.total == 555


def test_a_straight_calibration_has_no_row() -> None:
    fall = waterfall(70.0, {"a": -17.0}, 53.0, {"a": "usage"}, BANDS, bends=True)
    assert [step.kind for step in fall.steps] == ["reason"]
