import json
from typing import Any, Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from features.catalog import Feature, Words
from training.profile import number_profile
from training.reference import SAMPLE_ROWS, reference

Floats = NDArray[np.float64]
PLANS = {"plan": ("basic", "pro")}


def feature(name: str, kind: Literal["number", "category"] = "number") -> Feature:
    words = Words(name, name)
    return Feature(
        name,
        "usage",
        "I01",
        kind,
        "events",
        28,
        "count",
        "up",
        True,
        words,
        words,
        words,
        words,
        "",
    )


FEATURES = (feature("logins_28d"), feature("plan", "category"))


def profile(matrix: Floats, red_from: float | None = None) -> dict[str, Any]:
    points = np.ones_like(matrix) * [3.0, -1.0]
    chance = np.linspace(0.01, 0.5, len(matrix))
    return reference(matrix, FEATURES, PLANS, chance, points, red_from=red_from)


def rows(count: int) -> Floats:
    rng = np.random.default_rng(7)
    return np.column_stack([rng.poisson(3, count), rng.integers(0, 2, count)]).astype(float)


def test_the_profile_survives_json_unchanged() -> None:
    made = profile(rows(300), red_from=0.3)
    assert json.loads(json.dumps(made, allow_nan=False)) == made


def test_shares_on_the_grid_are_those_of_all_rows() -> None:
    values = rows(5_000)[:, 0]
    made = number_profile(values)
    for edge, below, upto in zip(made["grid"], made["below"], made["upto"], strict=True):
        assert below == pytest.approx((values < edge).mean(), abs=1e-12)
        assert upto == pytest.approx((values <= edge).mean(), abs=1e-12)
    assert made["grid"][0] == values.min()
    assert made["grid"][-1] == values.max()


def test_the_grid_has_at_most_101_values_and_none_twice() -> None:
    made = number_profile(np.random.default_rng(1).normal(size=20_000))
    assert len(made["grid"]) == len(set(made["grid"])) == 101


def test_missing_and_infinite_values_are_missing() -> None:
    made = number_profile(np.array([1.0, np.nan, np.inf, 3.0]))
    assert made["missing"] == 0.5
    assert made["maximum"] == 3.0


def test_a_column_without_any_value_has_an_empty_grid() -> None:
    made = number_profile(np.full(10, np.nan))
    assert made["missing"] == 1.0
    assert made["grid"] == []
    assert made["frozen"] is False


def test_a_constant_column_is_frozen_and_a_varied_one_is_not() -> None:
    assert number_profile(np.full(10, 4.0))["frozen"] is True
    assert number_profile(np.array([4.0, 4.0, 5.0]))["frozen"] is False


def test_size_is_the_median_magnitude_of_what_is_not_zero() -> None:
    assert number_profile(np.array([0.0, 0.0, 0.0, -2.0, 4.0, 6.0]))["size"] == 4.0
    assert number_profile(np.zeros(5))["size"] == 0.0


def test_category_shares_are_by_name_and_leave_out_the_missing() -> None:
    matrix = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 1.0], [1.0, np.nan]])
    plan = profile(matrix)["features"]["plan"]
    assert plan["shares"] == {"basic": pytest.approx(1 / 3), "pro": pytest.approx(2 / 3)}
    assert plan["missing"] == 0.25


def test_importance_is_the_share_of_absolute_points() -> None:
    made = profile(rows(50))["features"]
    assert made["logins_28d"]["importance"] == pytest.approx(0.75)
    assert made["plan"]["importance"] == pytest.approx(0.25)


def test_importance_is_zero_where_no_feature_has_points() -> None:
    matrix = rows(20)
    made = reference(matrix, FEATURES, PLANS, np.full(20, 0.1), np.zeros_like(matrix))
    assert [f["importance"] for f in made["features"].values()] == [0.0, 0.0]


def test_the_red_share_counts_the_edge() -> None:
    matrix = rows(4)
    made = reference(
        matrix, FEATURES, PLANS, np.array([0.1, 0.2, 0.3, 0.4]), np.ones_like(matrix), red_from=0.3
    )
    assert made["probability"]["red_share"] == 0.5
    assert profile(matrix)["probability"]["red_share"] is None


def test_the_sample_keeps_whole_rows() -> None:
    matrix = rows(SAMPLE_ROWS + 500)
    made = profile(matrix)["sample"]
    columns = made["columns"]
    seen = {(row[0], PLANS["plan"][int(row[1])]) for row in matrix}
    assert made["rows"] == SAMPLE_ROWS == len(columns["plan"])
    assert len(made["probability"]) == SAMPLE_ROWS
    assert set(zip(columns["logins_28d"], columns["plan"], strict=True)) <= seen
    assert profile(matrix)["sample"] == made


def test_shapes_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(ValueError, match=r"expected matrix .* \(4, 2\)"):
        reference(rows(4), FEATURES, PLANS, np.full(4, 0.1), np.ones((4, 3)))
    with pytest.raises(ValueError, match="at least one row"):
        reference(rows(0), FEATURES, PLANS, np.zeros(0), np.ones((0, 2)))
