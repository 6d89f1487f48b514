"""The bulk benchmark compares what it measures, and the page says what was measured."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.serving import bulk, bulk_made, bulk_page


def a_run(seconds: float) -> bulk.Json:
    return {"rows": 100, "seconds": seconds, "cpu_seconds": 2 * seconds, "peak_mb": 50.0}


def test_every_way_runs_once_a_round_and_goes_first_as_often_as_last() -> None:
    assert list(bulk._turns(("a", "b"), 2)) == [(0, "a"), (0, "b"), (1, "b"), (1, "a")]


def test_a_ratio_is_the_median_of_those_within_a_round() -> None:
    found = {"a": [a_run(2), a_run(9), a_run(30)], "b": [a_run(1), a_run(3), a_run(1)]}
    assert bulk._ratio(found, "a", "b") == {"seconds": 3.0, "cpu_seconds": 3.0}


@pytest.mark.parametrize(
    ("change", "worst", "top"), [(0.0, 0.0, 1.0), (1e-15, 1e-15, 1.0), (5.0, 5.0, 0.5)]
)
def test_values_are_compared_and_so_are_the_five_largest(
    tmp_path: Path, change: float, worst: float, top: float
) -> None:
    shares = np.array([[7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 0.5], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 0.5]])
    other = shares.copy()
    other[0, 5] += change
    np.save(tmp_path / "ours.npy", shares)
    np.save(tmp_path / "theirs.npy", other)
    found, agree = bulk_made.compared(str(tmp_path), "ours", "theirs")
    assert found == pytest.approx(worst, rel=0.2)
    assert agree == top


def test_the_page_says_what_was_measured_last() -> None:
    told = json.loads(bulk.FOUND.read_text(encoding="utf-8"))
    assert told["equal"]
    assert bulk_page.table(told) in bulk_page.PAGE.read_text(encoding="utf-8")


def test_publishing_replaces_only_what_lies_between_the_marks(tmp_path: Path) -> None:
    told = json.loads(bulk.FOUND.read_text(encoding="utf-8"))
    page = tmp_path / "page.md"
    page.write_text(f"before\n{bulk_page.BEGIN}\nold\n{bulk_page.END}\nafter\n", encoding="utf-8")
    bulk_page.publish(told, page)
    bulk_page.publish(told, page)
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"before\n{bulk_page.BEGIN}\n\nTwo threads")
    assert text.endswith(f"{bulk_page.END}\nafter\n")
    assert "old" not in text
