"""The whole catalogue tells only what was known, in whatever order, zone and number of threads."""

import os
import subprocess
import sys
import time
from datetime import datetime, timedelta
from random import Random

import pytest

from features.snapshots import Snapshot, build, content_id
from tests.builders.company import DAYS, START, Rows, random_company
from tests.builders.tables import make_tables
from tests.builders.unknown import copies, differences, poison, truncate
from tests.features.catalogue.golden.case import SETTINGS

SEED = 7
END = START + timedelta(days=DAYS)
CUTS = [START + timedelta(days=d) for d in range(230, DAYS, 25)]


def snapshot_of(rows: Rows, cuts: list[datetime] = CUTS, threads: int = 1) -> Snapshot:
    return build(make_tables(END, threads=threads, **rows), SETTINGS, cuts)


@pytest.fixture(scope="module")
def company() -> Rows:
    return random_company(SEED)


@pytest.fixture(scope="module")
def truth(company: Rows) -> Snapshot:
    return snapshot_of(company)


def test_the_company_has_what_makes_time_difficult(company: Rows, truth: Snapshot) -> None:
    assert len(CUTS) >= 20
    assert truth.table.num_rows > 200
    late = [row for name in company for row in company[name] if row.get("recorded_at")]
    assert len(late) > 200
    assert max(truth.table["past_spells"].to_pylist()) > 0
    for feature in truth.features:
        assert truth.table[feature.name].null_count < truth.table.num_rows, feature.name


def test_deleting_what_was_not_known_changes_nothing(company: Rows, truth: Snapshot) -> None:
    assert differences(snapshot_of(copies(company, truncate, CUTS)), truth, CUTS) == set()


def test_extreme_rows_that_were_not_known_change_nothing(company: Rows, truth: Snapshot) -> None:
    assert differences(snapshot_of(copies(company, poison(SEED), CUTS)), truth, CUTS) == set()


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
