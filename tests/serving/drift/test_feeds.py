"""A cut feed never turns an account greener: while it is stale, no score rests on it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import snapshots
from features.sources import Tables
from features.tables import TABLES
from serving import scoring, statements
from serving.drift.feeds import Calendar, calendars, feeds_at, stale_feeds
from tests.builders.modelled import Company, company
from tests.builders.tables import make_tables

AS_OF = datetime(2026, 1, 1)
CUT_AT = datetime(2026, 10, 1)
ORDER = {"red": 0, "yellow": 1, "green": 2, "no_data": -1}


def calendar(days_ago: list[int], late: int = 0) -> Calendar:
    """Return a calendar of rows at noon so many days before `AS_OF`, known ``late`` days later."""
    today = (AS_OF - datetime(1970, 1, 1)).days
    days = np.array(sorted({today - ago for ago in days_ago}), dtype=np.int64)
    noon = np.asarray(
        days.astype("datetime64[D]").astype("datetime64[us]") + np.timedelta64(12, "h"),
        dtype="datetime64[us]",
    )
    return Calendar(days, days + 1 + late, noon)


def is_stale(days_ago: list[int], late: int = 0) -> bool:
    return bool(stale_feeds({"events": calendar(days_ago, late)}, AS_OF))


def test_a_daily_feed_is_stale_after_more_than_three_days() -> None:
    assert not is_stale(list(range(4, 300)))
    assert is_stale(list(range(5, 300)))


def test_a_monthly_feed_is_stale_after_two_months_and_no_sooner() -> None:
    assert not is_stale([20 + 30 * n for n in range(12)])
    assert not is_stale([59 + 30 * n for n in range(12)])
    assert is_stale([60 + 30 * n for n in range(12)])


def test_a_feed_with_too_few_rows_to_have_a_usual_gap_is_never_stale() -> None:
    assert not is_stale([200, 230, 260])
    assert stale_feeds({"events": calendar([])}, AS_OF) == {}


def test_rows_recorded_later_were_not_known() -> None:
    assert not is_stale(list(range(1, 300)), late=2)
    assert is_stale(list(range(1, 300)), late=9)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 20), min_size=12, max_size=60), st.integers(0, 60))
def test_a_feed_cut_for_longer_than_twice_its_longest_gap_is_always_found(
    gaps: list[int], beyond: int
) -> None:
    cut = max(2 * max(gaps[:-1]), 3) + 1 + beyond
    ago, days = cut + 1, []
    for gap in gaps:
        days.append(ago)
        ago += gap + 1
    if days[-1] - days[0] <= 365:
        assert is_stale(days)


def test_calendars_read_each_regular_table_once() -> None:
    rows = [
        {"account_id": "a", "occurred_at": AS_OF - timedelta(days=n, hours=3), "event": "x"}
        for n in (1, 1, 2, 5)
    ]
    tables = make_tables(AS_OF, accounts=[{"account_id": "a"}], events=rows)
    [feed] = feeds_at(calendars(tables), AS_OF).values()
    assert feed.last_at == AS_OF - timedelta(days=1, hours=3)
    assert feed.active_days == pytest.approx(3 / 90)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Company:
    return company(tmp_path_factory.mktemp("company"))


def bands(made: Company, tables: Tables) -> dict[str, str]:
    """Return each account's band at `CUT_AT` with what those tables tell."""
    built = snapshots.build(tables, made.settings, [CUT_AT])
    stale = stale_feeds(calendars(tables), CUT_AT)
    _, rows = scoring.score(
        made.settings, made.bundle, built.table, "s", "issued", CUT_AT, None, stale
    )
    return {row["account_id"]: row["band"] for row in rows}


@pytest.fixture(scope="module")
def before(made: Company) -> dict[str, str]:
    return bands(made, made.tables)


@pytest.mark.parametrize("table", ["events", "tickets"])
def test_with_a_feed_cut_each_account_has_no_score_or_no_better_band(
    made: Company, before: dict[str, str], table: str
) -> None:
    time, whole = cast(str, TABLES[table].time), made.tables[table]
    cut = whole.filter(whole[time] < CUT_AT - timedelta(days=40))
    after = bands(
        made, replace(made.tables, tables={**made.tables.tables, table: cut}, digests=None)
    )
    assert "no_data" not in before.values()
    assert after.keys() == before.keys()
    for account, band in after.items():
        assert ORDER[band] <= ORDER[before[account]], account
    assert (set(after.values()) == {"no_data"}) == (table in made.bundle.sources)


def test_the_reason_names_the_feed_and_only_one_the_score_rests_on(made: Company) -> None:
    matrix = np.ones((1, len(made.bundle.features)))
    assert "events" in made.bundle.sources
    assert statements.withheld(made.bundle, matrix, {"events": 9.5}) == ["stale_events"]
    assert statements.withheld(made.bundle, matrix, {"learning_elsewhere": 9.5}) == [None]
    run = {"stale_feeds": {"events": 9.5}}
    assert statements.days_behind("stale_events", run, made.bundle) == 9
