"""Processes that are killed while they write: what was acknowledged is there, nothing is half."""

import random
import signal
import time
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from serving.store import schema
from serving.store.engine import open_url
from tests.builders.deeds import Acknowledged, balance, do_deeds, prepare
from tests.builders.killed_server import serve
from tests.builders.killing import Writer, is_failed, killed_after
from tests.builders.postgres import Cluster, cluster, database
from tests.builders.served import served

SOON = 0.1
"""Mean of the seconds after which a writer is killed: about as long as its longest write."""


def campaign(url: str, kills: int, what: str, by: int = signal.SIGKILL) -> None:
    """Kill so many writers of one store at random instants and hold the store to their word."""
    dice = random.Random(kills)
    acknowledged: set[Acknowledged] = set()
    prepare(url)
    for number in range(kills):
        seconds = dice.expovariate(1 / SOON)
        acknowledged |= killed_after(seconds, do_deeds, url, f"w{number}", by=by)
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


def api_campaign(folder: Path, kills: int, what: str) -> None:
    """Kill the API so often while it takes feedback; whoever got no answer asks again."""
    made = served(folder, accounts=6, weeks=1)
    made.engine.dispose()
    dice = random.Random(kills)
    taken: set[str] = set()
    again: list[str] = []
    for number in range(kills + 1):
        server = Writer(serve, str(folder), made.settings.store_url)
        server.wait_for(1)
        with httpx.Client(base_url=server.reported[0], timeout=30) as client:
            for note in again:
                assert said(client, note)
                taken.add(note)
            again = []
            if number < kills:
                server.kill_in(dice.expovariate(1 / (2 * SOON)))
            for i in range(10_000 if number < kills else 5):
                note = f"{number}-{i}"
                if not said(client, note):
                    again.append(note)
                    break
                taken.add(note)
        server.kill()
    engine = open_url(made.settings.store_url)
    with engine.connect() as connection:
        kept = connection.execute(sa.select(schema.feedback.c.note)).scalars().all()
        keys = connection.execute(sa.select(schema.idempotency.c.given_key)).scalars().all()
    engine.dispose()
    lost, twice = taken - set(kept), len(kept) - len(set(kept))
    print(
        f"API on {what}: {kills} kills, {len(taken)} feedbacks answered 201, {len(lost)} lost, "
        f"{twice} kept twice, {len(kept) - len(keys)} without their answer"
    )
    assert sorted(kept) == sorted(taken)
    assert len(keys) == len(kept)


def said(client: httpx.Client, note: str) -> bool:
    """Send one feedback under its own key; False where the server did not live to answer."""
    body = {"verdict": "agree", "note": note}
    try:
        answer = client.post(
            "/v1/accounts/A00001/feedback", json=body, headers={"Idempotency-Key": note}
        )
    except httpx.TransportError:
        return False
    assert answer.status_code == 201, answer.text
    return True


@pytest.mark.scale
@pytest.mark.timeout(900)
def test_50_kills_of_the_api_on_sqlite(tmp_path: Path) -> None:
    api_campaign(tmp_path, 50, "SQLite")


@pytest.mark.scale
@pytest.mark.postgres
def test_20_kills_of_the_api_on_postgresql(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KENSHIN_STORE__URL", postgres_url)
    api_campaign(tmp_path, 20, "PostgreSQL")


def test_killed_writers_of_a_sqlite_store_lose_nothing_they_acknowledged(tmp_path: Path) -> None:
    campaign(f"sqlite:///{tmp_path / 'store.db'}", 15, "SQLite")


@pytest.mark.scale
def test_writers_that_are_asked_to_stop_half_way_leave_nothing_half(tmp_path: Path) -> None:
    campaign(f"sqlite:///{tmp_path / 'store.db'}", 3, "SQLite by SIGTERM", signal.SIGTERM)


@pytest.mark.postgres
def test_killed_writers_of_a_postgresql_store_lose_nothing_they_acknowledged(
    postgres_url: str,
) -> None:
    campaign(postgres_url, 8, "PostgreSQL")


@pytest.mark.scale
@pytest.mark.timeout(900)
def test_150_killed_writers_of_a_sqlite_store(tmp_path: Path) -> None:
    campaign(f"sqlite:///{tmp_path / 'store.db'}", 150, "SQLite")


@pytest.mark.scale
@pytest.mark.timeout(900)
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
