import json
import subprocess
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from benchmarks.features.company import describe, part
from benchmarks.features.equality import compare
from benchmarks.features.plan import MONTHS, WAYS
from benchmarks.features.run import FEATURETOOLS_PYTHON, ROOT
from benchmarks.features.task import task
from benchmarks.features.wanted import COLUMNS, EXPRESSIBLE, WANTED
from features.simulator import CompanyPlan, simulate
from tests.builders.benchmarked import ACCOUNTS, asked, written

OTHERS = [way for way in WAYS if way not in ("ours", "ours_checked")]


@pytest.mark.parametrize("way", OTHERS)
def test_a_way_writes_the_same_cells_as_ours_where_rows_are_late(
    way: str, late: Path, ours: Path, tmp_path: Path
) -> None:
    found = compare(written(way, asked(late, tmp_path / "work")), ours, COLUMNS)
    assert found.different == {}
    assert found.cells == pq.read_metadata(ours).num_rows * len(COLUMNS) > 10_000


def test_the_data_check_changes_no_cell(tmp_path: Path) -> None:
    data = tmp_path / "company"
    simulate(CompanyPlan(accounts=100, events_scale=0.3), data)
    checked = written("ours_checked", asked(data, tmp_path / "checked"))
    unchecked = written("ours", asked(data, tmp_path / "unchecked"))
    assert compare(checked, unchecked, COLUMNS).equal


def test_the_company_has_late_rows_labels_and_answers(ours: Path) -> None:
    table = pq.read_table(ours, columns=["churned", "nps_latest", "days_to_renewal", "plan"])
    assert set(table["churned"].to_pylist()) == {True, False, None}
    assert 0 < table["nps_latest"].null_count < table.num_rows


def test_every_wanted_feature_is_there_once() -> None:
    assert len(set(WANTED)) == len(WANTED) == 67
    assert set(EXPRESSIBLE) < set(WANTED)


def test_a_part_of_a_company_has_its_first_accounts_and_no_recorded_times(
    plain: Path, tmp_path: Path
) -> None:
    part(plain, tmp_path / "part", 5)
    found = describe(tmp_path / "part")
    assert (found["accounts"], describe(plain)["accounts"]) == (5, ACCOUNTS)
    assert "recorded_at" not in pq.read_schema(tmp_path / "part" / "events.parquet").names
    assert found["events"] < describe(plain)["events"]


@pytest.mark.slow
@pytest.mark.skipif(
    not (FEATURETOOLS_PYTHON.parent / "../.installed").exists(),
    reason="`make bench-features` has not made Featuretools' environment",
)
def test_featuretools_gives_the_same_cells_of_its_features(plain: Path, tmp_path: Path) -> None:
    part(plain, tmp_path / "part", ACCOUNTS)
    dates = MONTHS[-2:]
    for name in ("featuretools", "ours"):
        (tmp_path / name).mkdir()
    out = tmp_path / "featuretools.parquet"
    command: list[str | Path] = [
        FEATURETOOLS_PYTHON,
        "-W",
        "ignore",
        "-m",
        "benchmarks.features.ways.featuretools",
    ]
    command += ["--data", tmp_path / "part", "--work", tmp_path / "featuretools", "--out", out]
    command += ["--dates", ",".join(as_of.date().isoformat() for as_of in dates)]
    subprocess.run(command, cwd=ROOT, check=True)
    wanted = task(
        tmp_path / "part",
        tmp_path / "ours",
        tmp_path / "ours.parquet",
        dates,
        wanted=EXPRESSIBLE,
    )
    found = compare(out, written("ours", wanted), ("account_id", "as_of", *EXPRESSIBLE))
    assert found.different == {}
    assert found.cells > 0


def test_the_hand_written_sql_refuses_more_dates_than_its_bits(late: Path, tmp_path: Path) -> None:
    days = [datetime(2026, month, day) for month in range(1, 11) for day in (1, 8, 15, 22)]
    with pytest.raises(SystemExit, match="than an integer has bits"):
        written("duckdb_sql", asked(late, tmp_path / "work", days))


def test_a_comparison_is_told_as_json(ours: Path) -> None:
    from benchmarks.features.run import _child

    said = json.loads(_child("benchmarks.features.equality", str(ours), str(ours), "plan,mrr"))
    assert said == {"rows": said["rows"], "cells": 2 * said["rows"], "different": {}}
