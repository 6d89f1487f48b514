"""The runs that answers lean on, read once each: none ever changes once it is written."""

import logging
import math
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from serving.store.schema import runs
from serving.store.scores import StoredRow

KEPT = 16
"""Runs kept: the latest, and those before it that single accounts were last scored in."""

RECENT_SECONDS = 1.0
"""So old may the knowledge of the latest run be where only usual values are taken from it."""

LONGEST_SECONDS = 5.0
"""So old may it be while it is being renewed; after that a request asks the store itself."""

log = logging.getLogger("kenshin.predictions")


def newest_run(*columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """Return the query for ``columns`` of the latest issued run."""
    query = sa.select(*columns).where(runs.c.kind == "issued")
    return query.order_by(runs.c.as_of.desc(), runs.c.created_at.desc()).limit(1)


_NEWEST = newest_run(runs.c.run_id)
_BY_ID = sa.select(runs).where(runs.c.run_id.in_(sa.bindparam("run_ids", expanding=True)))


class KnownRuns:
    """Runs of scores by id, and which of the issued ones is the latest.

    Parameters
    ----------
    engine : sa.Engine
    clock : callable
        Seconds that only grow.
    """

    def __init__(self, engine: sa.Engine, clock: Callable[[], float] = time.monotonic) -> None:
        self._engine, self._clock = engine, clock
        self._kept: dict[str, StoredRow] = {}
        self._recent: StoredRow | None = None
        self._looked_at: float | None = None
        self._looking = threading.Lock()

    def latest(self, connection: sa.Connection) -> StoredRow | None:
        """Return the latest issued run as the store has it now, None where there is none."""
        run_id = connection.execute(_NEWEST).scalar()
        return None if run_id is None else self.of(connection, [run_id])[run_id]

    def kept(self, run_id: str) -> StoredRow | None:
        """Return a run that was read before; None where the store would have to be asked."""
        return self._kept.get(run_id)

    def of(self, connection: sa.Connection, run_ids: Iterable[str]) -> dict[str, StoredRow]:
        """Return the runs of ``run_ids``, by id."""
        wanted = set(run_ids)
        found = {run_id: self._kept[run_id] for run_id in wanted if run_id in self._kept}
        missing = sorted(wanted - set(found))
        if missing:
            for row in connection.execute(_BY_ID, {"run_ids": missing}).mappings():
                found[row["run_id"]] = dict(row)
            self._kept = dict(list(({**self._kept, **found}).items())[-KEPT:])
        return found

    @property
    def is_recent(self) -> bool:
        """Whether `recent` answers without asking the store."""
        return self._age() < RECENT_SECONDS

    def at_hand(self) -> bool:
        """Whether `recent` answers at once; what is no longer recent is renewed meanwhile.

        The store is asked in a thread of its own, so that those who come while it is are not sent
        the long way one after the other.
        """
        age = self._age()
        if RECENT_SECONDS <= age < LONGEST_SECONDS and self._looking.acquire(blocking=False):
            self._begin_renewing()
        return age < LONGEST_SECONDS

    def recent(self) -> StoredRow | None:
        """Return the latest issued run, known for at most `RECENT_SECONDS`.

        Only usual values are taken from it, so a store that is gone for a while stops nobody: the
        run known last answers. One caller asks the store, the others do not wait for it.
        """
        if self.is_recent or not self._looking.acquire(blocking=self._looked_at is None):
            return self._recent
        self._renew()
        return self._recent

    def _begin_renewing(self) -> None:
        try:
            threading.Thread(target=self._renew, name="latest-run", daemon=True).start()
        except BaseException:  # no thread can be had: the next one who comes tries again
            self._looking.release()
            raise

    def _renew(self) -> None:
        """Ask the store and let go of the lock, which whoever calls this holds."""
        try:
            if not self.is_recent:
                self._look()
        finally:
            self._looking.release()

    def _age(self) -> float:
        looked_at = self._looked_at
        return math.inf if looked_at is None else self._clock() - looked_at

    def _look(self) -> None:
        try:
            with self._engine.connect() as connection:
                self._recent = self.latest(connection)
        except SQLAlchemyError as error:
            log.error("the store does not answer, the run known last is used: %s", error)
        self._looked_at = self._clock()
