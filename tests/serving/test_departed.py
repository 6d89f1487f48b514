"""When accounts left and why, as the tables say it and the pages are told."""

from pathlib import Path

from features.settings import Churn, Settings
from features.sources import Tables
from serving import departed
from tests.builders.store import settings_in
from tests.builders.tables import at, make_tables

END = at("2025-01-01")


def company(tmp_path: Path) -> Settings:
    churn = Churn(horizon_days=90, allowed_gap_days=30)
    return settings_in(tmp_path).model_copy(update={"churn": churn})


def ended() -> Tables:
    ends = {"gone": at("2024-09-02"), "lately": at("2024-12-20"), "here": None}
    contracts = [
        {"account_id": account, "started_at": at("2024-01-01"), "ended_at": end}
        for account, end in ends.items()
    ]
    back = [
        {"account_id": "back", "started_at": at("2023-01-01"), "ended_at": at("2023-05-01")},
        {"account_id": "back", "started_at": at("2024-01-01"), "ended_at": None},
    ]
    churns = [
        {"account_id": "gone", "churned_at": at("2024-09-01"), "reason": "price"},
        {"account_id": "lately", "churned_at": at("2024-02-01"), "reason": "other"},
    ]
    accounts = [{"account_id": account} for account in (*ends, "back")]
    return make_tables(END, accounts=accounts, subscriptions=[*contracts, *back], churns=churns)


def test_the_end_of_the_last_relationship_is_kept_with_the_reason_given_then(
    tmp_path: Path,
) -> None:
    settings = company(tmp_path)
    departed.keep(settings, ended())
    kept = departed.Departures(settings)
    assert kept.of("gone") == departed.Departure(at("2024-09-02"), True, "price")
    assert kept.of("lately") == departed.Departure(at("2024-12-20"), False, None)
    assert kept.of("here") is None
    assert kept.of("back") is None


def test_nobody_is_known_to_have_left_before_a_command_looked(tmp_path: Path) -> None:
    settings = company(tmp_path)
    kept = departed.Departures(settings)
    assert kept.of("gone") is None
    departed.keep(settings, ended())
    assert kept.of("gone") is not None
