from datetime import timedelta
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from serving.drift.broken import Feed
from tests.builders.drift import AS_OF, Columns, feature, judged, profile_of, table_of, world


@cache
def whole(rows: int) -> dict[str, Any]:
    return profile_of(world(1, rows))


def found(now: pa.Table | Columns, rows: int = 5_000, **options: Any) -> dict[tuple[str, str], str]:  # noqa: ANN401
    """Return (code, feature) → severity."""
    verdict = judged(world(1, rows), now, **{"reference": whole(rows)} | options)
    return {(f.code, f.feature or ""): f.severity for f in verdict.findings}


def spoiled(column: str, values: Any, rows: int = 1_000) -> dict[tuple[str, str], str]:  # noqa: ANN401
    return found(world(2, rows) | {column: values})


@pytest.mark.parametrize("rows", [500, 1_000, 5_000])
def test_whole_data_have_no_findings(rows: int) -> None:
    assert [found(world(seed, rows)) for seed in range(2, 8)] == [{}] * 6


def test_a_column_that_is_gone_is_named() -> None:
    table = table_of(world(2, 800)).drop_columns(["count"])
    assert found(table) == {("missing_column", "count"): "page"}


def test_numbers_held_as_text_are_named() -> None:
    assert spoiled("count", ["1"] * 1_000) == {("wrong_type", "count"): "page"}


def test_a_category_held_as_number_is_named() -> None:
    assert spoiled("plan", np.ones(1_000)) == {("wrong_type", "plan"): "page"}


def test_ten_points_more_missing_are_found() -> None:
    values = world(2, 1_000)["count"]
    values[::8] = np.nan
    assert spoiled("count", values) == {("missing_values", "count"): "page"}


def test_six_points_more_missing_are_worth_a_look() -> None:
    values = world(2, 1_000)["count"]
    values[:60] = np.nan
    assert spoiled("count", values) == {("missing_values", "count"): "watch"}


def test_fewer_missing_values_are_no_fault() -> None:
    assert spoiled("rating", np.random.default_rng(1).integers(0, 11, 1_000) * 1.0) == {}


def test_a_category_never_seen_is_found_and_quoted() -> None:
    values = world(2, 1_000)["plan"]
    values[:50] = ["enterprise"] * 50
    assert spoiled("plan", values) == {("new_category", "plan"): "page"}
    sentences = judged(world(1, 5_000), world(2, 1_000) | {"plan": values}).sentences
    assert "“enterprise” (5.0%)" in sentences[1].en
    assert "「enterprise」" in sentences[1].ja


def test_a_single_stray_category_is_only_worth_a_look() -> None:
    values = world(2, 1_000)["plan"]
    values[0] = "oops"
    assert spoiled("plan", values) == {("new_category", "plan"): "watch"}


def test_a_category_that_vanished_is_found() -> None:
    values = ["basic" if v == "team" else v for v in world(2, 1_000)["plan"]]
    assert spoiled("plan", values) == {("lost_category", "plan"): "page"}


@pytest.mark.parametrize("column", ["normal_0", "lognormal", "pareto", "change", "mostly_zero"])
@pytest.mark.parametrize("factor", [1_000, 0.001])
def test_another_unit_is_found(column: str, factor: float) -> None:
    values = world(2, 1_000)[column] * factor
    assert spoiled(column, values) == {("unit_jump", column): "page"}


def test_twice_as_much_is_no_other_unit() -> None:
    assert spoiled("lognormal", world(2, 1_000)["lognormal"] * 2) == {}


def test_a_frozen_column_is_found() -> None:
    assert spoiled("count", np.full(1_000, 4.0)) == {("frozen", "count"): "page"}
    assert spoiled("mostly_zero", np.zeros(1_000)) == {("frozen", "mostly_zero"): "page"}


def test_a_column_that_never_varied_may_stay_as_it_is() -> None:
    assert spoiled("never", np.zeros(1_000)) == {}


def test_a_few_equal_values_are_no_frozen_column() -> None:
    before = world(1, 5_000) | {"rare": (np.arange(5_000) % 100 == 0) * 1.0}
    now = world(2, 60) | {"rare": np.zeros(60)}
    codes = {f.code for f in judged(before, now).findings}
    assert "frozen" not in codes


