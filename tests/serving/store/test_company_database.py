"""A company's own PostgreSQL: made in another language, shared, at work by many at once."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from psycopg.pq import TransactionStatus

from features.errors import NotReadyError
from serving import audit
from serving.access import keys
from serving.access.keys import KeyRefusedError
from serving.accounts.listing import Question, in_order, page
from serving.overrides import kept
from serving.overrides.override import Override
from serving.store.engine import CONNECTIONS, looking_up, open_url, writing
from serving.store.schema import runs
from serving.store.scores import known_accounts, latest_run, rows_of, save_run
from tests.builders.postgres import database, store
from tests.builders.runs import AS_OF, a_row, a_run

IDS = ["A1", "Z", "a-1", "a1", "a_2", "ä", "あ", "ア", "株", "\U0001f600"]
"""In the order of their code points; by English rules a-1, a1, A1, a_2, ä, Z."""

UNTIL = (AS_OF + timedelta(days=9)).date()


@pytest.fixture
def elsewhere(postgres_server: str) -> Iterator[sa.Engine]:
    """An empty store in PostgreSQL, the transactions of which wait two seconds for each other."""
    with store(postgres_server) as url:
        engine = open_url(url, patience_seconds=2)
        yield engine
        engine.dispose()


def test_ids_are_in_one_order_on_every_database(engine: sa.Engine) -> None:
    rows = [a_row(f"s{place}", name) for place, name in enumerate(reversed(IDS))]
    save_run(engine, a_run("r1"), rows)
    run = latest_run(engine)
    assert run is not None
    question, listed, after = Question(), [], None
    with engine.connect() as connection:
        while True:
            part = page(connection, run, None, question, 3, after)
            listed += [row["account_id"] for row in part.rows]
            after = part.end
            if after is None:
                break
        assert in_order(connection, run, None, question) == IDS
    assert listed == IDS
    assert [row["account_id"] for row in rows_of(engine, "r1")] == IDS
    assert known_accounts(engine) == IDS


def test_a_company_s_words_are_kept_at_any_length(engine: sa.Engine) -> None:
    long = "情報通信業、その他のサービス業 " * 60
    words = dict.fromkeys(("name", "name_en", "plan", "industry", "size", "region", "owner"), long)
    row = a_row("s1", currency="points", unusual_reason=long) | words
    save_run(engine, a_run("r1"), [row])
    (kept_row,) = rows_of(engine, "r1")
    assert {name: kept_row[name] for name in words} == words
    assert (kept_row["currency"], kept_row["unusual_reason"]) == ("points", long)


@pytest.mark.postgres
@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_that_cannot_hold_every_name_is_refused(
    postgres_server: str, encoding: str
) -> None:
    made = f"TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'"
    with database(postgres_server, made) as url:
        with pytest.raises(NotReadyError, match=rf"in UTF8.*{encoding}.*createdb") as refused:
            open_url(url)
        assert refused.value.status == 503


@pytest.mark.postgres
def test_a_database_in_which_the_user_may_make_nothing_is_a_sentence(postgres_server: str) -> None:
    with database(postgres_server) as url, psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE ROLE stranger LOGIN")
        try:
            strange = sa.make_url(url).set(username="stranger")
            with pytest.raises(NotReadyError, match=r"owner is the user.*permission denied"):
                open_url(strange.render_as_string(hide_password=False))
        finally:
            connection.execute("DROP ROLE stranger")


@contextmanager
def waiting(engine: sa.Engine, act: Callable[[], Any]) -> Iterator[list[Any]]:
    """Start ``act`` in a thread and go on once it waits for a lock; at the end it has returned."""
    told: list[Any] = []
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(act)
        until = time.monotonic() + 30
        query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        while not asked.done() and time.monotonic() < until:
            with engine.connect() as connection:
                if connection.execute(sa.text(query)).scalar_one():
                    break
        yield told
        told.append(asked.exception() or asked.result())


def held(engine: sa.Engine, band: str) -> None:
    said = Override(AS_OF, "hana", band, UNTIL, "their sponsor left")
    with writing(engine) as connection:
        kept.keep(connection, {**a_row("s1"), "band": "green"}, said, "f" * 64)


@pytest.mark.postgres
def test_of_two_overrides_at_once_one_holds(elsewhere: sa.Engine) -> None:
    save_run(elsewhere, a_run("r1"), [a_row("s1")])
    said = Override(AS_OF, "rin", "yellow", UNTIL, "they grow")
    with elsewhere.connect() as connection:
        first = connection.begin()
        kept.keep(connection, {**a_row("s1"), "band": "green"}, said, "f" * 64)
        with waiting(elsewhere, lambda: held(elsewhere, "red")):
            first.commit()
        newest, before = kept.of_account(connection, "a")
    assert (newest["band"], newest["ended_at"]) == ("red", None)
    assert (before["band"], before["ended_by"]) == ("yellow", "hana")


@pytest.mark.postgres
def test_withdrawing_and_holding_at_once_never_lock_each_other_out(elsewhere: sa.Engine) -> None:
    save_run(elsewhere, a_run("r1"), [a_row("s1")])
    held(elsewhere, "red")
    with elsewhere.connect() as connection:
        first = connection.begin()
        assert kept.withdraw(connection, "a", AS_OF, "rin", "f" * 64)
        with waiting(elsewhere, lambda: held(elsewhere, "yellow")) as told:
            first.commit()
        assert told == [None]
        assert kept.in_force(connection, "a", AS_OF)["band"] == "yellow"  # type: ignore[index]


@pytest.mark.postgres
def test_of_two_rotations_at_once_one_makes_a_key(elsewhere: sa.Engine) -> None:
    made = keys.create(elsewhere, "crm", ["read"], now=AS_OF, by="hana").key.key_id
    together, told = threading.Barrier(2), []

    def rotate() -> None:
        together.wait()
        try:
            told.append(keys.rotate(elsewhere, made, now=AS_OF, by="hana").key.key_id)
        except KeyRefusedError:
            told.append("refused")

    with ThreadPoolExecutor(2) as pool:
        for one in [pool.submit(rotate), pool.submit(rotate)]:
            one.result()
    assert told.count("refused") == 1
    assert len(keys.listed(elsewhere)) == 2


@pytest.mark.postgres
def test_a_run_of_other_settings_keeps_nobody_from_the_audit_log(elsewhere: sa.Engine) -> None:
    save_run(elsewhere, a_run("r1"), [a_row("s1")])

    def rows() -> Iterator[dict[str, Any]]:
        yield a_row("s2")
        keys.create(elsewhere, "meanwhile", ["read"], now=AS_OF, by="hana")
        yield a_row("s3", "b")

    save_run(elsewhere, a_run("r2", settings_version="ba9876543210"), rows())
    with audit.reading(elsewhere) as connection:
        said = [entry.action for entry in audit.entries(connection)]
        assert audit.verify(connection) is None
    assert said == ["settings changed", "key created"]


def _fail_half_way(engine: sa.Engine) -> None:
    with writing(engine) as connection:
        connection.execute(sa.insert(runs), a_run("r1"))
        raise KeyError


@pytest.mark.postgres
def test_a_look_up_opens_no_transaction_and_leaves_the_next_writer_one(
    elsewhere: sa.Engine,
) -> None:
    query = sa.select(runs.c.run_id)
    for engine, open_then in ((looking_up(elsewhere), False), (elsewhere, True)):
        with engine.connect() as connection:
            assert connection.execute(query).all() == []
            raw: Any = connection.connection.driver_connection
            assert (raw.info.transaction_status != TransactionStatus.IDLE) == open_then
    with pytest.raises(KeyError):
        _fail_half_way(elsewhere)
    with looking_up(elsewhere).connect() as connection:
        assert connection.execute(query).all() == []
        save_run(elsewhere, a_run("r2"), [a_row("s2")])
        assert connection.execute(query).scalars().all() == ["r2"]


def test_of_sqlite_a_look_up_is_as_any_other(tmp_path: Path) -> None:
    engine = open_url(f"sqlite:///{tmp_path / 'store.db'}")
    assert looking_up(engine) is engine
    engine.dispose()


@pytest.mark.postgres
def test_connections_are_kept_as_many_as_there_may_be(elsewhere: sa.Engine) -> None:
    for _ in range(2):
        with ExitStack() as taken:
            for _ in range(CONNECTIONS):
                taken.enter_context(elsewhere.connect())
    with elsewhere.connect() as connection:
        mine = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        assert connection.execute(sa.text(mine)).scalar_one() == CONNECTIONS
