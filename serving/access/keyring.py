"""The keys as this process knows them: read from the store every two seconds, beside the requests.

A revoked key stops within five seconds. Where the store does not answer, what was read last holds
for ten minutes, so that predictions outlive a database that is away; then nobody may.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from secrets import token_bytes
from time import monotonic
from typing import Final

import sqlalchemy as sa

from serving.access.caller import Caller
from serving.access.tokens import digest, parsed
from serving.store.schema import api_keys

log = logging.getLogger("kenshin.keys")

FRESH_SECONDS: Final = 2.0
"""So long are the keys taken as read; then they are read again while requests go on."""

STALE_SECONDS: Final = 5.0
"""From then on a request waits for the reading."""

PATIENCE_SECONDS: Final = 1.0
"""So long does it wait before it goes on with what was read last."""

FIRST_SECONDS: Final = 10.0
"""So long where nothing was read before."""

GRACE_SECONDS: Final = 600.0
"""So long may the store be away before keys count for nothing."""


@dataclass(frozen=True, slots=True)
class KnownKey:
    """One key in memory; it ends at its expiry or revocation, whichever comes first."""

    caller: Caller
    sha256: bytes
    ends_at: datetime | None

    def lives(self, now: datetime) -> bool:
        """Return whether the key may be used at ``now``."""
        return self.ends_at is None or now < self.ends_at


_NOBODYS: Final = KnownKey(Caller("", None, frozenset()), token_bytes(32), datetime.min)


@dataclass(frozen=True, slots=True)
class Ring:
    """All keys at one reading, by id.

    Attributes
    ----------
    read_at : float
        Of the clock given to `Keyring`, in seconds.
    """

    keys: Mapping[str, KnownKey]
    read_at: float

    def caller(self, text: str, now: datetime) -> Caller | None:
        """Return whose key ``text`` is, or None.

        An unknown id, a wrong secret and a key that ended take the same steps, so that the time an
        answer takes says nothing about which of them it was.
        """
        token = parsed(text)
        known = self.keys.get(token.key_id, _NOBODYS)
        right = compare_digest(digest(token.secret), known.sha256)
        return known.caller if right & known.lives(now) else None


class Keyring:
    """The current `Ring`, kept up to date by one short thread at a time."""

    def __init__(self, engine: sa.Engine, ticks: Callable[[], float] = monotonic) -> None:
        self._engine, self._ticks = engine, ticks
        self._ring: Ring | None = None
        self._reading: Future[Ring | None] | None = None
        self._lock = threading.Lock()

    def fresh(self) -> Ring | None:
        """Return the ring if a request may use it without waiting; starts a reading in time."""
        ring = self._ring
        if ring is None:
            return None
        age = self._ticks() - ring.read_at
        if age >= FRESH_SECONDS:
            self.read()
        return ring if age < STALE_SECONDS else None

    def read(self) -> "Future[Ring | None]":
        """Return the reading that is under way, begun now if there was none; None: it failed."""
        with self._lock:
            if self._reading is None:
                self._reading = Future()
                threading.Thread(
                    target=self._read, args=(self._reading,), name="keys", daemon=True
                ).start()
            return self._reading

    def forget(self) -> None:
        """Take nothing as read."""
        self._ring = None

    def last(self) -> Ring | None:
        """Return what was read last, unless that is too long ago."""
        ring = self._ring
        return ring if ring is not None and self._ticks() - ring.read_at < GRACE_SECONDS else None

    def _read(self, reading: "Future[Ring | None]") -> None:
        began = self._ticks()
        try:
            ring: Ring | None = Ring(_known(self._engine), began)
        except Exception as error:
            log.error("the keys could not be read: %s", type(error).__name__)
            ring = None
        with self._lock:
            self._ring, self._reading = ring or self._ring, None
        reading.set_result(ring)


def _known(engine: sa.Engine) -> dict[str, KnownKey]:
    with engine.connect() as connection:
        rows = connection.execute(sa.select(api_keys)).all()
    before = {row.key_id: row.replaces for row in rows}
    known = {}
    for row in rows:
        ends = [end for end in (row.expires_at, row.revoked_at) if end is not None]
        line = _first(before, row.key_id)
        caller = Caller(row.name, row.key_id, frozenset(row.scopes), line=line)
        sha256 = bytes.fromhex(row.secret_sha256)
        known[row.key_id] = KnownKey(caller, sha256, min(ends, default=None))
    return known


def _first(before: Mapping[str, str | None], key_id: str) -> str:
    """Return the key from which this one was rotated, however often; itself where it was made."""
    while (earlier := before[key_id]) is not None and earlier in before:
        key_id = earlier
    return key_id
