"""Processes that are killed while they write: what was acknowledged is there, nothing is half."""

import random
import time
from pathlib import Path

import pytest

from tests.builders.deeds import Acknowledged, balance, do_deeds, prepare
from tests.builders.killing import Writer, is_failed, killed_after
from tests.builders.postgres import Cluster, cluster, database

SOON = 0.06
"""Mean of the seconds after which a writer is killed: about as long as its longest write."""


def campaign(url: str, kills: int, what: str) -> None:
    """Kill so many writers of one store at random instants and hold the store to their word."""
    dice = random.Random(kills)
    acknowledged: set[Acknowledged] = set()
    prepare(url)
    for number in range(kills):
        seconds = dice.expovariate(1 / SOON)
        acknowledged |= killed_after(seconds, do_deeds, url, f"w{number}")
    acknowledged |= killed_after(0, do_deeds, url, "last", finished=20)
    found = balance(url, acknowledged)
    print(found.line(kills + 1, what))
    assert found.lost == []
    assert found.partial == []
    assert found.unacknowledged <= kills + 1
    assert len({kind for kind, _ in acknowledged}) == 5


def postmaster_campaign(made: Cluster, url: str, kills: int) -> None:
    """Kill the server under a writer that goes on, so many times, and start it again."""
    dice = random.Random(kills)
    writer = Writer(do_deeds, url, "patient")
    for _ in range(kills):
        writer.wait_for(20)
        time.sleep(dice.expovariate(1 / SOON))
        made.kill()
        made.start()
        writer.wait_for(20)
    writer.kill()
    failed = [report for report in writer.reported if is_failed(report)]
    found = balance(url, {report for report in writer.reported if not is_failed(report)})
    print(found.line(kills, "kill -9 of the postmaster"), f"; {len(failed)} writes failed aloud")
    assert failed
    assert found.lost == []
    assert found.partial == []


def test_killed_writers_of_a_sqlite_store_lose_nothing_they_acknowledged(tmp_path: Path) -> None:
    campaign(f"sqlite:///{tmp_path / 'store.db'}", 15, "SQLite")


@pytest.mark.postgres
def test_killed_writers_of_a_postgresql_store_lose_nothing_they_acknowledged(
    postgres_url: str,
) -> None:
    campaign(postgres_url, 8, "PostgreSQL")


@pytest.mark.scale
def test_150_killed_writers_of_a_sqlite_store(tmp_path: Path) -> None:
    campaign(f"sqlite:///{tmp_path / 'store.db'}", 150, "SQLite")


@pytest.mark.scale
@pytest.mark.postgres
def test_80_killed_writers_and_5_killed_servers_of_a_postgresql_store() -> None:
    with cluster() as made, database(made.url) as url:
        campaign(url, 80, "PostgreSQL")
    with cluster() as made, database(made.url) as url:
        prepare(url)
        postmaster_campaign(made, url, 5)


@pytest.mark.postgres
def test_a_writer_outlives_a_killed_postgresql_server_and_goes_on() -> None:
    with cluster() as made, database(made.url) as url:
        prepare(url)
        postmaster_campaign(made, url, 1)
