"""A look into the SQLite file from the event loop: what is there now, or nothing at once."""

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from serving.store.engine import open_url, writing
from serving.store.peek import Peek
from serving.store.schema import erased

FOUND = (
    sa.select(erased.c.at)
    .where(erased.c.subject_hash == sa.bindparam("who"), erased.c.at > "2000")
    .limit(1)
)


@pytest.fixture
def store(tmp_path: Path) -> sa.Engine:
    return open_url(f"sqlite:///{tmp_path / 'store.db'}")


def put(engine: sa.Engine, who: str) -> None:
    with writing(engine) as connection:
        connection.exec_driver_sql("INSERT INTO erased VALUES (?, '2026-11-01')", (who,))


def test_a_row_is_seen_as_soon_as_it_is_written_and_no_longer_than_it_is_there(
    store: sa.Engine,
) -> None:
    peek = Peek(store, FOUND)
    assert peek.ask(who="a") == []
    put(store, "a")
    assert peek.ask(who="a") == [("2026-11-01",)]
    with writing(store) as connection:
        connection.execute(sa.delete(erased))
    assert peek.ask(who="a") == []
    store.dispose()


def test_a_file_put_in_place_of_the_other_is_the_one_that_is_read(
    store: sa.Engine, tmp_path: Path
) -> None:
    peek = Peek(store, FOUND)
    put(store, "a")
    assert peek.ask(who="a")
    other = open_url(f"sqlite:///{tmp_path / 'other.db'}")
    put(other, "b")
    other.dispose()
    (tmp_path / "other.db").replace(tmp_path / "store.db")
    for name in ("store.db-wal", "store.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    assert (peek.ask(who="a"), peek.ask(who="b")) == ([], [("2026-11-01",)])
    store.dispose()


def test_a_file_that_is_gone_or_locked_is_left_to_those_who_can_wait(
    store: sa.Engine, tmp_path: Path
) -> None:
    peek = Peek(store, FOUND)
    put(store, "a")
    store.dispose()
    alone = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    alone.execute("PRAGMA locking_mode=EXCLUSIVE")
    alone.execute("BEGIN EXCLUSIVE")
    assert peek.ask(who="a") is None
    alone.close()
    assert peek.ask(who="a") == [("2026-11-01",)]
    (tmp_path / "store.db").unlink()
    assert peek.ask(who="a") is None
    store.dispose()


def test_nothing_stays_open_when_the_engine_is_closed(store: sa.Engine, tmp_path: Path) -> None:
    peek = Peek(store, FOUND)
    assert peek.ask(who="a") == []
    store.dispose()
    assert not (tmp_path / "store.db-wal").exists()  # SQLite removes it with the last connection


def test_a_database_elsewhere_is_never_asked() -> None:
    engine = sa.create_engine("postgresql+psycopg://nobody@nowhere.invalid/none")
    assert Peek(engine, FOUND).ask(who="a") is None
