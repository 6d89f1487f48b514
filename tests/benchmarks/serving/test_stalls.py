from itertools import chain, repeat

import pytest

from benchmarks.serving.stalls import summary, watched


def test_a_gap_between_two_looks_at_the_clock_is_a_stall_and_shorter_ones_are_not() -> None:
    looks = chain([0.0, 0.0001, 0.0061, 0.0062, 0.0071, 0.02], repeat(1.0))
    assert watched(0.01, lambda: next(looks)) == pytest.approx([6.0, 12.9])


def test_a_machine_that_never_stops_it_has_no_stall() -> None:
    looks = iter(i / 10_000 for i in range(200))
    assert watched(0.01, lambda: next(looks)) == []
    assert summary([], 5.0, 2) == {
        "seconds": 5.0, "processors": 2, "per_second": 0.0, "median_ms": 0.0,
        "longest_ms": 0.0, "share": 0.0,
    }  # fmt: skip


def test_stalls_are_told_for_the_time_of_one_processor() -> None:
    found = summary([2.0, 4.0, 6.0, 8.0], 5.0, 2)
    assert found["per_second"] == pytest.approx(0.4)
    assert found["share"] == pytest.approx(0.002)
    assert (found["median_ms"], found["longest_ms"]) == (5.0, 8.0)
