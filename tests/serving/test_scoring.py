import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pytest

from features.errors import NotReadyError, TableError
from features.settings import Settings
from serving import scoring, statements
from serving.store.scores import numbers
from tests.builders.small_catalogue import CATEGORIES, FEATURES, HEALTHY
from tests.builders.store import PaperBundle, settings_in

AS_OF, NOW = datetime(2026, 11, 1), datetime(2026, 11, 1, 6)
SETTINGS = settings_in(Path("nowhere"))
BUNDLE = cast(Any, PaperBundle())


def snapshot(accounts: int = 40, **columns: object) -> pa.Table:
    """Return a snapshot of healthy accounts with a little spread; ``columns`` replace."""
    return made(accounts, columns)


def made(accounts: int, columns: Mapping[str, object]) -> pa.Table:
    random = np.random.default_rng(5)
    values: dict[str, Any] = {
        "account_id": [f"a{i:05d}" for i in range(accounts)],
        "as_of": pa.array([AS_OF] * accounts, pa.timestamp("us")),
        "fact_plan": ["Starter", "Business"] * (accounts // 2) + ["Starter"] * (accounts % 2),
        "fact_mrr": [1000.0] * accounts,
        "fact_renews_at": pa.array([datetime(2027, 4, 1)] * accounts, pa.timestamp("us")),
        "fact_started_at": pa.array([datetime(2024, 4, 1)] * accounts, pa.timestamp("us")),
    }
    for feature in FEATURES:
        if feature.name in HEALTHY:
            mean, spread, _ = HEALTHY[feature.name]
            values[feature.name] = mean + spread * random.normal(0, 1.2, accounts)
        else:
            known = CATEGORIES[feature.name]
            values[feature.name] = [known[i % len(known)] for i in range(accounts)]
    return pa.table(values | dict(columns))


def scored(
    table: pa.Table, earlier: dict[str, tuple[str, datetime]] | None = None
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    return scoring.score(SETTINGS, BUNDLE, table, "snap", "issued", NOW, earlier)


def test_every_live_account_has_exactly_one_score() -> None:
    run, rows = scored(snapshot())
    assert run["accounts"] == len(rows) == 40
    assert len({row["account_id"] for row in rows}) == 40
    assert len({row["score_id"] for row in rows}) == 40
    assert {row["as_of"] for row in rows} == {AS_OF}


@pytest.mark.parametrize("odd", ["x" * 256, "a\0b"])
def test_an_id_that_nobody_could_ask_for_is_refused(odd: str) -> None:
    ids = [*(f"a{i}" for i in range(39)), odd]
    with pytest.raises(TableError, match=r"at most 255 characters.*found 1 others") as refused:
        scored(snapshot(account_id=ids))
    assert repr(odd[:40]) in str(refused.value)
    assert len(scored(snapshot(account_id=[*ids[:39], "x" * 255]))[1]) == 40


def test_a_nul_in_a_name_is_left_out_and_other_words_are_as_they_are() -> None:
    names = [None, "", "nul\0 in it", *(f"社{i}" for i in range(37))]
    kept = [row["name"] for row in scored(snapshot(fact_name=names))[1]]
    assert kept == [None, "", "nul in it", *names[3:]]


def test_the_same_inputs_give_the_same_rows() -> None:
    assert scored(snapshot()) == scored(snapshot())


def test_the_score_id_depends_on_everything_that_can_change_a_score() -> None:
    base = ("snap", "v1", "settings", "a")
    issued = statements.score_id(*base, "issued")
    others = {
        statements.score_id("snap2", *base[1:], "issued"),
        statements.score_id("snap", "v2", "settings", "a", "issued"),
        statements.score_id("snap", "v1", "settings2", "a", "issued"),
        statements.score_id("snap", "v1", "settings", "b", "issued"),
        statements.score_id(*base, "replay"),
    }
    assert len(others | {issued}) == 6
    assert statements.score_id(*base, "issued") == issued
    assert len(issued) == 32


def test_points_baseline_and_clip_make_the_exact_score() -> None:
    run, rows = scored(snapshot(seats_in_use_28d=np.linspace(-1.5, 2, 40)))
    clipped = 0
    for row in rows:
        total = run["baseline_points"] + numbers(row["points"]).sum()
        clipped += not 0 <= total <= 100
        assert row["health_score_exact"] == pytest.approx(min(max(total, 0), 100), abs=1e-9)
        assert 0 < row["churn_probability"] < 1
        assert abs(row["health_score"] - row["health_score_exact"]) < 1
    assert clipped > 0


def test_the_shown_number_lies_in_its_band() -> None:
    _, rows = scored(snapshot(seats_in_use_28d=np.linspace(-1.5, 2, 40)))
    assert {row["band"] for row in rows} == {"red", "yellow", "green"}
    for row in rows:
        shown = row["health_score"]
        band = "green" if shown >= 80 else "red" if shown <= 50 else "yellow"
        assert row["band"] == band


def test_an_account_without_any_usage_value_gets_no_score() -> None:
    usage = [feature.name for feature in FEATURES if feature.group == "usage"]
    gone = {name: [None] + [1.0] * 39 for name in usage}
    _, rows = scored(made(40, gone))
    first, second = rows[:2]
    assert (first["band"], first["abstain_reason"]) == ("no_data", "no_data_for_usage")
    assert first["health_score"] is first["churn_probability"] is first["points"] is None
    assert len(numbers(first["values"])) == len(FEATURES)
    assert second["abstain_reason"] is None


def test_an_account_that_uses_nothing_is_scored() -> None:
    usage = [feature.name for feature in FEATURES if feature.group == "usage"]
    _, rows = scored(made(40, {name: [0.0] + [1.0] * 39 for name in usage}))
    assert rows[0]["abstain_reason"] is None
    assert rows[0]["band"] != "no_data"


def test_an_account_without_any_value_gets_no_score_even_without_usage_features() -> None:
    features = [f for f in FEATURES if f.group in ("support", "payment")]
    assert statements.abstentions(features, np.array([[np.nan] * 3, [np.nan, 1, np.nan]])) == [
        "no_data_at_all",
        None,
    ]


def test_the_typical_value_is_the_plans_median_or_most_frequent() -> None:
    tickets = [1.0, 10.0] * 20
    table = snapshot(tickets_28d=tickets, nps_latest=[None] * 40,
                     industry=["人材"] * 30 + ["医療"] * 10)  # fmt: skip
    run, _ = scored(table)
    assert run["typical"]["Starter"]["tickets_28d"] == 1.0
    assert run["typical"]["Business"]["tickets_28d"] == 10.0
    assert run["typical"][""]["tickets_28d"] == 5.5
    assert run["typical"][""]["industry"] == "人材"
    assert run["typical"][""]["nps_latest"] is None


@pytest.mark.parametrize(("share", "usual"), [(0.75, 1.0), (0.5, 0.0), (0.25, 0.0)])
def test_what_is_yes_or_no_is_typically_what_most_have(share: float, usual: float) -> None:
    truths = tuple(replace(f, unit="truth") if f.name == "tickets_28d" else f for f in FEATURES)
    matrix = np.zeros((20, len(truths)))
    at = [feature.name for feature in truths].index("tickets_28d")
    matrix[: round(20 * share), at] = 1
    bundle = cast(Any, replace(PaperBundle(), features=truths))
    assert scoring.typical(bundle, matrix, [None] * 20)[""]["tickets_28d"] == usual


def test_a_plan_of_a_few_accounts_is_compared_with_all() -> None:
    run, _ = scored(snapshot(fact_plan=["Rare"] * 4 + ["Starter"] * 36))
    assert set(run["typical"]) == {"", "Starter"}
    assert scoring.typical_of(run, "Rare") == run["typical"][""]
    assert scoring.typical_of(run, None) == run["typical"][""]


def test_the_unusual_reason_is_not_what_all_of_the_band_share() -> None:
    points = np.zeros((12, 3))
    points[:, 0] = -20 + 0.01 * np.arange(12)
    points[:, 1] = 0.6
    points[4, 1] = -6.0
    bands = np.array(["red"] * 12, dtype=object)
    chosen = scoring.unusual(points, bands)
    assert chosen[4] == 1
    assert set(chosen) <= {0, 1}


def test_a_reason_too_small_to_show_is_not_called_unusual() -> None:
    points = np.zeros((10, 2))
    points[3, 0] = 0.4
    assert (scoring.unusual(points, np.array(["green"] * 10, dtype=object)) == -1).all()


def test_the_top_reasons_are_those_that_cost_most() -> None:
    assert statements.costliest(np.array([-1.0, 5.0, -9.0, -0.4])) == [2, 0]


def test_band_since_goes_on_while_the_band_stays() -> None:
    _, first = scored(snapshot())
    since = AS_OF - timedelta(weeks=5)
    earlier = {
        first[0]["account_id"]: (first[0]["band"], since),
        first[1]["account_id"]: ("red" if first[1]["band"] != "red" else "green", since),
    }
    _, rows = scored(snapshot(), earlier)
    assert rows[0]["band_since"] == since
    assert rows[1]["band_since"] == AS_OF
    assert rows[2]["band_since"] == AS_OF


def test_money_and_dates_of_the_contract_are_kept() -> None:
    _, rows = scored(snapshot(fact_mrr=[None, float("nan")] + [1000.0] * 38))
    assert [row["arr"] for row in rows[:3]] == [None, None, 12_000.0]
    assert rows[2]["currency"] == "JPY"
    assert str(rows[2]["renewal_date"]) == "2027-04-01"
    assert rows[2]["customer_since"] == datetime(2024, 4, 1)


def test_a_date_without_live_accounts_says_so() -> None:
    with pytest.raises(NotReadyError, match="at least one live account"):
        scored(snapshot().slice(0, 0))


def test_one_account_alone_can_be_scored() -> None:
    _, rows = scored(snapshot(accounts=1))
    assert len(rows) == 1
    assert rows[0]["unusual_reason"] is None


def test_five_thousand_accounts_take_a_few_seconds() -> None:
    table = snapshot(5_000)
    began = time.process_time()
    scored(table)
    assert time.process_time() - began < 4


def test_a_run_has_one_date() -> None:
    table = pa.concat_tables(
        [snapshot(2), snapshot(2, as_of=pa.array([NOW] * 2, pa.timestamp("us")))]
    )
    with pytest.raises(ValueError, match="one as_of"):
        scored(table)


def test_the_settings_version_is_part_of_the_run() -> None:
    run, _ = scored(snapshot())
    assert run["settings_version"] == SETTINGS.version
    assert isinstance(SETTINGS, Settings)
