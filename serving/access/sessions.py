"""Sign-ins of people on the pages: a random token in a cookie, its hash in the store."""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from serving.access.keyring import GRACE_SECONDS, STALE_SECONDS, KnownKey
from serving.access.tokens import digest
from serving.store.engine import writing
from serving.store.schema import sessions

KEPT: Final = 10_000
"""Sessions held in memory."""

LONGEST_TOKEN: Final = 100


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in; it ends with its own time or with its key."""

    key_id: str
    expires_at: datetime


class Sessions:
    """The sessions of one store; what was found is taken as true for five seconds."""

    def __init__(self, engine: sa.Engine, ticks: Callable[[], float] = monotonic) -> None:
        self._engine, self._ticks = engine, ticks
        self._found: OrderedDict[str, tuple[Session, float]] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, key: KnownKey, now: datetime, lasts: timedelta, before: str = "") -> str:
        """Return the token of a new session, always a new one; ``before`` is ended.

        Sessions that have run out are swept from the store on the way.
        """
        token = secrets.token_urlsafe(32)
        ends = min(now + lasts, key.ends_at) if key.ends_at is not None else now + lasts
        gone = sessions.c.expires_at <= now
        if before:
            gone |= sessions.c.token_sha256 == _hash(before)
        with writing(self._engine) as connection:
            connection.execute(sa.delete(sessions).where(gone))
            row = {"token_sha256": _hash(token), "key_id": key.caller.key_id}
            connection.execute(sa.insert(sessions), {**row, "created_at": now, "expires_at": ends})
        self._forget(before)
        return token

    def end(self, token: str) -> None:
        """End a session; in other processes it is over within five seconds."""
        self._forget(token)
        with writing(self._engine) as connection:
            connection.execute(sa.delete(sessions).where(sessions.c.token_sha256 == _hash(token)))

    def known(self, token: str) -> Session | None:
        """Return a session that need not be looked up again yet."""
        held = self._found.get(_hash(token))
        return held[0] if held and self._ticks() - held[1] < STALE_SECONDS else None

    def look_up(self, token: str) -> Session | None:
        """Return the session of a token as the store has it, or None.

        Raises
        ------
        DBAPIError
            Where the store does not answer and this session was not seen in the last ten minutes.
        """
        name = _hash(token)
        asked = sa.select(sessions.c.key_id, sessions.c.expires_at)
        try:
            with self._engine.connect() as connection:
                row = connection.execute(asked.where(sessions.c.token_sha256 == name)).first()
        except DBAPIError:
            held = self._found.get(name)
            if held and self._ticks() - held[1] < GRACE_SECONDS:
                return held[0]
            raise
        if row is None:
            self._forget(token)
            return None
        return self._keep(name, Session(row.key_id, row.expires_at))

    def _keep(self, name: str, session: Session) -> Session:
        with self._lock:
            self._found[name] = session, self._ticks()
            self._found.move_to_end(name)
            if len(self._found) > KEPT:
                self._found.popitem(last=False)
        return session

    def _forget(self, token: str) -> None:
        with self._lock:
            self._found.pop(_hash(token), None)


def _hash(token: str) -> str:
    return digest(token).hex()
