"""Writing the store's tables anew, so that no page and no log keeps the bytes of erased rows.

A row that is deleted is in no table any more, but its bytes stay where they were until the database
writes over them. Readers that go on all the while can keep them alive; then they are wiped later.
"""

import re
import time
from typing import Any

import sqlalchemy as sa

from serving.subjects.rows import TOUCHED

PATIENCE_SECONDS = 10.0
"""So long is waited for readers in all."""
_A_TURN_SECONDS = 1.0
"""So long at most new readers of a table wait for ours behind those that were there before."""
_PAUSE_SECONDS = 0.2
_COUNT = re.compile(r"\d+")


def wipe(engine: sa.Engine, patience_seconds: float = PATIENCE_SECONDS) -> bool:
    """Write the tables that rows were taken out of anew.

    Returns
    -------
    bool
        False where somebody is reading all the while, so that the old bytes must wait.
    """
    if engine.dialect.name == "postgresql":
        until = time.monotonic() + patience_seconds
        done = [_vacuumed(engine, table, until, patience_seconds) for table in TOUCHED]
        return all(done)
    return _emptied(engine, patience_seconds)


def _vacuumed(engine: sa.Engine, table: str, until: float, patience_seconds: float) -> bool:
    """Try until a table was written anew without its dead rows; False at the end of patience.

    A reader of the table keeps `VACUUM FULL` from beginning; a transaction that is older than the
    erasure, whatever it reads, makes it carry the dead rows along.
    """
    turn = max(1, round(1000 * min(_A_TURN_SECONDS, patience_seconds)))
    while True:
        if _carried_along(engine, table, turn) == 0:
            return True
        if time.monotonic() >= until:
            return False
        time.sleep(_PAUSE_SECONDS)


def _carried_along(engine: sa.Engine, table: str, lock_timeout_ms: int) -> int | None:
    """Return how many dead rows a table still has once written anew; None where it was not."""
    told: list[str] = []
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        raw: Any = connection.connection.driver_connection
        listen = _listener(told)
        raw.add_notice_handler(listen)
        before = connection.execute(sa.text("SHOW lock_timeout")).scalar_one()
        try:
            connection.execute(sa.text(f"SET lock_timeout = {lock_timeout_ms}"))
            connection.execute(sa.text(f"VACUUM (FULL, VERBOSE, ANALYZE) {table}"))
        except sa.exc.OperationalError as error:
            if getattr(error.orig, "sqlstate", "") != "55P03":  # lock_not_available
                raise
            return None
        finally:
            raw.remove_notice_handler(listen)
            connection.execute(sa.text(f"SET lock_timeout = '{before}'"))
    # "n dead row versions cannot be removed yet", in whatever language the server speaks.
    return sum(int(found[0]) for text in told[:1] if (found := _COUNT.search(text)))


def _listener(told: list[str]) -> Any:  # noqa: ANN401
    def listen(notice: Any) -> None:  # noqa: ANN401
        if notice.message_detail:
            told.append(notice.message_detail)

    return listen


def _emptied(engine: sa.Engine, patience_seconds: float) -> bool:
    """Write a SQLite file anew and empty its write-ahead log."""
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        cursor.execute("PRAGMA secure_delete=ON")
        cursor.execute("VACUUM")
        waits = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
        cursor.execute(f"PRAGMA busy_timeout={round(patience_seconds * 1000)}")
        busy: int = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        cursor.execute(f"PRAGMA busy_timeout={waits}")
        return not busy
    finally:
        raw.close()
