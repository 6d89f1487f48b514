import copy
from pathlib import Path
from typing import Any

import pytest

from benchmarks.features import beside, charts
from benchmarks.features.beside import Section
from benchmarks.features.page import page
from benchmarks.features.targets import slope, targets

EVENTS = {"1m": 1_000_000, "10m": 10_000_000, "100m": 100_000_000}
SECONDS = {
    "duckdb_sql": {"1m": 1.0, "10m": 4.0, "100m": 40.0},
    "ours": {"1m": 2.0, "10m": 5.0, "100m": 50.0},
    "pandas_naive": {"1m": 8.0, "10m": 40.0},
}


def run(experiment: str, way: str, size: str, seconds: float, dates: int = 12) -> dict[str, Any]:
    return {
        "experiment": experiment,
        "way": way,
        "size": size,
        "events": EVENTS[size],
        "accounts": 1000,
        "input_mb": 20.0,
        "dates": dates,
        "rows": 9000,
        "seconds": [seconds, seconds * 1.1, seconds * 0.9],
        "cpu_seconds": [seconds] * 3,
        "peak_mb": [500.0] * 3,
        "spill_mb": 0.0,
        "stopped": "",
        "cells": 630_000,
        "different": {},
        "equal": True,
    }


@pytest.fixture
def results() -> dict[str, Any]:
    runs = [
        run("sizes", way, size, seconds)
        for way, sizes in SECONDS.items()
        for size, seconds in sizes.items()
    ]
    runs += [run("dates", "ours", "10m", 2 + n / 10, dates=n) for n in (1, 12, 52)]
    runs += [run("featuretools", "featuretools", "1m", 100.0)]
    runs += [run("featuretools", "ours", "1m", 1.5)]
    return {
        "machine": {
            "processor": "a processor",
            "cores": 2,
            "memory_gb": 24.0,
            "system": "Linux 6",
            "python": "3.11.9",
            "versions": {"duckdb": "2.0.0"},
            "load_at_start": 0.1,
            "quiet": True,
        },
        "measured_on": "2026-11-22",
        "command": "make bench-features",
        "minutes": 21.5,
        "runs": runs,
    }


def line(text: str, start: str) -> str:
    return next(found for found in text.splitlines() if found.startswith(start))


def test_a_target_that_is_held_is_said_to_be_met(results: dict[str, Any]) -> None:
    said = line(page(results), "| time, ours / hand-written SQL, 10m")
    assert said == "| time, ours / hand-written SQL, 10m | ≤ 1.5 | 1.25 | met |"
    assert "not met" not in page(results)


def test_a_target_that_is_missed_is_said_not_to_be_met(results: dict[str, Any]) -> None:
    for one in results["runs"]:
        if (one["way"], one["size"]) == ("ours", "10m"):
            one["seconds"] = [12.0, 12.0, 12.0]
    text = page(results)
    assert line(text, "| time, ours / hand-written SQL, 10m").endswith("| 3.00 | **not met** |")
    assert line(text, "| time, naive pandas / ours").endswith("| 3.33 | **not met** |")


def test_a_target_without_a_run_is_not_measured(results: dict[str, Any]) -> None:
    results["runs"] = [one for one in results["runs"] if one["way"] != "featuretools"]
    assert line(page(results), "| time, Featuretools").endswith("| – | not measured |")


def test_ratios_are_paired_by_round(results: dict[str, Any]) -> None:
    pair = {"ours": [2.0, 20.0, 3.0], "duckdb_sql": [1.0, 10.0, 1.0]}
    for one in results["runs"]:
        if one["size"] == "10m" and one["way"] in pair and one["experiment"] == "sizes":
            one["seconds"] = pair[one["way"]]
    assert line(page(results), "| time, ours / hand-written SQL, 10m").split("|")[3] == " 2.00 "


def test_the_first_run_of_ours_has_a_row_of_its_own(results: dict[str, Any]) -> None:
    ours = next(one for one in results["runs"] if one["way"] == "ours")
    assert "its first run" not in line(page(results), "| ours")
    ours["first"] = {"seconds": 77.0, "cpu_seconds": 78.0, "peak_mb": 79.0}
    assert "| 77.0 |" in line(page(results), "| ours: its first run")


def test_a_way_that_does_not_fit_says_why(results: dict[str, Any]) -> None:
    why = "stopped at 20.0 GB of memory after 31 s"
    nothing = {"seconds": [], "cpu_seconds": [], "peak_mb": [], "stopped": why}
    results["runs"].append(run("sizes", "pandas_naive", "100m", 1) | nothing)
    assert f"| naive pandas | 0 | {why} |" in page(results)


