"""The tables of docs/scale.md follow from what was measured, and bear what was not."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.features import sizing

NOTHING: dict[str, dict[str, Any]] = {name: {} for name in sizing.SOURCES}


def run(events: int, cpu: float, **more: object) -> dict[str, Any]:
    return {
        "experiment": "sizes",
        "way": "ours",
        "events": events,
        "cpu_seconds": [cpu, cpu],
        "peak_mb": [900.0],
        "spill_mb": 0.0,
        "input_mb": events * 20 / 1e6,
        "equal": True,
        **more,
    }


def test_the_slope_is_that_between_the_two_largest_sizes() -> None:
    found = sizing.slope([run(10**6, 9.0), run(10**7, 12.0), run(10**8, 102.0)])
    assert found == sizing.Slope(rate=10**6, fixed=2.0, sizes=(10**7, 10**8))
    assert found.core_hours(3.6e9) == pytest.approx((2 + 3600) / 3600)


def test_one_size_or_a_slope_that_falls_is_no_slope() -> None:
    assert sizing.slope([run(10**6, 9.0)]) is None
    assert sizing.slope([run(10**6, 9.0), run(10**7, 8.0)]) is None
    assert sizing.slope([]) is None


def test_files_that_are_not_there_are_named_and_leave_their_lines_out() -> None:
    text = sizing.tables(NOTHING)
    assert "Not measured yet: results.json, engines.json, daily.json" in text
    assert "core hours |" not in text
    whole = NOTHING | {"results": {"runs": [run(10**7, 12.0), run(10**8, 102.0)]}}
    text = sizing.tables(whole)
    assert "| DuckDB: events per core second (10 M to 100 M) | 1,000,000 |" in text
    assert "results.json" not in text.split("Not measured yet")[1]
    assert "| first build on DuckDB, core hours | 0.0033 | 0.028 | 2.8 | 28 |" in text


def test_runs_whose_cells_differ_are_not_sized_from() -> None:
    wrong = [run(10**7, 12.0, equal=False), run(10**8, 102.0, equal=False)]
    assert sizing.engine_runs(NOTHING | {"results": {"runs": wrong}}, "duckdb") == []


def test_writing_the_tables_twice_changes_nothing() -> None:
    page = f"before\n\n{sizing.BEGIN}\nold\n{sizing.END}\n\nafter\n"
    once = sizing.between(page, "| a |\\1")
    assert "| a |\\1" in once
    assert "old" not in once
    assert sizing.between(once, "| a |\\1") == once
    assert once.startswith("before")
    assert once.endswith("after\n")


def test_the_page_has_its_markers() -> None:
    page = (Path(__file__).parents[3] / "docs" / "scale.md").read_text("utf-8")
    assert page.count(sizing.BEGIN) == page.count(sizing.END) == 1
