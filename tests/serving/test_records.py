import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from serving import records
from serving.changes import change
from serving.store import scores
from tests.builders.store import Populated, built_store


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Populated]:
    """A company with eight weekly runs."""
    built = built_store(tmp_path_factory.mktemp("company"), accounts=160, weeks=8)
    yield built
    built.engine.dispose()


def stored(company: Populated) -> list[tuple[scores.Row, scores.Row]]:
    run = scores.latest_run(company.engine)
    assert run is not None
    return [(row, run) for row in scores.rows_of(company.engine, run["run_id"])]


def record_of(company: Populated, row: scores.StoredRow, run: scores.StoredRow) -> records.Record:
    before = scores.previous_score(company.engine, row)
    previous = None
    if before is not None:
        run_before = scores.run_by_id(company.engine, before["run_id"])
        assert run_before is not None
        previous = (before, run_before)
    return records.record(row, run, cast(Any, company.bundle), company.settings, previous)


def test_whole_points_add_up_to_the_shown_score(company: Populated) -> None:
    checked = 0
    for row, run in stored(company):
        record = record_of(company, row, run)
        if record.health_score is None:
            assert record.drivers == []
            assert record.baseline_points is None
            continue
        assert record.baseline_points is not None
        assert record.baseline_points + sum(d.points for d in record.drivers) == record.health_score
        checked += 1
    assert checked > 100


def test_whole_points_add_up_for_any_points_and_any_clip(company: Populated) -> None:
    random = np.random.default_rng(3)
    row, run = stored(company)[0]
    for spread in (0.01, 0.3, 2.0, 12.0):
        for _ in range(60):
            points = random.normal(0, spread, len(company.bundle.features))
            exact = float(np.clip(run["baseline_points"] + points.sum(), 0, 100))
            shown = min(100, max(0, round(exact)))
            made = dict(row) | {
                "points": scores.blob(points),
                "health_score": shown,
                "health_score_exact": exact,
            }
            baseline, drivers = records.explained(made, run, cast(Any, company.bundle))
            assert baseline is not None
            assert baseline + sum(driver.points for driver in drivers) == shown
            assert all(d.points != 0 for d in drivers if d.code not in ("other", "clip"))


def test_every_reason_is_within_a_point_of_its_exact_value(company: Populated) -> None:
    names = [feature.name for feature in company.bundle.features]
    for row, run in stored(company):
        record = record_of(company, row, run)
        for driver in record.drivers:
            if driver.code in names:
                exact = scores.numbers(row["points"])[names.index(driver.code)]
                assert abs(driver.points - exact) <= 1
                assert driver.points * exact > 0


def test_clipping_is_a_row_of_its_own(company: Populated) -> None:
    row, run = stored(company)[0]
    points = np.zeros(len(company.bundle.features))
    points[0] = -150.0
    made = dict(row) | {
        "points": scores.blob(points),
        "health_score": 0,
        "health_score_exact": 0.0,
    }
    _, drivers = records.explained(made, run, cast(Any, company.bundle))
    assert drivers[-1].code == "clip"
    assert drivers[-1].points == pytest.approx(150 - run["baseline_points"], abs=1)


def test_a_bent_calibration_is_a_row_of_its_own_and_the_sum_holds(company: Populated) -> None:
    row, run = stored(company)[0]
    points = np.zeros(len(company.bundle.features))
    points[0] = 50.0 - run["baseline_points"] - 4.0
    made = dict(row) | {
        "points": scores.blob(points),
        "health_score": 50,
        "health_score_exact": 50.0,
    }
    bent = replace(cast(Any, company.bundle), bends=True)
    baseline, drivers = records.explained(made, run, bent)
    assert drivers[-1].code == "calibration"
    assert drivers[-1].points == pytest.approx(4, abs=1)
    assert (baseline or 0) + sum(driver.points for driver in drivers) == 50


def test_small_reasons_are_gathered_and_counted(company: Populated) -> None:
    row, run = stored(company)[0]
    points = np.full(len(company.bundle.features), 0.2)
    points[0] = -7.0
    exact = run["baseline_points"] + points.sum()
    made = dict(row) | {
        "points": scores.blob(points),
        "health_score": round(exact),
        "health_score_exact": float(exact),
    }
    _, drivers = records.explained(made, run, cast(Any, company.bundle))
    assert [driver.code for driver in drivers] == [company.bundle.features[0].name, "other"]
    assert drivers[1].label_en == f"{len(points) - 1} smaller signals"