def test_a_busy_machine_is_said_at_the_head(results: dict[str, Any]) -> None:
    assert "machine was busy" not in page(results)
    results["machine"]["quiet"] = False
    assert "**The machine was busy" in page(results).split("## ")[0]


def engines(different: int) -> Section:
    counted = {"rows": 10, "dates": 2, "cells": 700, "label_cells": 40}
    wrong = {"cells_differing": different, "label_cells_differing": 0, "same_content_id": True}
    run = (
        {"data": "crm6", "measured_on": "2026-11-22", "seconds": {"snapshot": 3.5}}
        | counted
        | wrong
    )
    runs = [run | {"engine": "duckdb"}, run | {"engine": "spark"}]
    return beside.engines({"runs": runs})


@pytest.mark.parametrize(("different", "said"), [(0, "| 0 | met |"), (2, "| 2 | **not met** |")])
def test_cells_that_differ_between_engines_are_a_target(
    different: int, said: str, results: dict[str, Any]
) -> None:
    text = page(results, [engines(different)])
    assert line(text, "| cells differing between engines").endswith(said)
    assert line(text, "| crm6 | spark") == (
        f"| crm6 | spark | 10 | 2 | 740 | {different} | yes | snapshot 3.5 |"
    )


@pytest.mark.parametrize(("ratio", "said"), [(0.031, "| 3.1% | met |"), (0.2, "| **not met** |")])
def test_one_more_day_is_a_target(ratio: float, said: str, results: dict[str, Any]) -> None:
    found = {"events": 9_945_210, "measured_on": "2026-11-22", "stored_mb": 90.0, "raw_mb": 180.0}
    found |= {"rebuild": [{"seconds": 40.0}], "one_more_day": [{"seconds": 40.0 * ratio}]}
    found |= {"ratio_clock": ratio, "ratio_cpu": ratio, "snapshots_rebuilt": 24}
    text = page(results, [beside.daily([found])])
    assert line(text, "| one more day / rebuild").endswith(said)
    assert "| 9,945,210 | 40.0 | – |" in text


def test_a_snapshot_every_day_stands_beside_and_excuses_no_miss(results: dict[str, Any]) -> None:
    found = {"events": 9_945_210, "measured_on": "2026-11-22", "stored_mb": 90.0, "raw_mb": 180.0}
    found |= {"rebuild": [{"seconds": 40.0}], "one_more_day": [{"seconds": 4.0}]}
    found |= {"ratio_clock": 0.1, "ratio_cpu": 0.09, "snapshots_rebuilt": 24}
    found |= {"rebuild_every_day": [{"seconds": 600.0}], "snapshots_every_day": 720}
    text = page(results, [beside.daily([found])])
    said = "| 10.0% (0.7% of 720 daily snapshots) | **not met** |"
    assert line(text, "| one more day / rebuild").endswith(said)
    assert "| 9,945,210 | 40.0 | 600.0 | 4.0 | 10.0% | 9.0% |" in text


def test_what_was_not_measured_beside_is_left_out(results: dict[str, Any], tmp_path: Path) -> None:
    assert beside.sections(tmp_path) == []
    assert "One more day" not in page(results, [])


def test_the_page_counts_the_compared_cells(results: dict[str, Any]) -> None:
    against = [one for one in results["runs"] if one["way"] != "ours"]
    assert f"{630_000 * len(against):,} cells of {len(against)} files" in page(results)


def test_slopes_are_of_logarithms() -> None:
    assert slope([(1, 5), (10, 50)]) == 1.0
    assert slope([(1, 5), (100, 50)]) == 0.5
    assert slope([(1, 5)]) is None


def test_the_growth_targets_read_the_curves(results: dict[str, Any]) -> None:
    found = {target.what: target for target in targets(results["runs"])}
    assert found["growth with dates, slope on log-log"].met
    worse = copy.deepcopy(results["runs"])
    for one in worse:
        if one["experiment"] == "dates":
            one["seconds"] = [one["dates"] ** 1.2]
    found = {target.what: target for target in targets(worse)}
    assert found["growth with dates, slope on log-log"].met is False


def test_the_same_results_draw_the_same_pictures(results: dict[str, Any], tmp_path: Path) -> None:
    for name in ("one", "two"):
        charts.draw(results["runs"], tmp_path / name)
    drawn = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert drawn == [f"benchmarks-{name}.svg" for name in ("dates", "events", "memory")]
    for name in drawn:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
