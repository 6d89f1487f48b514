"""The usage views against their plain definitions, on random events that were recorded late."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

import pytest

from features.settings import Churn, Settings, Snapshots
from features.snapshots import build
from features.windows import day_number
from tests.builders.company import DAYS, START, Rows, random_company
from tests.builders.tables import make_tables

END = START + timedelta(days=DAYS)
CUTS = [START + timedelta(days=d) for d in (210, 217, 224, 300, 365, 500, 799)]


def plain(rows: list[dict[str, Any]], c: int) -> dict[str, Any]:
    """Return features of one account's events by their definition."""
    counted = [
        (day_number(row["occurred_at"]), row)
        for row in rows
        if day_number(row["occurred_at"]) < c
        and (row["recorded_at"] is None or day_number(row["recorded_at"]) < c)
    ]
    found: dict[str, Any] = {}
    for w in (7, 28, 90, 365):
        inside = [(day, row) for day, row in counted if day >= c - w]
        users = {row["user_id"] for _, row in inside} - {None}
        found |= {
            f"events_{w}d": len(inside),
            f"active_days_{w}d": len({day for day, _ in inside}),
            f"distinct_events_{w}d": len({row["event"] for _, row in inside}),
            f"active_users_{w}d": len(users),
            f"quantity_{w}d": sum(row["quantity"] or 0.0 for _, row in inside),
        }
    before = {row["user_id"] for day, row in counted if c - 56 <= day < c - 28} - {None}
    after = {row["user_id"] for day, row in counted if day >= c - 28}
    found["users_kept_28d"] = len(before & after) / len(before) if before else None
    days = sorted({day for day, _ in counted if day >= c - 365})
    gaps = len(days) - 1
    found["mean_gap_days_365d"] = (days[-1] - days[0]) / gaps if gaps > 0 else None
    quarter = [day for day, _ in counted if day >= c - 90]
    squares = sum(quarter.count(day) ** 2 for day in set(quarter))
    found["unevenness_90d"] = squares / len(quarter) ** 2 if quarter else None
    found["days_since_last_event"] = c - max(day for day, _ in counted) if counted else None
    return found


def rows_of(
    company: Rows, settings: Settings, only: Collection[str] | None = None
) -> list[dict[str, Any]]:
    snapshot = build(make_tables(END, **company), settings, CUTS, only=only)
    return list(snapshot.table.to_pylist())


@pytest.mark.parametrize("seed", [1, 2])
def test_usage_is_what_its_definition_says(seed: int) -> None:
    company = random_company(seed, accounts=20)
    rows = rows_of(company, Settings(), plain([], 0))
    assert len(rows) > 50
    for row in rows:
        events = [e for e in company["events"] if e["account_id"] == row["account_id"]]
        expected = plain(events, day_number(row["as_of"]))
        assert {name: row[name] for name in expected} == pytest.approx(expected, nan_ok=True)


def test_other_windows_give_other_names_and_the_same_values() -> None:
    company = random_company(3, accounts=10)
    settings = Settings(snapshots=Snapshots(windows_days=(28, 45)))
    for row in rows_of(company, settings):
        events = [e for e in company["events"] if e["account_id"] == row["account_id"]]
        assert row["events_28d"] == plain(events, day_number(row["as_of"]))["events_28d"]
        assert row["events_45d"] >= row["events_28d"]
        assert "events_7d" not in row


def test_only_activity_is_usage_where_inactivity_is_churn() -> None:
    company = random_company(4, accounts=10)
    churn = Churn(source="inactivity", activity_events=("login",), active_within_days=365)
    rows = rows_of(company, Settings(churn=churn), plain([], 0))
    assert rows
    for row in rows:
        events = [
            e
            for e in company["events"]
            if e["account_id"] == row["account_id"] and e["event"] == "login"
        ]
        expected = plain(events, day_number(row["as_of"]))
        for name in ("events_90d", "active_days_90d", "active_users_28d", "quantity_28d"):
            assert row[name] == pytest.approx(expected[name])
