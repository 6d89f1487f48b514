"""When each key was last used: written at most once a minute, never while a request waits."""

import logging
import threading
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from serving.store.engine import writing
from serving.store.schema import api_keys

EVERY: Final = timedelta(minutes=1)

log = logging.getLogger("kenshin.keys")


class Usage:
    """Notes uses and has a thread of its own write them; a store that refuses loses them."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._noted: dict[str, datetime] = {}
        self._waiting: dict[str, datetime] = {}
        self._lock = threading.Lock()
        self._writer: threading.Thread | None = None

    def note(self, key_id: str, now: datetime) -> None:
        """Remember that a key was used at ``now``."""
        before = self._noted.get(key_id)
        if before is not None and now - before < EVERY:
            return
        with self._lock:
            self._noted[key_id] = self._waiting[key_id] = now
            if self._writer is None:
                self._writer = threading.Thread(target=self._write, name="key-usage", daemon=True)
                self._writer.start()

    def settle(self) -> None:
        """Wait until all that was noted so far is written or given up."""
        writer = self._writer
        if writer is not None:
            writer.join()

    def _write(self) -> None:
        while True:
            with self._lock:
                used, self._waiting = self._waiting, {}
                if not used:
                    self._writer = None
                    return
            try:
                self._keep(used)
            except Exception as error:
                log.warning("the last use of a key is not kept: %s", type(error).__name__)

    def _keep(self, used: dict[str, datetime]) -> None:
        column = api_keys.c.last_used_at
        with writing(self._engine) as connection:
            # In one order, so that two processes never wait for each other.
            for key_id, at in sorted(used.items()):
                minute = at.replace(second=0, microsecond=0)
                newer = column.is_(None) | (column < minute)
                change = sa.update(api_keys).where(api_keys.c.key_id == key_id, newer)
                connection.execute(change.values(last_used_at=minute))
