"""From a key or a session to the one who asks."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from anyio.to_thread import run_sync

from features.clock import utc_now
from features.errors import NotReadyError
from serving.access.caller import Caller
from serving.access.keyring import FIRST_SECONDS, PATIENCE_SECONDS, Keyring, Ring
from serving.access.sessions import LONGEST_TOKEN, Sessions
from serving.access.tokens import parsed
from serving.access.usage import Usage


class KeysUnknownError(NotReadyError):
    """The keys cannot be read, so nobody can be told from anybody."""

    slug = "keys-unknown"
    title = "The keys cannot be read"


class Callers:
    """Who holds which key and which session, over one store."""

    def __init__(
        self,
        keys: Keyring,
        sessions: Sessions,
        usage: Usage,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._keys, self._sessions, self._usage, self.now = keys, sessions, usage, now

    @classmethod
    def over(cls, engine: sa.Engine) -> "Callers":
        """Return the callers of the store ``engine``."""
        return cls(Keyring(engine), Sessions(engine), Usage(engine))

    def fresh(self) -> Ring | None:
        """Return the keys as they are now where they need not be waited for."""
        return self._keys.fresh()

    async def ring(self) -> Ring:
        """Return the keys as they are now.

        Raises
        ------
        KeysUnknownError
            Where the store has not answered for ten minutes, or never.
        """
        ring = self._keys.fresh()
        if ring is not None:
            return ring
        reading = asyncio.wrap_future(self._keys.read())
        patience = FIRST_SECONDS if self._keys.last() is None else PATIENCE_SECONDS
        await asyncio.wait([reading], timeout=patience)
        last = self._keys.last()
        if last is None:
            raise KeysUnknownError(
                "keys that can be read",
                "a store that does not answer",
                "Try again in a moment; if it stays, look at the database.",
            )
        return last

    def reread(self) -> None:
        """Read the keys again before the next request is answered."""
        self._keys.forget()

    def of_key(self, ring: Ring, text: str) -> Caller | None:
        """Return whose key ``text`` is, or None; a use is noted."""
        now = self.now()
        caller = ring.caller(text, now)
        if caller is not None and caller.key_id is not None:
            self._usage.note(caller.key_id, now)
        return caller

    async def of_session(self, ring: Ring, token: str) -> Caller | None:
        """Return who is signed in with ``token``, or None.

        Raises
        ------
        DBAPIError
            Where the store does not answer.
        """
        if not token or len(token) > LONGEST_TOKEN:
            return None
        session = self._sessions.known(token)
        if session is None:
            session = await run_sync(self._sessions.look_up, token)
        now = self.now()
        key = ring.keys.get(session.key_id) if session is not None else None
        if session is None or key is None or now >= session.expires_at or not key.lives(now):
            return None
        self._usage.note(session.key_id, now)
        return replace(key.caller, signed_in=True)

    async def sign_in(self, text: str, hours: float, before: str) -> tuple[Caller, str] | None:
        """Return whose key ``text`` is and the token of a new session; None for no live key.

        A key that may not read is answered with an empty token: it opens no page.
        """
        ring = await self.ring()
        caller = self.of_key(ring, text)
        if caller is None:
            return None
        if "read" not in caller.scopes:
            return caller, ""
        key = ring.keys[parsed(text).key_id]
        lasts = timedelta(hours=hours)
        return caller, await run_sync(self._sessions.begin, key, self.now(), lasts, before)

    async def sign_out(self, token: str) -> None:
        """End the session of ``token``."""
        await run_sync(self._sessions.end, token)
