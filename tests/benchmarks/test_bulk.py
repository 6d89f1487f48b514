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


def test_slow_ways_run_in_the_first_round_only_and_their_ratio_is_of_that_round() -> None:
    turns = list(bulk._turns(("ours", "tree_explainer"), 3))
    assert turns == [(0, "ours"), (0, "tree_explainer"), (1, "ours"), (2, "ours")]
    found = {"ours": [a_run(2), a_run(1), a_run(1)], "tree_explainer": [a_run(18)]}
    assert bulk._ratio(found, "tree_explainer", "ours") == {"seconds": 9.0, "cpu_seconds": 9.0}


def test_the_page_tells_which_ways_were_in_fewer_rounds_and_whether_bits_differed() -> None:
    runs = {way: [a_run(2.0)] for way in ("plain", "own", *bulk.EXPLAINING)}
    told = {"explained": [{"ways": runs}]}
    assert bulk_page._rounds(told) == "One round"
    runs["ours"] = runs["plain"] = runs["own"] = [a_run(1.0), a_run(2.0)]
    slow = "LightGBM's `pred_contrib` and `shap.TreeExplainer`"
    assert bulk_page._rounds(told) == f"Medians of 2 rounds, of {slow} the first alone"
    names = ("tree_explainer_to_ours", "pred_contrib_to_ours", "ours_to_plain", "ours_to_own")
    ratios = {name: {"cpu_seconds": 3.0} for name in (*names, "plain_to_own")}
    one = {"model": "m", "ratios": ratios, "largest_difference": 0.0, "same_top_five": 1.0}
    assert "OTHER BITS" in bulk_page._explained(one | {"same_margins": False})
    assert "for the same bits" in bulk_page._explained(one | {"same_margins": True})


def test_the_same_numbers_are_told_from_those_a_bit_apart(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([0.1, 0.2]))
    np.save(tmp_path / "b.npy", np.array([0.1, np.nextafter(0.2, 1)]))
    assert bulk_made.same(str(tmp_path), "a", "a")
    assert not bulk_made.same(str(tmp_path), "a", "b")


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
