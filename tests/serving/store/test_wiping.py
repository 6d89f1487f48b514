"""After an erasure the bytes go as well, while there are readers and when they have gone."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from serving.subjects.rows import named, remove
from serving.subjects.wiping import wipe
from tests.serving.store.test_erased_rows import ENTRY, filled

NAME = "Company 3 of many"
PATIENCE = 0.2


def erased_from(engine: sa.Engine) -> None:
    remove(engine, named(engine, "account-3"), ENTRY)
    with engine.connect() as connection:
        asked = sa.text("SELECT count(*) FROM scores WHERE account_id = 'account-3'")
        assert connection.execute(asked).scalar_one() == 0


def holds(engine: sa.Engine) -> bool:
    """Return whether the file of the scores has the name's bytes, on PostgreSQL."""
    asked = sa.text(
        "SELECT position(convert_to(:name, 'UTF8') IN "
        "pg_read_binary_file(pg_relation_filepath('scores'))) > 0"
    )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("CHECKPOINT"))
        return bool(connection.execute(asked, {"name": NAME}).scalar_one())


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("read", "level"),
    [("SELECT count(*) FROM scores", "READ COMMITTED"), ("SELECT 1", "REPEATABLE READ")],
    ids=["of the table", "of anything, begun before"],
)
def test_an_erasure_succeeds_beside_a_reader_whose_end_lets_the_bytes_go(
    postgres_url: str, opened: Callable[[str], sa.Engine], read: str, level: str
) -> None:
    engine = opened(postgres_url)
    filled(engine, runs=1, accounts=5)
    assert holds(engine)
    with engine.connect().execution_options(isolation_level=level) as reader:
        reader.execute(sa.text(read))
        erased_from(engine)
        assert wipe(engine, PATIENCE) is False
        assert holds(engine)
    assert wipe(engine, PATIENCE)
    assert not holds(engine)


@pytest.mark.postgres
def test_readers_that_come_and_go_are_not_in_the_way(
    postgres_url: str, opened: Callable[[str], sa.Engine]
) -> None:
    engine = opened(postgres_url)
    filled(engine, runs=1, accounts=5)
    with engine.connect() as reader:
        reader.execute(sa.text("SELECT count(*) FROM scores"))
        reader.rollback()
        erased_from(engine)
        assert wipe(engine, PATIENCE)
        waits = reader.execute(sa.text("SHOW lock_timeout")).scalar_one()
    assert not holds(engine)
    with engine.connect() as connection:
        assert connection.execute(sa.text("SHOW lock_timeout")).scalar_one() == waits
