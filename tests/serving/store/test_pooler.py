"""The store behind a pooler that lends its connections for one transaction each."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
import sqlalchemy as sa

from features.errors import SettingsError
from serving.store import schema
from serving.store.engine import looking_up, open_url, writing
from serving.store.scores import save_run
from tests.builders.deeds import balance, do_deeds, prepare
from tests.builders.killing import killed_after, open_and_close, processes
from tests.builders.pooler import pooled
from tests.builders.runs import a_row, a_run

pytestmark = pytest.mark.postgres
BY_TRANSACTION = "?pooler=transaction"
OFTEN = 7
"""More than a statement is asked before the driver prepares it."""


@pytest.fixture
def pooler(postgres_url: str) -> Iterator[str]:
    """URL of an empty database by way of a pooler with two connections."""
    with pooled(postgres_url, 2) as url:
        yield url


def _asked_after_connections_changed_hands(engine: sa.Engine) -> int:
    """Ask the same often on one connection, then while another one holds the pooler's first."""
    count = sa.select(sa.func.count()).select_from(schema.scores).where(schema.scores.c.band == "x")
    with looking_up(engine).connect() as one, engine.connect() as other:
        for _ in range(OFTEN):
            one.execute(count).scalar_one()
        other.execute(sa.select(1))  # its transaction keeps the connection that was used last
        return int(one.execute(count).scalar_one())


def test_statements_are_understood_whichever_connection_they_come_to(pooler: str) -> None:
    engine = open_url(pooler + BY_TRANSACTION)
    assert _asked_after_connections_changed_hands(engine) == 0
    engine.dispose()


def test_without_a_word_of_the_pooler_they_are_not(pooler: str) -> None:
    engine = open_url(pooler)
    with pytest.raises(sa.exc.ProgrammingError, match="prepared statement"):
        _asked_after_connections_changed_hands(engine)
    engine.dispose()


def test_a_request_waits_its_time_for_a_lock_and_no_other_client_inherits_it(pooler: str) -> None:
    engine = open_url(pooler + BY_TRANSACTION, 3.0)
    shown = sa.text("SHOW lock_timeout")
    for _ in range(4):
        with writing(engine) as connection:
            assert connection.execute(shown).scalar_one() == "3s"
        with looking_up(engine).connect() as connection:
            assert connection.execute(shown).scalar_one() == "0"
    with psycopg.connect(pooler, prepare_threshold=None) as stranger:
        assert stranger.execute("SHOW lock_timeout").fetchone() == ("0",)
    engine.dispose()


def test_a_command_waits_for_as_long_as_it_takes(pooler: str) -> None:
    engine = open_url(pooler + BY_TRANSACTION)
    with writing(engine) as connection:
        assert connection.execute(sa.text("SHOW lock_timeout")).scalar_one() == "0"
    engine.dispose()


@pytest.mark.scale
def test_several_processes_make_the_tables_and_many_threads_write_and_read(pooler: str) -> None:
    url = pooler + BY_TRANSACTION
    openers = [processes().Process(target=open_and_close, args=(url,)) for _ in range(3)]
    for opener in openers:
        opener.start()
    for opener in openers:
        opener.join(60)
    assert [opener.exitcode for opener in openers] == [0] * 3
    engine = open_url(url, 3.0)

    def work(name: int) -> int:
        for number in range(OFTEN):
            run_id = f"r{name}-{number}"
            save_run(engine, a_run(run_id), [a_row(f"s{name}-{number}")])
        mine = schema.scores.c.run_id.like(f"r{name}-%")
        with looking_up(engine).connect() as connection:
            return connection.execute(sa.select(sa.func.count()).where(mine)).scalar_one()

    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(work, range(6))) == [OFTEN] * 6
    engine.dispose()


@pytest.mark.scale
def test_a_killed_writer_loses_nothing_it_acknowledged(pooler: str) -> None:
    url = pooler + BY_TRANSACTION
    prepare(url)
    acknowledged = killed_after(0.05, do_deeds, url, "w", finished=8)
    found = balance(url, acknowledged)
    assert (found.lost, found.partial) == ([], [])


def test_another_word_for_it_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"pooler=transaction in \[store\]\.url"):
        open_url("postgresql://me@127.0.0.1:9/none?pooler=session")
