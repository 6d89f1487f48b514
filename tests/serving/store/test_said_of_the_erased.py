"""Nothing is kept about a score whose account is erased meanwhile."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from features.errors import NotFoundError
from serving.feedback import Said, keep
from serving.overrides import kept
from serving.overrides.override import Override
from serving.store.engine import writing
from serving.store.schema import feedback, overrides
from serving.subjects.rows import named, remove
from tests.builders.runs import AS_OF
from tests.serving.store.test_erased_rows import ENTRY, filled

SCORE: dict[str, object] = {"account_id": "account-3", "score_id": "s0-3", "band": "green"}
HELD = Override(AS_OF, "hana", "red", (AS_OF + timedelta(days=9)).date(), "their sponsor left")


def say(connection: sa.Connection) -> None:
    keep(connection, "account-3", "s0-3", Said(AS_OF, "agree", None, "noted"))


def hold(connection: sa.Connection) -> None:
    kept.keep(connection, SCORE, HELD, "f" * 64)


def left(engine: sa.Engine) -> int:
    with engine.connect() as connection:
        counts = [
            sa.select(sa.func.count()).where(table.c.account_id == "account-3")
            for table in (feedback, overrides)
        ]
        return sum(int(connection.execute(count).scalar_one()) for count in counts)


@pytest.mark.parametrize("write", [say, hold])
def test_what_was_read_before_and_is_written_after_is_refused(
    engine: sa.Engine, write: Callable[[sa.Connection], None]
) -> None:
    filled(engine, runs=1, accounts=5)
    with writing(engine) as connection:
        write(connection)
    assert left(engine) == 2 if write is say else 1
    remove(engine, named(engine, "account-3"), ENTRY)
    with pytest.raises(NotFoundError), writing(engine) as connection:
        write(connection)
    assert left(engine) == 0


@pytest.mark.parametrize("write", [say, hold])
def test_what_is_being_written_goes_with_the_erasure_that_waits_for_it(
    engine: sa.Engine, write: Callable[[sa.Connection], None]
) -> None:
    filled(engine, runs=1, accounts=5)
    subject, begun = named(engine, "account-3"), threading.Event()

    def erase() -> None:
        begun.set()
        remove(engine, subject, ENTRY)

    with ThreadPoolExecutor(1) as pool:
        with writing(engine) as connection:
            write(connection)
            erasing = pool.submit(erase)
            begun.wait(10)
        erasing.result(30)
    assert left(engine) == 0
