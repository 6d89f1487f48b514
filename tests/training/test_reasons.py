import math

from hypothesis import given
from hypothesis import strategies as st

from training.reasons import round_points

parts = st.lists(st.floats(-200, 200), min_size=1, max_size=60)


@given(parts, st.integers(-100, 200))
def test_whole_points_add_up_to_whatever_total_is_shown(exact: list[float], total: int) -> None:
    assert sum(round_points(exact, total)) == total


@given(parts)
def test_no_part_moves_by_more_than_one_where_the_total_is_the_rounded_sum(
    exact: list[float],
) -> None:
    total = math.floor(sum(exact) + 0.5)
    rounded = round_points(exact, total)
    assert all(abs(a - b) < 1 + 1e-6 for a, b in zip(exact, rounded, strict=True))


@given(parts, st.integers(0, 1000))
def test_tenths_add_up_as_well(exact: list[float], tenths: int) -> None:
    shown = round_points(exact, tenths / 10, step=0.1)
    assert round(sum(shown), 6) == tenths / 10


def test_the_parts_that_lost_most_by_rounding_down_get_the_missing_points() -> None:
    assert round_points([72.4, -9.7, -13.9, 0.2], 49) == [73, -10, -14, 0]


def test_no_parts_need_no_points() -> None:
    assert round_points([], 0) == []
