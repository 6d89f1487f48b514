"""Which reasons are named: found one by one or by sorting, the same ones in the same order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.drivers import FEW, Parts, weighed
from serving.statements import WORTH_SAYING

POINTS = st.lists(st.sampled_from([-3.0, -0.6, -0.5, -0.4, 0.0, 0.4, 0.5, 0.6, 3.0]) |
                  st.floats(-30, 30), max_size=40)  # fmt: skip


def by_sorting(points: list[float], most: int) -> list[int]:
    heaviest = sorted(range(len(points)), key=lambda i: -abs(points[i]))[:most]
    named = sorted(i for i in heaviest if abs(points[i]) >= WORTH_SAYING)
    return sorted(named, key=points.__getitem__)


@given(POINTS, st.integers(0, FEW + 3))
def test_the_heaviest_are_named_the_costliest_first_and_of_equal_ones_the_first(
    points: list[float], most: int
) -> None:
    exact = 70.0 + sum(points)
    parts = Parts(round(exact), exact, 70.0, np.array(points))
    found, wanted = weighed(parts, most), by_sorting(points, most)
    places = [i for i, _ in found.named]
    assert places == [i for i in wanted if i in places]
    # One that rounds to no whole point is not told, though it weighed enough to be looked at.
    assert all(abs(points[i]) < 1 for i in set(wanted) - set(places))
    assert not set(places) - set(wanted)
    closes = found.clip or 0
    assert found.baseline + sum(worth for _, worth in found.named) + found.left + closes == round(
        exact
    )


@pytest.mark.parametrize("most", [1, FEW, FEW + 1])
def test_the_points_themselves_stay_as_they_were(most: int) -> None:
    points = np.array([-5.0, 4.0, 3.0, -2.0])
    weighed(Parts(70, 70.0, 70.0, points), most)
    assert points.tolist() == [-5.0, 4.0, 3.0, -2.0]
