"""What is rolled up beside the stored days says what the days say, whatever was delivered."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Literal

import duckdb
import ibis
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from features import erased
from features.checks.upstream import Delivery, WatchedTable, inspect, sampling
from features.checks.upstream.measuring import _counted, _first_time
from features.checks.upstream.sampling import SAMPLE_TABLE, Sample
from features.digests import Digests, compaction
from features.settings import Settings
from features.snapshots import build, content_id
from features.sources import Tables, examine
from tests.builders.company import random_company
from tests.builders.daily import END, Company, company, wrong

Step = Callable[[Company, Random], None]
Day = tuple[str, str, int]
KEYS: dict[Literal["user_id", "event"], str] = {"user_id": "user_days", "event": "event_days"}
LATELY = 56
CUTS = (END - timedelta(days=28), END)
ONLY = (
    "active_users_28d",
    "active_users_28d_vs_prev_28d",
    "distinct_events_28d",
    "days_since_last_event",
    "unevenness_90d",
    "users_kept_28d",
)


def arrives(made: Company, draw: Random) -> None:
    made.events(f"new-{draw.random()}", _some(draw, 30))


def arrives_late(made: Company, draw: Random) -> None:
    made.events(f"late-{draw.random()}", [_late(row, draw) for row in _some(draw, 10)])


def is_replaced(made: Company, draw: Random) -> None:
    made.events("part-0", [*_some(draw, 40), *wrong(draw)])


def goes(made: Company, draw: Random) -> None:
    files = sorted((made.folder / "events").iterdir())
    if len(files) > 1:
        draw.choice(files).unlink()


def is_erased(made: Company, draw: Random) -> None:
    there = erased.ready(made.settings)
    gone = there.of(draw.choice(["a0", "a1", "a2"]))
    erased.keep(made.settings, replace(there, subjects=there.subjects | {gone}))


STEPS: list[Step] = [
    arrives,
    arrives_late,
    is_replaced,
    goes,
    is_erased,
]


def _some(draw: Random, rows: int) -> list[dict[str, object]]:
    return draw.sample(random_company(draw.randrange(100), 4)["events"], rows)


def _late(row: dict[str, object], draw: Random) -> dict[str, object]:
    return row | {"recorded_at": END - timedelta(days=draw.randrange(60), hours=1)}


@pytest.fixture(autouse=True)
def delivered_tables(monkeypatch: pytest.MonkeyPatch) -> dict[str, WatchedTable]:
    """Return what is watched of the latest load; segments become one soon, samples are small."""
    monkeypatch.setattr(compaction, "MANY", 2)
    monkeypatch.setattr(sampling, "SAMPLE", 64)
    monkeypatch.setattr(sampling, "_BLOCK", 4)
    seen: dict[str, WatchedTable] = {}

    def noted(
        con: duckdb.DuckDBPyConnection,
        settings: Settings,
        tables: Sequence[WatchedTable],
        kept: dict[str, int],
        end: datetime,
        at: datetime,
    ) -> Delivery:
        seen.update({one.table: one for one in tables})
        return inspect(con, settings, tables, kept, end, at)

    monkeypatch.setattr("features.sources.delivered.inspect", noted)
    return seen


@settings(
    max_examples=2,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(st.sampled_from(STEPS), min_size=2, max_size=3), seed=st.integers(0, 99))
def test_whatever_was_delivered_what_is_rolled_up_says_what_the_rows_say(
    delivered_tables: dict[str, WatchedTable], steps: Sequence[Step], seed: int
) -> None:
    with TemporaryDirectory() as folder:
        made, draw = company(Path(folder) / "company", seed, accounts=4), Random(seed)
        tables = examine(made.settings).tables
        for step in steps:
            step(made, draw)
            tables = examine(made.settings).tables
            assert_rolled_up(tables)
            assert_watched(tables, delivered_tables["events"])
        for cut in CUTS:
            assert_same_snapshot(tables, made.settings, cut)


def assert_rolled_up(tables: Tables) -> None:
    digests = tables.digests
    assert digests is not None
    now = max(digests.known)
    for cut in (now - 30, now):
        for key, part in KEYS.items():
            days = _days(digests.days(part, [cut], None), key)
            newest = _days(digests.newest(key, [cut], None, LATELY), key)
            assert newest <= days
            assert _since(newest, cut - LATELY) == _since(days, cut - LATELY)
            assert _last(newest) == _last(days)
    used = digests.last_used([now])
    assert used is not None
    assert digests.last_used([now - 1]) is None
    assert _last(_days(used, "account_id")) == _last(_days(digests.used(), "account_id"))


def assert_watched(tables: Tables, watched: WatchedTable) -> None:
    con, plain = tables.backend.con, replace(watched, known=None)
    counted = _counted(con, watched)
    assert counted == _counted(con, plain)
    assert _first_time(con, watched) == _first_time(con, plain)
    total = sum(rows for _, rows in counted)
    assert _drawn(con, watched, total) == _drawn(con, plain, total) != []


def assert_same_snapshot(tables: Tables, settings: Settings, cut: datetime) -> None:
    found = build(tables, settings, [cut], only=ONLY).table
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Digests, "all_count", lambda self, cut_days: False)
        by_days = build(tables, settings, [cut], only=ONLY).table
    both = build(tables, settings, CUTS, only=ONLY).table
    assert content_id(found) == content_id(by_days)
    assert found.equals(both.filter(pc.equal(both["as_of"], cut)).combine_chunks())


def _days(rows: ibis.Table, key: str) -> set[Day]:
    table = rows.to_pyarrow()
    return set(zip(*(table[c].to_pylist() for c in ("account_id", key, "day")), strict=True))


def _since(days: set[Day], first: int) -> set[Day]:
    return {day for day in days if day[2] >= first}


def _last(days: set[Day]) -> dict[tuple[str, str], int]:
    return {(account, key): day for account, key, day in sorted(days, key=lambda row: row[2])}


def _drawn(con: duckdb.DuckDBPyConnection, watched: WatchedTable, rows: int) -> list[Any]:
    Sample.draw(con, watched, rows)
    return con.execute(f"SELECT * FROM {SAMPLE_TABLE}").fetchall()
