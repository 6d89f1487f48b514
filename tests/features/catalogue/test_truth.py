"""The whole catalogue knows nothing but what was known: truncate, poison, shuffle, zones, threads.

One build answers for many cut-offs: the company is copied once per cut-off, each copy changed after
its own, and each copy is compared with the untouched company at that cut-off only.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from features.snapshots import Snapshot, build, content_id
from features.tables import TABLES
from tests.builders.company import DAYS, START, Rows, random_company
from tests.builders.tables import make_tables
from tests.features.catalogue.golden.case import SETTINGS

SEED = 7
END = START + timedelta(days=DAYS)
CUTS = [START + timedelta(days=d) for d in range(230, DAYS, 25)]
ENDS = {"subscriptions": ("ended_at",), "tickets": ("resolved_at",), "invoices": ("paid_at",)}

Row = dict[str, Any]
Change = Callable[[str, Row, datetime], Iterator[Row]]


def snapshot_of(rows: Rows, cuts: list[datetime] = CUTS, threads: int = 1) -> Snapshot:
    return build(make_tables(END, threads=threads, **rows), SETTINGS, cuts)


@pytest.fixture(scope="module")
def company() -> Rows:
    return random_company(SEED)


@pytest.fixture(scope="module")
def truth(company: Rows) -> Snapshot:
    return snapshot_of(company)


def changed(company: Rows, change: Change) -> Snapshot:
    """Return the company at each cut-off from a copy changed for it."""
    copies: Rows = {name: [] for name in company}
    for number, cut in enumerate(CUTS):
        for name, rows in company.items():
            for row in rows:
                for new in change(name, row, cut):
                    copies[name].append({**new, "account_id": f"{number}|{row['account_id']}"})
    return snapshot_of(copies)


def assert_same(found: Snapshot, truth: Snapshot) -> None:
    numbers = {cut: number for number, cut in enumerate(CUTS)}
    rows = {}
    for row in found.table.to_pylist():
        number, account = row["account_id"].split("|")
        if int(number) == numbers[row["as_of"]]:
            rows[row["as_of"], account] = {**row, "account_id": account}
    expected = {(row["as_of"], row["account_id"]): row for row in truth.table.to_pylist()}
    assert rows.keys() == expected.keys()
    different = {
        (name, key)
        for key, row in expected.items()
        for name, value in row.items()
        if rows[key][name] != value
    }
    assert different == set()


def known(name: str, row: Row, cut: datetime) -> bool:
    happened = row[TABLES[name].time or ""]
    recorded = row.get("recorded_at")
    return (happened is None or happened < cut) and (recorded is None or recorded < cut)


def test_the_company_has_what_makes_time_difficult(company: Rows, truth: Snapshot) -> None:
    assert len(CUTS) >= 20
    assert truth.table.num_rows > 200
    late = [row for name in company for row in company[name] if row.get("recorded_at")]
    assert len(late) > 200
    assert max(truth.table["past_spells"].to_pylist()) > 0
    for feature in truth.features:
        assert truth.table[feature.name].null_count < truth.table.num_rows, feature.name


def test_deleting_what_was_not_known_changes_nothing(company: Rows, truth: Snapshot) -> None:
    def truncate(name: str, row: Row, cut: datetime) -> Iterator[Row]:
        if known(name, row, cut):
            hidden = [end for end in ENDS.get(name, ()) if row[end] and row[end] >= cut]
            silenced = {"csat": None} if name == "tickets" and hidden else {}
            yield {**row, **dict.fromkeys(hidden), **silenced}

    assert_same(changed(company, truncate), truth)


def test_extreme_rows_that_were_not_known_change_nothing(company: Rows, truth: Snapshot) -> None:
    draw = Random(SEED)

    def poison(name: str, row: Row, cut: datetime) -> Iterator[Row]:
        if name == "accounts":
            yield row
            return
        if known(name, row, cut):
            moved = {
                end: draw.choice((None, cut, cut + timedelta(days=draw.randrange(999))))
                for end in ENDS.get(name, ())
                if row[end] is None or row[end] >= cut
            }
            yield {**row, **moved}
        yield extreme(name, row, cut, draw)

    assert_same(changed(company, poison), truth)


def extreme(name: str, row: Row, cut: datetime, draw: Random) -> Row:
    """Return ``row`` made enormous, and known only from the cut-off on."""
    new = dict(row)
    for column, value in row.items():
        if isinstance(value, float):
            new[column] = draw.choice((1e300, -1e300, 1e12))
        elif isinstance(value, int) and not isinstance(value, bool):
            new[column] = 2**50
    if "user_id" in new:
        new["user_id"] = f"x{draw.random()}"
    happened = TABLES[name].time or ""
    if draw.random() < 0.5:
        new["recorded_at"] = cut + timedelta(days=draw.randrange(3))
    else:
        new[happened] = cut + timedelta(days=draw.choice((0, 1, 500)))
    return new


def test_shuffled_rows_have_the_same_hash(company: Rows, truth: Snapshot) -> None:
    draw = Random(SEED)
    shuffled = {name: draw.sample(rows, len(rows)) for name, rows in company.items()}
    assert content_id(snapshot_of(shuffled).table) == content_id(truth.table)


def test_two_threads_have_the_same_hash(company: Rows, truth: Snapshot) -> None:
    assert content_id(snapshot_of(company, threads=2).table) == content_id(truth.table)


def test_one_cut_off_alone_has_the_rows_it_has_among_many(company: Rows, truth: Snapshot) -> None:
    alone = snapshot_of(company, cuts=[CUTS[9]])
    among = [row for row in truth.table.to_pylist() if row["as_of"] == CUTS[9]]
    assert alone.table.to_pylist() == among


PROGRAM = (
    "from tests.features.catalogue.test_truth import *;"
    "print(content_id(snapshot_of(random_company(SEED, 6), CUTS[:3]).table))"
)


def test_four_time_zones_have_the_same_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process begun in the fourth zone, because engines read their default zone only once."""
    began = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "TZ": "Pacific/Chatham"},
        stdout=subprocess.PIPE,
        text=True,
    )
    found = set()
    for zone in ("UTC", "Asia/Tokyo", "America/New_York"):
        with monkeypatch.context() as patched:
            patched.setenv("TZ", zone)
            time.tzset()
            found.add(content_id(snapshot_of(random_company(SEED, 6), CUTS[:3]).table))
    time.tzset()
    found.add(began.communicate()[0].strip())
    assert len(found) == 1
