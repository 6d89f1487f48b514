"""Spells: gaps, returns, changes of plan, three ways of leaving, and what was known when."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from features import spells, windows
from features.errors import TableError
from features.settings import Churn, Settings
from features.sources import Tables
from tests.builders.tables import at, make_tables

END = at("2025-01-01")
DAY = timedelta(days=1)


def settings(**churn: Any) -> Settings:  # noqa: ANN401
    return Settings(churn=Churn(**churn))


def contract(account: str, start: str, end: str | None, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "account_id": account,
        "started_at": at(start),
        "ended_at": at(end) if end else None,
        **more,
    }


def tables(*contracts: dict[str, Any], **more: Any) -> Tables:  # noqa: ANN401
    accounts = sorted({row["account_id"] for row in contracts})
    return make_tables(
        more.pop("observed_until", END),
        accounts=[{"account_id": account} for account in accounts],
        subscriptions=list(contracts),
        **more,
    )


def found(given: Tables, churn: Settings) -> list[tuple[Any, ...]]:
    table = spells.spells(given, churn).order_by("account_id", "spell").to_pyarrow()
    return [tuple(row.values()) for row in table.to_pylist()]


def alive(given: Tables, churn: Settings, *as_ofs: datetime) -> set[tuple[str, datetime]]:
    rows = spells.running(given, churn, windows.cuts(sorted(as_ofs))).to_pyarrow().to_pylist()
    return {(row["account_id"], row["as_of"]) for row in rows}


def test_a_running_contract_is_a_spell_without_end() -> None:
    given = tables(contract("a", "2024-01-01", None))
    assert found(given, settings()) == [("a", 1, at("2024-01-01"), None, False)]


def test_a_gap_of_exactly_the_allowed_days_continues_the_spell() -> None:
    given = tables(
        contract("a", "2024-01-01", "2024-02-01"), contract("a", "2024-03-02", "2024-06-01")
    )
    assert found(given, settings(allowed_gap_days=30)) == [
        ("a", 1, at("2024-01-01"), at("2024-06-01"), True)
    ]


def test_a_longer_gap_begins_a_second_spell() -> None:
    given = tables(
        contract("a", "2024-01-01", "2024-02-01"),
        {**contract("a", "2024-03-02", None), "started_at": at("2024-03-02", "00:00:01")},
    )
    assert found(given, settings(allowed_gap_days=30)) == [
        ("a", 1, at("2024-01-01"), at("2024-02-01"), True),
        ("a", 2, at("2024-03-02", "00:00:01"), None, False),
    ]


def test_a_change_of_plan_is_no_end() -> None:
    given = tables(
        contract("a", "2024-01-01", "2024-05-01", plan="Basic"),
        contract("a", "2024-05-01", None, plan="Pro"),
    )
    assert found(given, settings(allowed_gap_days=0)) == [("a", 1, at("2024-01-01"), None, False)]


def test_a_short_contract_within_a_long_one_ends_nothing() -> None:
    given = tables(
        contract("a", "2024-01-01", "2024-10-01"),
        contract("a", "2024-02-01", "2024-03-01"),
        contract("a", "2024-10-15", "2024-11-01"),
    )
    assert found(given, settings(allowed_gap_days=30)) == [
        ("a", 1, at("2024-01-01"), at("2024-11-01"), True)
    ]


@pytest.mark.parametrize(("end", "confirmed"), [("2024-11-30", True), ("2024-12-02", False)])
def test_an_end_is_confirmed_once_a_return_in_time_would_have_been_seen(
    end: str, confirmed: bool
) -> None:
    given = tables(contract("a", "2024-01-01", end))
    assert found(given, settings(allowed_gap_days=30))[0][4] is confirmed


def test_an_end_whose_last_allowed_instant_is_not_observed_is_not_confirmed() -> None:
    given = tables(contract("a", "2024-01-01", "2024-12-02"))
    assert found(given, settings(allowed_gap_days=30))[0][4] is False


def test_an_end_in_the_future_is_none() -> None:
    given = tables(contract("a", "2024-01-01", "2025-01-01"))
    assert found(given, settings()) == [("a", 1, at("2024-01-01"), None, False)]


def test_an_account_lives_from_after_its_start_to_its_end() -> None:
    given = tables(contract("a", "2024-02-01", "2024-04-01"))
    days = [at(d) for d in ("2024-02-01", "2024-02-02", "2024-04-01", "2024-04-02")]
    assert alive(given, settings(), *days) == {
        ("a", at("2024-02-02")),
        ("a", at("2024-04-01")),
    }


def test_within_a_gap_there_is_no_contract_to_end() -> None:
    given = tables(contract("a", "2024-01-01", "2024-02-01"), contract("a", "2024-02-20", None))
    days = [at(d) for d in ("2024-02-10", "2024-02-21")]
    assert alive(given, settings(), *days) == {("a", at("2024-02-21"))}


def test_a_contract_recorded_late_is_not_alive_before() -> None:
    given = tables(contract("a", "2024-01-01", None, recorded_at=at("2024-03-01")))
    days = [at(d) for d in ("2024-02-01", "2024-03-01", "2024-03-02")]
    assert alive(given, settings(), *days) == {("a", at("2024-03-02"))}


def test_a_bridge_recorded_late_joins_two_spells_only_from_then_on() -> None:
    given = tables(
        contract("a", "2024-01-01", "2024-02-01", recorded_at=None),
        contract("a", "2024-02-01", "2024-06-01", recorded_at=at("2024-08-01")),
        contract("a", "2024-06-01", None, recorded_at=None),
    )
    rows = spells.running(
        given, settings(), windows.cuts([at("2024-07-01"), at("2024-09-01")])
    ).to_pyarrow()
    found = {row["as_of"]: (row["started_at"], row["past_spells"]) for row in rows.to_pylist()}
    assert found == {
        at("2024-07-01"): (at("2024-06-01"), 1),
        at("2024-09-01"): (at("2024-01-01"), 0),
    }


def test_accounts_younger_than_the_minimum_tenure_are_left_out() -> None:
    given = tables({**contract("a", "2024-01-01", None), "started_at": at("2024-01-01", "12:00")})
    days = [at(d) for d in ("2024-01-15", "2024-01-16")]
    assert alive(given, settings(minimum_tenure_days=14), *days) == {("a", at("2024-01-16"))}


def test_churns_end_what_subscriptions_began() -> None:
    given = tables(
        contract("a", "2024-01-01", "2024-03-01"),
        contract("a", "2024-09-01", None),
        contract("b", "2024-01-01", "2024-02-01"),
        churns=[{"account_id": "a", "churned_at": at("2024-04-01")}],
    )
    assert found(given, settings(source="churns")) == [
        ("a", 1, at("2024-01-01"), at("2024-04-01"), True),
        ("a", 2, at("2024-09-01"), None, False),
        ("b", 1, at("2024-01-01"), None, False),
    ]


def test_a_churn_recorded_late_is_not_known_before() -> None:
    churn = {"account_id": "a", "churned_at": at("2024-04-01"), "recorded_at": at("2024-06-01")}
    given = tables(contract("a", "2024-01-01", None), churns=[churn])
    days = [at(d) for d in ("2024-05-01", "2024-06-01", "2024-06-02")]
    assert alive(given, settings(source="churns"), *days) == {
        ("a", at("2024-05-01")),
        ("a", at("2024-06-01")),
    }


def test_without_subscriptions_an_account_begins_when_it_was_created() -> None:
    given = make_tables(
        END,
        accounts=[
            {"account_id": "a", "created_at": at("2024-01-01")},
            {"account_id": "b", "created_at": None},
        ],
        churns=[{"account_id": "a", "churned_at": at("2024-04-01")}],
    )
    assert found(given, settings(source="churns")) == [
        ("a", 1, at("2024-01-01"), at("2024-04-01"), True)
    ]


def test_a_churn_source_without_its_table_is_refused() -> None:
    given = make_tables(END, accounts=[{"account_id": "a"}])
    with pytest.raises(TableError, match="subscriptions"):
        spells.spells(given, settings())
    with pytest.raises(TableError, match="when each account began"):
        spells.spells(given, settings(source="churns"))


def purchase(account: str, day: str, event: str = "purchase") -> dict[str, Any]:
    return {"account_id": account, "occurred_at": at(day, "15:00"), "event": event}


def inactive(*events: dict[str, Any]) -> Tables:
    return make_tables(END, accounts=[{"account_id": "a"}], events=list(events))


def test_silence_of_the_horizon_ends_a_run_of_activity() -> None:
    given = inactive(
        purchase("a", "2024-01-01"),
        purchase("a", "2024-03-01"),
        purchase("a", "2024-05-01"),
        purchase("a", "2024-12-30"),
    )
    assert found(given, settings(source="inactivity", horizon_days=60)) == [
        ("a", 1, at("2024-01-01"), at("2024-04-30"), True),
        ("a", 2, at("2024-05-01"), at("2024-06-30"), True),
        ("a", 3, at("2024-12-30"), None, False),
    ]


def test_who_was_active_lately_lives_and_only_activity_counts() -> None:
    given = inactive(purchase("a", "2024-01-01"), purchase("a", "2024-02-01", "return"))
    churn = settings(
        source="inactivity", active_within_days=30, activity_events=("purchase",), horizon_days=30
    )
    days = [at(d) for d in ("2024-01-01", "2024-01-02", "2024-01-31", "2024-02-01", "2024-02-02")]
    assert alive(given, churn, *days) == {("a", at("2024-01-02")), ("a", at("2024-01-31"))}


def test_the_first_activity_known_is_where_tenure_starts() -> None:
    early = {**purchase("a", "2024-01-01"), "recorded_at": at("2024-04-01")}
    given = inactive(early, purchase("a", "2024-03-01"))
    churn = settings(source="inactivity", active_within_days=365)
    dates = windows.cuts([at("2024-03-15"), at("2024-04-02")])
    rows = spells.running(given, churn, dates).to_pyarrow().to_pylist()
    assert {row["as_of"]: row["started_at"] for row in rows} == {
        at("2024-03-15"): at("2024-03-01"),
        at("2024-04-02"): at("2024-01-01"),
    }
