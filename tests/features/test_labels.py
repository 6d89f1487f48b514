"""Labels: edges of the window, lead, gap, what is unknown, and departures."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given as given_days
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from features import labels
from features.errors import SettingsError
from features.settings import Churn, Settings
from features.sources import Tables
from tests.builders.tables import at, make_tables

END = at("2025-01-01")
AS_OF = at("2024-04-01")
BASE: dict[str, Any] = {"horizon_days": 90, "allowed_gap_days": 30}


def settings(**churn: Any) -> Settings:  # noqa: ANN401
    return Settings(churn=Churn(**{**BASE, **churn}))


def ending(*ends: datetime | None) -> Tables:
    """Return one account per end, all begun on 2024-01-01."""
    rows = [
        {"account_id": f"a{n}", "started_at": at("2024-01-01"), "ended_at": end}
        for n, end in enumerate(ends)
    ]
    accounts = [{"account_id": row["account_id"]} for row in rows]
    return make_tables(END, accounts=accounts, subscriptions=rows)


def found(given: Tables, churn: Settings, *as_ofs: datetime) -> list[bool | None]:
    rows = labels.labels(given, churn, as_ofs or [AS_OF]).to_pylist()
    return [row["churned"] for row in rows]


def test_the_window_holds_its_first_instant_and_not_its_end() -> None:
    end = AS_OF + timedelta(days=90)
    given = ending(AS_OF, end - timedelta(microseconds=1), end, None)
    assert found(given, settings()) == [True, True, False, False]


def test_lead_moves_the_window_and_who_left_before_it_is_neither() -> None:
    lead = AS_OF + timedelta(days=14)
    given = ending(AS_OF, lead - timedelta(microseconds=1), lead, lead + timedelta(days=90), None)
    assert found(given, settings(lead_days=14)) == [None, None, True, False, False]


def test_a_return_within_the_allowed_gap_is_no_churn() -> None:
    rows = [
        {"account_id": "a", "started_at": at("2024-01-01"), "ended_at": at("2024-05-01")},
        {"account_id": "a", "started_at": at("2024-05-31"), "ended_at": None},
        {"account_id": "b", "started_at": at("2024-01-01"), "ended_at": at("2024-05-01")},
        {"account_id": "b", "started_at": at("2024-06-01"), "ended_at": None},
    ]
    accounts = [{"account_id": "a"}, {"account_id": "b"}]
    given = make_tables(END, accounts=accounts, subscriptions=rows)
    assert found(given, settings()) == [False, True]


def test_labels_are_unknown_for_all_once_window_and_gap_run_past_the_data() -> None:
    last = END - timedelta(days=120)
    given = ending(None, last + timedelta(days=1))
    assert labels.known_until(given, settings()) == last
    assert found(given, settings(), last) == [False, True]
    assert found(given, settings(), last + timedelta(days=1)) == [None, None]


def test_left_at_is_the_confirmed_end_however_late() -> None:
    given = ending(at("2024-11-01"), at("2024-12-31"), None)
    rows = labels.labels(given, settings(), [AS_OF]).to_pylist()
    assert [row["left_at"] for row in rows] == [at("2024-11-01"), None, None]
    assert [row["churned"] for row in rows] == [False, False, False]


def test_rows_are_those_of_the_snapshot_sorted() -> None:
    given = ending(None, at("2024-04-15"))
    rows = labels.labels(given, settings(), [at("2024-05-01"), AS_OF]).to_pylist()
    assert [(row["as_of"], row["account_id"]) for row in rows] == [
        (AS_OF, "a0"),
        (AS_OF, "a1"),
        (at("2024-05-01"), "a0"),
    ]


def test_who_had_left_before_it_was_recorded_has_no_label() -> None:
    churn = {"account_id": "a", "churned_at": at("2024-03-01"), "recorded_at": at("2024-06-01")}
    given = make_tables(
        END,
        accounts=[{"account_id": "a", "created_at": at("2024-01-01")}],
        churns=[churn],
    )
    assert found(given, settings(source="churns")) == [None]
    assert found(given, settings(source="churns"), at("2024-02-01")) == [True]


def test_departures_are_every_confirmed_end() -> None:
    given = ending(at("2024-03-01"), at("2024-12-20"), None)
    assert labels.departures(given, settings()).to_pylist() == [
        {"account_id": "a0", "left_at": at("2024-03-01")}
    ]


def test_a_company_without_churn_has_labels_and_no_departure() -> None:
    given = ending(None, None)
    assert found(given, settings()) == [False, False]
    assert labels.departures(given, settings()).num_rows == 0


def bought(*days: str) -> Tables:
    rows = [
        {"account_id": f"a{n}", "occurred_at": at(day), "event": "purchase"}
        for n, parts in enumerate(days)
        for day in parts.split()
    ]
    accounts = [{"account_id": f"a{n}"} for n in range(len(days))]
    return make_tables(END, accounts=accounts, events=rows)


INACTIVE: dict[str, Any] = {"source": "inactivity", "horizon_days": 60, "active_within_days": 90}


def test_silence_through_the_whole_window_is_churn() -> None:
    given = bought(
        "2024-03-31",
        "2024-03-31 2024-04-01",
        "2024-03-31 2024-05-30",
        "2024-03-31 2024-05-31",
    )
    assert found(given, settings(**INACTIVE)) == [True, False, False, True]


def test_activity_in_the_lead_does_not_keep_an_account() -> None:
    given = bought("2024-03-31 2024-04-05", "2024-03-31 2024-04-15")
    assert found(given, settings(**INACTIVE, lead_days=14)) == [True, False]


def test_silence_is_unknown_when_the_window_runs_past_the_data() -> None:
    given = bought("2024-10-30 2024-11-01")
    last = END - timedelta(days=60)
    assert found(given, settings(**INACTIVE), last) == [True]
    assert found(given, settings(**INACTIVE), last + timedelta(days=1)) == [None]


def test_whoever_is_labelled_churned_departs_within_the_window() -> None:
    given = bought("2024-02-10 2024-03-20", "2024-03-31", "2024-03-01 2024-03-31")
    churn = settings(**INACTIVE)
    rows = labels.labels(given, churn, [AS_OF]).to_pylist()
    assert [row["churned"] for row in rows] == [True, True, True]
    assert all(AS_OF <= row["left_at"] < AS_OF + timedelta(days=60) for row in rows)


def test_an_as_of_off_midnight_is_refused() -> None:
    with pytest.raises(SettingsError, match="midnight"):
        labels.labels(ending(None), settings(), [at("2024-04-01", "09:00")])


def further(given: Tables, churn: Settings, *horizons: int) -> list[tuple[bool | None, ...]]:
    rows = labels.labels(given, churn, [AS_OF], horizons).to_pylist()
    names = [
        "churned" if days == churn.churn.horizon_days else labels.column(days) for days in horizons
    ]
    return [tuple(row[name] for name in names) for row in rows]


def test_further_horizons_follow_the_rules_of_the_headline() -> None:
    lead = AS_OF + timedelta(days=14)
    ends = [lead + timedelta(days=days) for days in (29, 30, 90, 200)]
    given = ending(AS_OF, *ends, None)
    assert further(given, settings(lead_days=14), 30, 90, 180) == [
        (None, None, None),
        (True, True, True),
        (False, True, True),
        (False, False, True),
        (False, False, False),
        (False, False, False),
    ]


def test_a_horizon_that_runs_past_the_data_is_unknown_for_all() -> None:
    given = ending(AS_OF, None)
    assert further(given, settings(), 90, 365) == [(True, None), (False, None)]


def test_silence_is_over_by_a_longer_horizon_and_cannot_show_in_a_shorter_one() -> None:
    given = bought(
        "2024-03-31",  # silent from the start
        "2024-03-31 2024-05-01 2024-06-30",  # 60 days apart: 59 days of silence
        "2024-03-31 2024-05-01 2024-07-01",  # 60 days of silence, over on 2024-07-01
        "2024-03-31 2024-05-01 2024-06-29 2024-08-15",  # silence begins too late for 91 days
    )
    assert further(given, settings(**INACTIVE), 30, 60, 90, 91) == [
        (None, True, True, True),
        (None, False, False, False),
        (None, False, False, True),
        (None, False, False, False),
    ]


@hypothesis_settings(max_examples=10, deadline=None)
@given_days(days_=st.lists(st.integers(0, 250), max_size=12), churn_days=st.sampled_from((20, 60)))
def test_silences_are_those_found_day_by_day(days_: list[int], churn_days: int) -> None:
    active = {-1, *days_}
    first = AS_OF - timedelta(days=1)
    given = bought(
        " ".join(f"{first + timedelta(days=1 + day):%Y-%m-%d}" for day in sorted(active))
    )
    churn = settings(**INACTIVE | {"horizon_days": churn_days})
    ends = (churn_days, churn_days + 1, 90, 180)
    by_hand = tuple(
        any(
            not active & set(range(start, start + churn_days))
            for start in range(end - churn_days + 1)
        )
        for end in ends
    )
    assert further(given, churn, *ends) == [by_hand]
