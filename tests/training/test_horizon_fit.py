"""Fitting the horizons on rows whose hazards are known, and what is not there."""

from dataclasses import replace
from functools import cache

import numpy as np
import pyarrow as pa
import pytest

from features.settings import Churn, Settings, Training
from tests.builders.frames import FEATURES
from training import horizon_fit, horizon_judgement, outcomes
from training.frames import Frame
from training.horizon_fit import Fitted
from training.horizons import wanted
from training.outcomes import Outcomes
from training.split import Split, split

START = np.datetime64("2023-01-01", "us")
DAY = np.timedelta64(1, "D")


def settings(**churn: object) -> Settings:
    given = {"horizon_days": 90, "allowed_gap_days": 0, **churn}
    return Settings(churn=Churn(**given), training=Training(folds=2, minimum_churns=30))


def rows(months: int, accounts: int = 250, seed: int = 3) -> tuple[Frame, Outcomes]:
    """Return monthly rows of a company observed for ``months``.

    The first feature tells the hazard, the second how soon after the date a leaver goes.
    """
    rng = np.random.default_rng(seed)
    until = START + months * 30 * DAY
    dates = START + np.arange(months) * 30 * DAY
    as_of = np.repeat(dates, accounts)
    n = len(as_of)
    matrix = np.column_stack([rng.normal(size=n), rng.normal(size=n), rng.normal(size=n)])
    matrix = np.column_stack([matrix, rng.integers(0, 3, n)])
    days = rng.exponential(400 * np.exp(1.2 * matrix[:, 0]), n)
    soon = rng.random(n) < 1 / (1 + np.exp(-3 * matrix[:, 1]))
    days = np.where((days < 90) & soon, days / 3, days)
    left_at = as_of + (days * 24).astype(np.int64) * np.timedelta64(1, "h")
    by = {
        d: np.where(as_of + d * DAY > until, np.nan, (days < d).astype(float)) for d in wanted(90)
    }
    known = ~np.isnan(by[90])
    ids = np.array([f"A{k:04d}" for k in np.tile(np.arange(accounts), months)], dtype=object)
    facts = pa.table({"fact_renews_at": pa.array(left_at + 3 * DAY, pa.timestamp("us"))})
    frame = Frame(matrix, FEATURES, {"plan_type": ("a", "b", "c")}, ids, as_of, by[90], facts)
    return frame.where(known), Outcomes(by, np.asarray(left_at, "datetime64[us]")).where(known)


@cache
def fitted() -> tuple[Fitted, Frame, Outcomes, Split]:
    frame, known = rows(30)
    parts = split(frame, settings())
    found = horizon_fit.fit(frame, known, parts, settings(), lambda *_: None)
    assert found is not None
    return found, frame, known, parts


def test_each_horizon_is_told_by_a_model_that_learned_its_own_signal() -> None:
    found, frame, _, parts = fitted()
    assert found.curve.days == (30, 90, 180, 365)
    assert {part.segment.days: part.why for part in found.parts} == {30: "", 180: "", 365: ""}
    assert dict(found.curve.absent) == {}
    later = np.isin(frame.as_of, parts.test)
    share = found.curve.segments[0].probability(frame.matrix[later])
    soon = frame.matrix[later][:, 1]
    assert share[soon > 1].mean() > share[soon < -1].mean() + 0.2


def test_the_curve_is_judged_on_a_period_settled_before_and_beats_a_constant_hazard() -> None:
    found, _, _, parts = fitted()
    judged = horizon_judgement.document(found, settings())
    assert found.trial.rows.as_of.min() + 365 * DAY <= START + 30 * 30 * DAY
    assert found.trial.rows.as_of.max() < parts.test[0]
    brier = judged["integrated_brier"]
    assert brier["value"] < brier["constant_hazard"]
    for horizon in judged["horizons"]:
        assert horizon["log_loss"]["value"] < horizon["log_loss_constant_hazard"]
        assert horizon["expected"] == pytest.approx(horizon["observed"], abs=0.06)