def test_a_withheld_score_says_why_and_what_to_do(company: Populated) -> None:
    withheld = [
        record_of(company, *pair) for pair in stored(company) if pair[0]["band"] == "no_data"
    ]
    assert withheld
    for record in withheld:
        assert record.abstain_reason == "no_data_for_usage"
        assert record.health_score is record.churn_probability is record.revenue_at_risk is None
        assert record.recommended_action == "restore_the_data"
        assert record.change is None
        assert len(record.data_freshness.missing) >= 6


def test_the_parts_of_a_change_sum_to_it(company: Populated) -> None:
    moved = 0
    for row, run in stored(company):
        made = record_of(company, row, run).change
        if made is None:
            continue
        moved += made.delta != 0
        assert made.by_customer + made.by_data + made.by_model + made.by_settings == made.delta
        assert made.by_model == made.by_settings == 0
        assert made.since < row["as_of"]
    assert moved > 20


def test_a_value_that_appears_is_a_change_by_data(company: Populated) -> None:
    row, run = next(pair for pair in stored(company) if pair[0]["band"] == "yellow")
    names = run["feature_names"]
    place = names.index("csat_90d")
    values, points = scores.numbers(row["values"]).copy(), scores.numbers(row["points"]).copy()
    values[place] = np.nan if not np.isnan(values[place]) else 4.0
    points[place] += 6.0
    before = dict(row) | {
        "values": scores.blob(values),
        "points": scores.blob(points),
        "health_score": row["health_score"] + 6,
        "health_score_exact": row["health_score_exact"] + 6,
    }
    made = change(row, run, before, run)
    assert made is not None
    assert (made.delta, made.by_data, made.by_customer) == (-6, -6, 0)


@pytest.mark.parametrize(
    ("different", "part"),
    [({"model_version": "v15"}, "by_model"), ({"settings_version": "x"}, "by_settings")],
)
def test_another_measure_is_not_put_down_to_the_customer(
    company: Populated, different: dict[str, str], part: str
) -> None:
    row, run = next(pair for pair in stored(company) if pair[0]["band"] == "green")
    before = dict(row) | {"health_score": row["health_score"] - 4}
    made = change(row, dict(run) | different, before, run)
    assert made is not None
    assert made.delta == 4
    assert getattr(made, part) == 4
    assert made.by_customer == made.by_data == 0


def test_the_action_follows_from_an_actionable_known_reason(company: Populated) -> None:
    by_name = {feature.name: feature for feature in company.bundle.features}
    seen = set()
    for row, run in stored(company):
        record = record_of(company, row, run)
        seen.add(record.recommended_action)
        assert record.recommended_action_ja
        assert record.recommended_action_en
        if record.reason_code is not None:
            assert by_name[record.reason_code].actionable
            assert record.reason_code not in record.data_freshness.missing
            assert record.band in ("red", "yellow")
    assert {"grow_together", "ask_what_changed", "show_a_use_case"} <= seen


def test_categories_are_read_back_as_text(company: Populated) -> None:
    row, run = stored(company)[0]
    known = records.decoded(row, cast(Any, company.bundle))
    assert known["plan"] == row["plan"]
    assert known["industry"] == row["industry"]
    assert run["feature_names"] == list(known)


def test_revenue_at_risk_is_the_probability_of_the_yearly_revenue(company: Populated) -> None:
    row, run = stored(company)[0]
    record = record_of(company, row, run)
    assert record.revenue_at_risk == row["churn_probability"] * row["arr"]
    assert record.currency == "JPY"


def test_an_account_id_is_quoted_in_its_url(company: Populated) -> None:
    row, run = stored(company)[0]
    made = dict(row) | {"account_id": "a/b ?"}
    record = records.record(
        made, run, cast(Any, company.bundle), company.settings, base_url="https://k"
    )
    assert record.explanation_url == "https://k/v1/accounts/a%2Fb%20%3F/explanation"


def test_a_record_is_json_with_every_digit(company: Populated) -> None:
    record = record_of(company, *stored(company)[0])
    read = json.loads(record.model_dump_json())
    assert read["churn_probability"] == record.churn_probability
    assert read["as_of"].startswith("2026-11-20T00:00:00")
    assert [driver["points"] for driver in read["drivers"]] == [d.points for d in record.drivers]


def test_words_change_with_the_catalogue_not_the_code(company: Populated, tmp_path: Path) -> None:
    row, run = next(p for p in stored(company) if p[0]["band"] == "red" and p[0]["top_reasons"])
    renamed = tuple(
        replace(f, label=replace(f.label, en="My label")) for f in company.bundle.features
    )
    bundle = cast(Any, replace(company.bundle, features=renamed))
    record = records.record(row, run, bundle, company.settings)
    assert {d.label_en for d in record.drivers if d.group} == {"My label"}
