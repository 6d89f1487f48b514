"""The comparison of feature groups and recipes on other simulated companies."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import tried, tried_page, truth
from features.simulator import CompanyPlan
from tests.builders.frames import learnable

NAMES = {"a_fortnight": tried.GROUPS[0], "noise": tried.GROUPS[1]}


def test_every_declared_feature_belongs_to_one_group_and_no_group_is_empty() -> None:
    of = tried.groups()
    assert set(of.values()) == set(tried.GROUPS)
    assert of["daily_work_fortnight"] == tried.GROUPS[0]
    assert of["exports_share_month"] == tried.GROUPS[1]
    assert of["daily_work_month_by_chance"] == tried.GROUPS[2]


def test_a_group_that_is_not_kept_takes_its_columns_along_and_no_others() -> None:
    rows = learnable(accounts=20, dates=2)
    names = [feature.name for feature in rows.features]
    assert any(name.startswith("noise_") for name in names)
    without = tried.with_groups(rows, (), NAMES)
    left = [feature.name for feature in without.features]
    assert left == [name for name in names if not name.startswith("noise_")]
    place = [names.index(name) for name in left]
    np.testing.assert_array_equal(without.matrix, rows.matrix[:, place])
    whole = tried.with_groups(rows, tried.GROUPS, NAMES)
    assert [feature.name for feature in whole.features] == names


def test_a_company_of_a_few_accounts_is_measured_line_by_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tried, "ACCOUNTS", 80)
    monkeypatch.setattr(tried, "YEARS", 2)
    monkeypatch.setattr(truth, "ROUNDS", 5)
    monkeypatch.setattr(tried, "SCALE", 0.3)
    monkeypatch.setattr(tried, "RECIPES", dict(list(tried.RECIPES.items())[:1]))
    found = tried.measured(7, tmp_path)
    lines = found["lines"]
    assert list(lines) == [*tried.SETS, *tried.RECIPES]
    columns = [lines[line]["features"] for line in tried.SETS]
    added = len(tried.groups())
    assert columns[-1] == columns[0] + added
    assert sum(columns[1:-1]) == 3 * columns[0] + added
    assert all(line["auc_behind"] > 0 and line["log_loss_behind"] > 0 for line in lines.values())
    said = tried_page.section(told([found, found | {"seed": 11}]))
    assert "| seed 7 | seed 11 |" in said
    assert said.count("\n| ") == len(lines) + 1


def told(found: list[dict[str, Any]]) -> dict[str, Any]:
    return {"command": "x", "accounts": 120, "years": 3, "scale": 0.3, "found": found}


def test_the_published_figures_are_of_all_lines_and_of_other_seeds_than_the_page() -> None:
    kept = json.loads(tried_page.FOUND.read_text("utf-8"))
    for one in kept["found"]:
        assert one["seed"] != CompanyPlan().seed
        assert list(one["lines"]) == [*tried.SETS, *tried.RECIPES]
