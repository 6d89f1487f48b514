import copy
import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.features.targets import Target
from benchmarks.serving.page import page, summary
from benchmarks.serving.plan import BATCHES, WAYS
from benchmarks.serving.targets import ratios, targets

PER_SECOND = {"ours": 1500.0, "ours_top": 2000.0, "flavor": 80.0, "mlflow": 160.0,
              "bentoml_reasons": 300.0, "constant": 3000.0}  # fmt: skip


def run(per_second: float, errors: int = 0) -> dict[str, Any]:
    return {
        "answered": 3 * int(per_second), "errors": errors, "per_second": per_second,
        "p50": 5.0, "p99": 12.0, "p99.9": 20.0, "cpu_ms": 0.4,
    }  # fmt: skip


def ways(names: Any, rows: int) -> dict[str, Any]:  # noqa: ANN401
    return {
        way.name: {"said": way.said, "rows": rows, "reasons": way.reasons,
                   "runs": [run(PER_SECOND.get(way.name, 500.0) * f) for f in (1, 1.1, 0.9)]}
        for way in names
    }  # fmt: skip


@pytest.fixture
def results() -> dict[str, Any]:
    started = {"first_answer_s": 2.0, "rss_mb": 140.0, "rss_after_mb": 150.0}
    shown = {
        "median_ms": 30.0, "first_ms": 900.0, "by_address_ms": {"/": 31.0},
        "packed_bytes": 9_500, "plain_bytes": 60_000, "rss_mb": 200.0,
    }  # fmt: skip
    return {
        "facts": {"features": 121, "trees": 2911, "accounts": 1000, "model_version": "v1"},
        "starts": dict.fromkeys(("kenshin", "constant", "flavor", "mlflow", "bentoml"), started),
        "equal": [{"way": "ours", "compared": 50, "worst": 1e-16}],
        "single": ways(WAYS, 1),
        "batch": ways(BATCHES, 1000),
        "sustained": {
            "half": {"rate": 900.0, "runs": [run(900.0)] * 3, "constant": [run(900.0)] * 3},
            "steady": {"rate": 200.0, "features": run(200.0), "id": run(200.0)},
            "soak": {"seconds": 60.0, "runs": [run(400.0)] * 2, "rss_before_mb": 150.0,
                     "rss_after_mb": 152.0},
        },
        "stalls": {"seconds": 12.0, "processors": 2, "per_second": 1.5, "median_ms": 4.4,
                   "longest_ms": 12.3, "share": 0.0101},
        "bare": {"predict_us": 60.0, "with_reasons_us": 580.0},
        "pages": [{"accounts": 5_000, **shown}, {"accounts": 100_000, **shown}],
        "lean": {"ready_s": 1.5, "rss_mb": 148.0, "heavy": []},
        "machine": {
            "processor": "a processor", "cores": 2, "memory_gb": 24.0, "system": "Linux 6",
            "python": "3.11.9", "versions": {"lightgbm": "4.7.0"}, "load_at_start": 0.1,
            "quiet": True,
        },
        "measured_on": "2026-11-22", "command": "make bench-serving", "minutes": 7.5,
    }  # fmt: skip


def by_start(found: list[Target], beginning: str) -> Target:
    return next(target for target in found if target.what.startswith(beginning))


def test_ratios_are_taken_within_rounds(results: dict[str, Any]) -> None:
    assert ratios(results["single"], "ours_top", "flavor") == pytest.approx([25.0] * 3)
    said = by_start(targets(results, None), "single predict").measured
    assert "25.00 (all" in said
    assert "12.50 against a pyfunc" in said


def test_every_target_is_met_by_figures_that_meet_it(results: dict[str, Any]) -> None:
    found = targets(results, None)
    assert len(found) == 14
    assert all(target.met for target in found)


@pytest.mark.parametrize(
    ("path", "value", "beginning"),
    [
        (("lean", "rss_mb"), 151.0, "memory when ready"),
        (("lean", "ready_s"), 3.1, "start to ready"),
        (("lean", "heavy"), ["mlflow"], "mlflow, shap"),
        (("sustained", "soak", "rss_after_mb"), 160.0, "soak"),
        (("sustained", "steady", "id"), run(200.0, errors=1), "failed requests"),
        (("sustained", "half", "runs"), [run(9.0) | {"p99": 21.0}], "p99 / p50"),
        (("pages", 1, "median_ms"), 151.0, "portfolio page of 100,000 accounts, median"),
        (("pages", 0, "packed_bytes"), 60_001, "portfolio page of 5,000 accounts, KB"),
    ],
)
def test_a_target_is_missed_where_its_figure_is_beyond_the_bar(
    results: dict[str, Any], path: tuple[str, ...], value: object, beginning: str
) -> None:
    changed = copy.deepcopy(results)
    place: Any = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert by_start(targets(changed, None), beginning).met is False
    assert "**not met**" in page(changed, None)


def test_the_page_names_every_way_and_every_section(results: dict[str, Any]) -> None:
    text = page(results, None)
    for way in (*WAYS, *BATCHES):
        assert way.said in text
    assert text.count("\n## ") == 8
    assert "busy" not in text
    results["machine"]["quiet"] = False
    assert "**The machine was busy" in page(results, None)


def test_what_was_measured_in_bulk_stands_among_the_targets(results: dict[str, Any]) -> None:
    bulk = {
        "explained": [{"rows": 100_000, "ratios": {"tree_explainer_to_ours": {"seconds": 12.5}}}],
        "company": [{"accounts": 1_000_000, "ratios": {"reasons_to_predicted": {"seconds": 6.0}},
                     "ways": {"streamed-all": [{"peak_mb": 2500.0}]}}],
    }  # fmt: skip
    found = targets(results, bulk)
    assert by_start(found, "exact reasons of 100,000 rows").met
    assert by_start(found, "1,000,000 accounts with reasons, memory").met is False


def test_the_first_part_holds_the_targets_once_there_are_any(
    results: dict[str, Any], tmp_path: Path
) -> None:
    assert summary(tmp_path) == ""
    (tmp_path / "results.json").write_text(json.dumps(results), encoding="utf-8")
    text = summary(tmp_path)
    assert text.startswith("## Serving\n")
    assert "benchmarks-serving.md" in text
    assert text.count("| met |") == 14


def test_the_stalls_of_the_machine_itself_stand_beside_the_tail(results: dict[str, Any]) -> None:
    said = page(results, None)
    assert "was stopped 1.5 times a second for 4.4 ms (median; longest 12.3), 1.0 %" in said
    assert "so stalls decide every p99" in said
    results["stalls"]["share"] = 0.0099
    assert "stalls decide" not in page(results, None)