def test_rows_that_were_not_settled_before_the_test_change_nothing() -> None:
    found, frame, known, parts = fitted()
    late = frame.as_of + 90 * DAY > parts.test[0]
    other = replace(frame, churned=np.where(late, 1 - frame.churned, frame.churned))
    turned = {days: np.where(late, 1 - y, y) for days, y in known.by.items()}
    again = horizon_fit.fit(other, replace(known, by=turned), parts, settings(), lambda *_: None)
    assert again is not None
    assert again.texts == found.texts


def test_a_horizon_that_runs_past_the_data_does_not_exist_and_that_is_said() -> None:
    frame, known = rows(14)
    found = horizon_fit.fit(frame, known, split(frame, settings()), settings(), lambda *_: None)
    assert found is not None
    assert found.curve.days == (30, 90, 180)
    judged = horizon_judgement.document(found, settings())
    assert [one["days"] for one in judged["absent"]] == [365]
    assert "365日" in judged["absent"][0]["sentence_ja"]
    assert "365 days" in judged["absent"][0]["sentence_en"]


def test_too_few_leavers_get_one_shrunken_share_and_it_is_said() -> None:
    frame, known = rows(30, accounts=60)
    frame_ids = np.array([f"A{k:04d}" for k in np.arange(len(frame)) % 25], dtype=object)
    found = horizon_fit.fit(
        replace(frame, account_ids=frame_ids),
        known,
        split(frame, settings()),
        settings(),
        lambda *_: None,
    )
    assert found is not None
    assert {part.why for part in found.parts} == {"few"}
    judged = horizon_judgement.document(found, settings())
    assert [one["basis"] for one in judged["horizons"]] == [
        "constant", "headline", "constant", "constant",
    ]  # fmt: skip
    assert "one share" in judged["horizons"][0]["sentence_en"]


def test_a_silence_has_no_shorter_horizons() -> None:
    frame, known = rows(30, accounts=120)
    silent = settings(source="inactivity")
    hidden = {d: np.full(len(frame), np.nan) if d < 90 else y for d, y in known.by.items()}
    found = horizon_fit.fit(
        frame, replace(known, by=hidden), split(frame, silent), silent, lambda *_: None
    )
    assert found is not None
    assert found.curve.days[0] == 90
    assert found.curve.absent[30] == "silence"


def test_outcomes_find_their_row_whatever_the_order() -> None:
    frame, _ = rows(5, accounts=4)
    order = np.random.default_rng(1).permutation(len(frame))
    labels = pa.table(
        {
            "account_id": frame.account_ids[order],
            "as_of": pa.array(frame.as_of[order], pa.timestamp("us")),
            "churned_180d": pa.array(order % 2 == 0),
            "left_at": pa.array(frame.as_of[order] + order * DAY, pa.timestamp("us")),
        }
    )
    found = outcomes.outcomes(frame, labels, 90, (30, 90, 180))
    assert set(found.by) == {90, 180}
    np.testing.assert_array_equal(found.by[180], np.arange(len(frame)) % 2 == 0)
    np.testing.assert_array_equal(found.left_at, frame.as_of + np.arange(len(frame)) * DAY)


def test_ends_near_the_renewal_date_make_a_step_only_where_they_are_most() -> None:
    frame, known = rows(20)
    near = outcomes.renewals(frame, known, frame.as_of.max())
    assert (near.share, near.step) == (1.0, True)
    away = pa.table({"fact_renews_at": pa.array(known.left_at + 8 * DAY, pa.timestamp("us"))})
    far = outcomes.renewals(replace(frame, facts=away), known, frame.as_of.max())
    assert (far.near, far.step) == (0, False)
    none = outcomes.renewals(replace(frame, facts=pa.table({})), known, frame.as_of.max())
    assert (none.ends, none.share, none.step) == (0, None, False)
