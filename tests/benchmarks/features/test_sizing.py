"""The tables of docs/scale.md follow from what was measured, and bear what was not."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.features import sizing, slopes

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
    found = slopes.slope([run(10**6, 9.0), run(10**7, 12.0), run(10**8, 102.0)])
    assert found == slopes.Slope(rate=10**6, fixed=2.0, sizes=(10**7, 10**8))
    assert found.core_hours(3.6e9) == pytest.approx((2 + 3600) / 3600)


def test_one_size_or_a_slope_that_falls_is_no_slope() -> None:
    assert slopes.slope([run(10**6, 9.0)]) is None
    assert slopes.slope([run(10**6, 9.0), run(10**7, 8.0)]) is None
    assert slopes.slope([]) is None


def test_files_that_are_not_there_are_named_and_leave_their_lines_out() -> None:
    text = sizing.tables(NOTHING)
    assert "Not measured yet: results.json, engines.json, daily.json" in text
    assert "first build" not in text
    whole = NOTHING | {"results": {"runs": [run(10**7, 12.0), run(10**8, 102.0)]}}
    text = sizing.tables(whole)
    assert "| DuckDB: events per core second (10 M to 100 M) | 1,000,000 |" in text
    assert "results.json" not in text.split("Not measured yet")[1]
    assert "| first build on DuckDB, time of one core | 12 s | 1.7 min | 2.8 h | 28 h |" in text


def test_runs_whose_cells_differ_are_not_sized_from() -> None:
    wrong = [run(10**7, 12.0, equal=False), run(10**8, 102.0, equal=False)]
    assert slopes.engine_runs(NOTHING | {"results": {"runs": wrong}}, "duckdb") == []


def test_spark_is_sized_from_duckdb_and_days_from_what_a_day_took() -> None:
    def engine(name: str, seconds: float) -> dict[str, Any]:
        return {"data": "simulator", "engine": name, "rows": 10, "seconds": {"snapshot": seconds}}

    days = [
        {"events": n, "stored_mb": n * 3 / 1e6, "one_more_day": [{"cpu_seconds": t}]}
        for n, t in ((10**6, 2.0), (10**7, 2.9))
    ]
    found: dict[str, Any] = NOTHING | {
        "results": {"runs": [run(10**7, 12.0), run(10**8, 102.0)]},
        "engines": {"runs": [engine("duckdb", 2.0), engine("spark", 50.0)]},
        "daily": days,
    }
    assert slopes.engine_ratio(found, "spark") == 25.0
    assert slopes.engine_ratio(found, "postgres") is None
    spark = slopes.engine_slope(found, "spark")
    assert spark is not None
    assert (spark.rate, spark.fixed) == (40_000.0, 50.0)
    assert slopes.stored_bytes(found) == pytest.approx(3.0)
    day = slopes.day_slope(found)
    assert day is not None
    assert day.rate == pytest.approx(1e7)
    text = sizing.tables(found)
    assert "| stored days per event | 3.0 bytes |" in text
    assert "first build on Spark" in text
    assert "one more day on DuckDB" in text


def test_what_starting_takes_is_no_part_of_a_scoring_rate() -> None:
    def case(rows: int, cpu: float, reasons: str) -> dict[str, Any]:
        return {"where": "spark", "reasons": reasons, "rows": rows, "cpu_seconds": cpu}

    cases = [case(100, 21.0, "none"), case(400, 24.0, "none"), case(100, 30.0, "all")]
    found = NOTHING | {"scale": {"cases": cases}}
    assert slopes.scoring_rate(found, "spark", "none") == pytest.approx(100.0)
    assert slopes.scoring_rate(found, "spark", "all") == pytest.approx(10.0)
    assert slopes.scoring_rate(found, "spark", "red") is None


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
