"""Days, cut-offs, and the last row seen at each: against the plain definition, row by row."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import ibis
import pyarrow as pa
import pytest

from features import windows
from features.errors import SettingsError
from tests.builders.tables import at

DATES = [at("2024-03-01"), at("2024-03-11"), at("2024-04-01"), at("2024-06-01")]


def placed_rows(seed: int, count: int = 400) -> list[dict[str, Any]]:
    draw = Random(seed)
    first = windows.day_number(at("2024-01-01"))
    rows = []
    for _ in range(count):
        day = first + draw.randrange(160)
        known = day + 1 + draw.choice((0, 0, 0, 1, 5, 40))
        rows.append(
            {
                "account_id": draw.choice("ab"),
                "user_id": draw.choice(("u", "v", "w", "x")),
                "day": day,
                "known": known,
            }
        )
    return rows


@pytest.mark.parametrize("seed", range(10))
def test_the_last_row_seen_is_the_latest_of_those_that_count(seed: int) -> None:
    rows = placed_rows(seed)
    con = ibis.duckdb.connect()
    seen = windows.last_seen(ibis.memtable(pa.Table.from_pylist(rows)), ["user_id"])
    found = con.to_pyarrow(windows.seen_at(seen, windows.cuts(DATES))).to_pylist()
    expected: dict[tuple[int, str, str], int] = {}
    for c in map(windows.day_number, DATES):
        for row in rows:
            if row["known"] <= c and row["day"] < c:
                key = (c, row["account_id"], row["user_id"])
                expected[key] = max(row["day"], expected.get(key, 0))
    assert {(r["c"], r["account_id"], r["user_id"]): r["day"] for r in found} == expected
    assert len(found) == len(expected)


def test_reach_keeps_the_rows_of_the_window_only() -> None:
    c = windows.day_number(DATES[0])
    days = [c - 28, c - 29, c - 1]
    rows = [{"account_id": "a", "day": d, "known": d + 1} for d in days]
    con = ibis.duckdb.connect()
    placed = windows.at_cuts(
        ibis.memtable(pa.Table.from_pylist(rows)), windows.cuts(DATES[:1]), reach=28
    )
    assert sorted(con.to_pyarrow(placed)["day"].to_pylist()) == [c - 28, c - 1]


@pytest.mark.parametrize(
    ("instant", "midnight"),
    [
        (datetime(2024, 2, 29, 23, 59, 59, 999999), datetime(2024, 2, 29)),
        (datetime(2024, 3, 1), datetime(2024, 3, 1)),
        (datetime(2024, 3, 1, tzinfo=UTC), datetime(2024, 3, 1)),
    ],
)
def test_midnight_is_the_one_at_or_before(instant: datetime, midnight: datetime) -> None:
    assert windows.midnight(instant) == midnight


def test_days_are_numbered_by_utc_over_leap_days_and_month_ends() -> None:
    days = [at("2024-02-28"), at("2024-02-29"), at("2024-03-01"), at("2024-12-31")]
    numbers = [windows.day_number(day) for day in days]
    assert [n - numbers[0] for n in numbers] == [0, 1, 2, 307]
    rows = ibis.memtable(pa.table({"at": pa.array([d + timedelta(hours=23) for d in days])}))
    found = ibis.duckdb.connect().to_pyarrow(rows.select(day=windows.day_of(rows["at"])))
    assert found["day"].to_pylist() == numbers


def test_midnights_are_sorted_and_each_once() -> None:
    assert windows.require_midnights([DATES[1], DATES[0], DATES[1]]) == DATES[:2]


def test_no_as_of_at_all_is_refused() -> None:
    with pytest.raises(SettingsError, match="at least one as_of"):
        windows.require_midnights([])


def test_an_as_of_within_a_day_is_refused_with_what_to_write() -> None:
    with pytest.raises(SettingsError, match="Give a date without a time of day"):
        windows.require_midnights([at("2024-03-01", "00:00:01")])