def test_a_negative_count_is_out_of_range() -> None:
    values = world(2, 1_000)["count"]
    values[3] = -1
    assert spoiled("count", values) == {("out_of_range", "count"): "page"}


def test_a_negative_amount_is_none_of_our_business() -> None:
    values = world(2, 1_000)["normal_0"]
    values[3] = -1
    assert spoiled("normal_0", values) == {}


def test_values_far_beyond_the_range_are_found() -> None:
    values = world(2, 1_000)["normal_0"]
    values[:20] = 9_999
    assert spoiled("normal_0", values) == {("out_of_range", "normal_0"): "page"}


def test_infinite_values_are_found() -> None:
    values = world(2, 1_000)["lognormal"]
    values[5] = np.inf
    assert spoiled("lognormal", values) == {("infinite", "lognormal"): "page"}


def test_an_account_twice_is_found() -> None:
    ids = ["a1", "a1", *(f"a{i}" for i in range(2, 500))]
    assert found(table_of(world(2, 500), ids)) == {("duplicate_accounts", ""): "page"}


@pytest.mark.parametrize(
    ("before", "changed"), [(1_000, False), (500, True), (2_000, True), (None, False)]
)
def test_the_number_of_accounts_is_compared_with_the_run_before(
    before: int | None, changed: bool
) -> None:
    expected = {("row_count", ""): "page"} if changed else {}
    assert found(world(2, 1_000), accounts_before=before) == expected


@pytest.mark.parametrize(
    ("active_days", "silent", "stale"),
    [(1.0, 3, False), (1.0, 4, True), (5 / 7, 7, False), (5 / 7, 8, True), (0.1, 60, False)],
)
def test_a_feed_is_stale_when_its_silence_is_no_accident(
    active_days: float, silent: int, stale: bool
) -> None:
    feed = Feed(AS_OF - timedelta(days=silent), active_days)
    expected = {("stale_table", ""): "page"} if stale else {}
    assert found(world(2, 500), feeds={"events": feed}) == expected


def test_a_feed_that_never_had_a_regular_day_is_never_stale() -> None:
    feed = Feed(AS_OF - timedelta(days=80), 0.0)
    assert found(world(2, 500), feeds={"events": feed}) == {}


def test_an_empty_snapshot_is_one_finding_and_nothing_else() -> None:
    table = table_of(world(2, 10)).slice(0, 0)
    assert found(table, probability=np.zeros(0)) == {("no_rows", ""): "page"}


def test_one_row_is_no_fault_of_the_data() -> None:
    assert found(world(2, 1)) == {}


def test_every_column_spoiled_at_once_is_survived() -> None:
    rows = 600
    now: Columns = {
        name: pa.nulls(rows) if i % 3 else np.full(rows, np.inf)
        for i, name in enumerate(world(1, 10))
    } | {"plan": np.ones(rows)}
    codes = {code for code, _ in found(now)}
    assert {"missing_values", "infinite", "wrong_type"} <= codes


def test_a_reference_without_values_says_nothing_about_a_column() -> None:
    before = world(1, 1_000) | {"new": np.full(1_000, np.nan)}
    verdict = judged(before, world(2, 1_000) | {"new": np.arange(1_000.0)})
    assert [f for f in verdict.findings if f.feature == "new"] == []


def test_a_feature_without_a_reference_is_passed_over() -> None:
    before = world(1, 1_000)
    reference = profile_of(before)
    del reference["features"]["count"]
    assert judged(before, world(2, 1_000), reference=reference).word == "ok"


def test_control_characters_never_reach_the_terminal() -> None:
    values = world(2, 1_000)["plan"]
    values[:50] = ["\x1b[31mred\r\n"] * 50
    sentences = judged(world(1, 5_000), world(2, 1_000) | {"plan": values}).sentences
    assert all(s.en.isprintable() and s.ja.isprintable() for s in sentences)


def test_a_label_with_braces_is_not_read_as_a_template() -> None:
    from serving.drift.findings import finding

    made = finding("frozen", "page", feature("{oops}"), value="{0}")
    assert made.sentence.en == "{oops} in English (column {oops}) is {0} for every account."
