"""The same content gives the same hash: 50 orders of the rows, threads, files, zones of a process.

One build answers for all orders: the company is copied 50 times and the rows of all copies are
shuffled together, so that each copy's rows stand in an order of their own.
"""

import os
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from features.settings import load_settings
from features.snapshots import Snapshot, build, content_id
from features.sources import load_tables
from tests.builders.company import Rows, random_company
from tests.builders.tables import as_arrow, make_tables
from tests.builders.unknown import copies, unmarked
from tests.features.catalogue.golden.case import SETTINGS
from tests.features.truth.conftest import CUTS, END, SEED

ORDERS = 50
ONE_OF_EACH_VIEW = (
    "events_28d",
    "unevenness_90d",
    "days_since_last_event",
    "active_users_28d",
    "users_kept_28d",
    "distinct_events_90d",
    "never_connected",
    "mrr_change_90d",
    "resolution_hours_365d",
    "survey_change",
    "inbound_messages_90d",
    "days_since_meeting",
    "late_share_365d",
    "courses_completed",
    "plan",
)


def small() -> Rows:
    return random_company(SEED, accounts=12)


def snapshot_of(
    rows: Rows, threads: int = 1, only: tuple[str, ...] | None = None, cuts: int = 3
) -> Snapshot:
    return build(make_tables(END, threads=threads, **rows), SETTINGS, CUTS[:cuts], only=only)


@pytest.fixture(scope="module")
def truth() -> Snapshot:
    return snapshot_of(small())


@pytest.mark.slow
def test_fifty_orders_and_two_threads_have_the_same_hash(truth: Snapshot) -> None:
    many = copies(small(), lambda name, row, cut: iter((row,)), [END] * ORDERS)
    draw = Random(SEED)
    shuffled = {name: draw.sample(rows, len(rows)) for name, rows in many.items()}
    found = snapshot_of(shuffled, threads=2).table
    hashes = set()
    for number in range(ORDERS):
        mine = found.filter(pc.starts_with(found["account_id"], f"{number}|"))
        hashes.add(content_id(unmarked(mine, truth.table.schema)))
    assert hashes == {content_id(truth.table)}


def test_one_cut_off_alone_has_the_rows_it_has_among_many() -> None:
    alone = build(make_tables(END, **small()), SETTINGS, [CUTS[9]], only=ONE_OF_EACH_VIEW)
    among = snapshot_of(small(), only=ONE_OF_EACH_VIEW, cuts=len(CUTS)).table.to_pylist()
    assert alone.table.to_pylist() == [row for row in among if row["as_of"] == CUTS[9]]


def test_a_feature_alone_has_the_values_it_has_among_all(truth: Snapshot) -> None:
    for name in ("survey_change", "users_kept_28d"):
        alone = snapshot_of(small(), only=(name,)).table
        assert alone[name].to_pylist() == truth.table[name].to_pylist()


def test_events_in_one_file_or_in_many_have_the_same_hash(tmp_path: Path) -> None:
    company = small()
    text = f"[data]\nobserved_until = {END.isoformat()}\n"
    for name in ("accounts", "subscriptions", "events"):
        table = as_arrow(name, company[name])
        pq.write_table(table, tmp_path / f"{name}.parquet")
        text += f'[tables.{name}]\nfile = "{name}.parquet"\n'
        for part in range(5):
            rows = list(range(4 - part, table.num_rows, 5))[::-1]
            pq.write_table(table.take(rows), tmp_path / f"{name}-part-{part}.parquet")
    hashes = set()
    for ending in (".parquet", "-part-*.parquet"):
        (tmp_path / "kenshin.toml").write_text(text.replace(".parquet", ending))
        tables = load_tables(load_settings(tmp_path / "kenshin.toml"), now=END).tables
        only = ("events_28d", "active_users_28d", "mrr", "plan")
        hashes.add(content_id(build(tables, SETTINGS, CUTS[:3], only=only).table))
    assert len(hashes) == 1


PROGRAM = (
    "from tests.features.truth.test_order import *;print(content_id(snapshot_of(small()).table))"
)


@pytest.mark.slow
def test_four_time_zones_have_the_same_hash(
    truth: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process begun in the fourth zone, because engines read their default zone only once."""
    began = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "TZ": "Pacific/Chatham"},
        stdout=subprocess.PIPE,
        text=True,
    )
    expected = content_id(truth.table.select(["account_id", "as_of", *ONE_OF_EACH_VIEW]))
    for zone in ("Asia/Tokyo", "America/New_York"):
        with monkeypatch.context() as patched:
            patched.setenv("TZ", zone)
            time.tzset()
            table = snapshot_of(small(), only=ONE_OF_EACH_VIEW).table
            found = content_id(table.select(["account_id", "as_of", *ONE_OF_EACH_VIEW]))
            assert found == expected, zone
    time.tzset()
    assert began.communicate()[0].strip() == content_id(truth.table)
