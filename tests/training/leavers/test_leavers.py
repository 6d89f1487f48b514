"""What leavers did not do: planted effects are found, noise and mere tenure or plan are not."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from features.catalog import Feature, Good, Unit
from tests.builders.frames import feature
from training.frames import Frame
from training.leavers import compare, facts, one_row_each

Bits = np.ndarray
NOISE = 20


def never(name: str) -> Feature:
    return said(name, "truth", "down")


def said(name: str, unit: Unit, good: Good, missing_means: str = "Never missing: 0.") -> Feature:
    made = feature(name, good=good)
    return replace(made, unit=unit, window_days=None, missing_means=missing_means)


def rows(
    columns: dict[Feature, np.ndarray],
    churned: np.ndarray,
    accounts: np.ndarray | None = None,
    dates: np.ndarray | None = None,
    plan: np.ndarray | None = None,
    tenure: np.ndarray | None = None,
) -> Frame:
    n = len(churned)
    if tenure is not None:
        columns = {**columns, said("tenure_months", "months", "none"): tenure}
    facts_ = {} if plan is None else {"fact_plan": pa.array([f"plan {p}" for p in plan])}
    ids = np.arange(n) if accounts is None else accounts
    when = np.zeros(n, dtype=np.int64) if dates is None else dates
    return Frame(
        matrix=np.column_stack([column.astype(float) for column in columns.values()]),
        features=tuple(columns),
        categories={},
        account_ids=np.array([f"A{k:05d}" for k in ids], dtype=object),
        as_of=np.datetime64("2025-01-01", "us") + when * np.timedelta64(30 * 86_400_000_000, "us"),
        churned=churned.astype(float),
        facts=pa.table(facts_) if facts_ else pa.table({"fact_name": [""] * n}),
    )


def results(found: dict) -> dict[str, str]:  # type: ignore[type-arg]
    return {row["feature"]: row["result"] for row in found["rows"]}


def drawn(rng: np.random.Generator, p: np.ndarray | float, n: int = 1500) -> np.ndarray:
    return rng.random(n) < p


def test_a_planted_effect_is_found_ranked_first_and_survives_control() -> None:
    rng = np.random.default_rng(5)
    plan, tenure = rng.integers(0, 3, 1500), rng.exponential(14, 1500)
    left = drawn(rng, 0.2)
    planted = drawn(rng, np.where(left, 0.7, 0.2))
    noise = {never(f"noise_{k}"): drawn(rng, rng.uniform(0.1, 0.6)) for k in range(NOISE)}
    found = compare(rows({**noise, never("planted"): planted}, left, plan=plan, tenure=tenure), 1)
    first = found["rows"][0]
    assert (first["feature"], first["result"]) == ("planted", "holds")
    assert first["interval"][0] < 0.5 < first["interval"][1]
    assert first["odds_interval"][0] < (0.7 / 0.3) / (0.2 / 0.8) < first["odds_interval"][1]
    assert found["controlled_for"] == ["tenure", "plan"]
    assert found["leavers"] == left.sum() == first["leavers"]["n"]


def test_an_effect_that_is_only_plan_and_tenure_vanishes_under_control() -> None:
    rng = np.random.default_rng(3)
    plan, tenure = rng.integers(0, 2, 3000), rng.exponential(12, 3000)
    early = tenure < 6
    left = drawn(rng, 0.05 + 0.25 * plan + 0.25 * early, 3000)
    apparent = drawn(rng, 0.1 + 0.4 * plan + 0.3 * early, 3000)
    table = rows({never("apparent"): apparent}, left, plan=plan, tenure=tenure)
    alone = compare(rows({never("apparent"): apparent}, left), 1)["rows"][0]
    under_control = compare(table, 1)["rows"][0]
    assert alone["result"] == "holds"
    assert under_control["result"] == "unproven"
    assert under_control["interval"][0] > 0.1
    assert abs(under_control["stayers_alike"] - under_control["leavers"]["share"]) < 0.05


@pytest.mark.parametrize("seed", range(8))
def test_shuffled_labels_let_almost_nothing_stand(seed: int) -> None:
    rng = np.random.default_rng(seed)
    tenure = rng.exponential(12, 1200)
    columns = {
        never(f"f{k}"): drawn(rng, np.clip(0.1 + 0.02 * k * np.exp(-tenure / 6), 0, 1), 1200)
        for k in range(30)
    }
    left = drawn(rng, 0.02 + 0.3 * np.exp(-tenure / 6), 1200)
    found = compare(rows(columns, left, tenure=tenure), 1)
    standing = [row for row in found["rows"] if row["result"] in ("holds", "reversed")]
    assert len(standing) <= 1


def test_what_stayers_had_not_done_is_called_the_reverse() -> None:
    rng = np.random.default_rng(2)
    left = drawn(rng, 0.25)
    found = compare(rows({never("f"): drawn(rng, np.where(left, 0.2, 0.6))}, left), 1)
    assert results(found) == {"f": "reversed"}


def test_small_numbers_are_marked_and_nothing_is_claimed_of_them() -> None:
    left = np.arange(400) < 12
    found = compare(rows({never("f"): np.arange(400) < 30}, left), 1)
    assert found["rows"][0]["small"]
    assert found["rows"][0]["result"] == "too few"
    assert found["rows"][0]["q_value"] is None


def test_what_all_or_nearly_all_share_is_not_compared_but_counted() -> None:
    left = np.arange(400) < 100
    few = np.arange(400) < 4
    found = compare(rows({never("f"): few, never("g"): ~few, never("h"): ~left}, left), 1)
    assert results(found).keys() == {"h"}
    assert found["too_rare"] == 2


def test_facts_of_the_same_accounts_are_one_row() -> None:
    rng = np.random.default_rng(4)
    same, left = drawn(rng, 0.4), drawn(rng, 0.3)
    count = np.where(same, 0, 3)
    found = compare(rows({never("f"): same, said("sessions", "count", "up"): count}, left), 1)
    assert [(row["code"], row["also"]) for row in found["rows"]] == [("f=1", ["sessions=0"])]


def test_nobody_left_gives_an_empty_table() -> None:
    found = compare(rows({never("f"): np.arange(50) < 20}, np.zeros(50)), 1)
    assert (found["leavers"], found["stayers"], found["rows"]) == (0, 50, [])


def test_each_account_counts_once_a_leaver_while_there_was_time() -> None:
    accounts = np.repeat([0, 1, 2], 6)
    dates = np.tile(np.arange(6), 3)
    left = np.array([0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0])
    table = rows({never("f"): dates == 9}, left, accounts, dates)
    cohort = one_row_each(table, 1)
    months = (cohort.rows.as_of - np.datetime64("2025-01-01")) / np.timedelta64(30, "D")
    assert list(cohort.rows.account_ids) == ["A00000", "A00001", "A00002"]
    assert list(cohort.left) == [True, True, False]
    assert list(months[:2]) == [3, 4]
    assert months[2] in (3, 4)  # a date that leavers have


def test_the_order_of_rows_and_the_outcome_of_others_do_not_choose_the_date() -> None:
    rng = np.random.default_rng(9)
    accounts, dates = np.repeat(np.arange(80), 5), np.tile(np.arange(5), 80)
    table = rows({never("f"): drawn(rng, 0.4, 400)}, (accounts < 20) & (dates > 2), accounts, dates)
    shuffled = table.where(np.ones(400, dtype=bool))
    order = rng.permutation(400)
    shuffled = replace(
        shuffled,
        matrix=table.matrix[order],
        account_ids=table.account_ids[order],
        as_of=table.as_of[order],
        churned=table.churned[order],
        facts=table.facts.take(pa.array(order)),
    )
    assert compare(shuffled, 1) == compare(table, 1)


def test_what_was_never_done_follows_from_the_declarations() -> None:
    columns = {
        never("never_connected"): np.array([1.0, 0.0, np.nan]),
        said("setup_done", "truth", "up"): np.array([0.0, 1.0, 1.0]),
        said("courses", "count", "up"): np.array([0.0, 2.0, 0.0]),
        said("nps", "rating", "up", "Missing where never answered."): np.array([np.nan, 3, 4]),
        said("posts_vs_past", "times", "up", "Missing if young."): np.array([np.nan, 0, 1]),
        said("tickets", "count", "down"): np.array([0.0, 1.0, 2.0]),
    }
    found = {fact.code: fact for fact in facts(rows(columns, np.zeros(3)))}
    assert {code: list(fact.true) for code, fact in found.items()} == {
        "never_connected=1": [True, False, False],
        "setup_done=0": [True, False, False],
        "courses=0": [True, False, True],
        "nps=missing": [True, False, False],
    }
    assert list(found["never_connected=1"].known) == [True, True, False]


def test_a_text_of_yes_and_no_is_a_fact_and_other_values_are_left_out() -> None:
    asked = feature("OnlineSecurity", kind="category")
    table = rows({asked: np.array([0.0, 1.0, 2.0, np.nan])}, np.zeros(4))
    table = replace(table, categories={"OnlineSecurity": ("No", "No internet service", "Yes")})
    (fact,) = facts(table)
    assert (fact.code, list(fact.true)) == ("OnlineSecurity=no", [True, False, False, False])
    assert list(fact.known) == [True, False, True, False]
    other = replace(table, categories={"OnlineSecurity": ("basic", "none", "full")})
    assert facts(other) == []
