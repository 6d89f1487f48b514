"""``Idempotency-Key``: a write that is sent twice takes effect once and is answered the same.

The answer is stored in the very transaction that writes the effect, so after a crash there are both
or neither. No claim is written before: the primary key decides, so a claim of a dead process can
block nobody, and two processes cannot both write.
"""

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

import sqlalchemy as sa
from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from sqlalchemy.dialects import postgresql, sqlite

from features.clock import utc_now
from features.errors import KenshinError
from serving.store.engine import writing
from serving.store.schema import idempotency

LONGEST_KEY: Final = 255
PRINTABLE: Final = r"^[\x21-\x7e]{1,255}$"
"""What a key may be: 1 to 255 printable ASCII characters without spaces."""


class KeyReusedError(KenshinError):
    """The Idempotency-Key belongs to another request."""

    slug = "idempotency-key-reused"
    title = "The Idempotency-Key belongs to another request"


class StillRunningError(KenshinError):
    """The first request with that Idempotency-Key has not been answered yet."""

    status = 409
    slug = "request-under-way"
    title = "The first request is still under way"


class TakenError(Exception):
    """Another process has stored an answer under the key meanwhile; nothing was written here."""


@dataclass(frozen=True)
class Kept:
    """An answer as it was given.

    Attributes
    ----------
    headers : dict of str to str
        Those of the route itself; no request id.
    """

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Once:
    """One write under one key, or under none; then nothing is remembered.

    Attributes
    ----------
    caller, key : str
        Who asks, and the hash of the ``Idempotency-Key``; empty where none was sent.
    request_sha256 : str
        See `fingerprint`.
    hours : float
        So long is the answer kept.
    """

    caller: str = ""
    key: str = ""
    request_sha256: str = ""
    hours: float = 24.0
    now: Callable[[], datetime] = field(default=utc_now)

    def keep(
        self,
        connection: sa.Connection,
        content: BaseModel,
        status: int = 201,
        headers: dict[str, str] | None = None,
    ) -> Response:
        """Return ``content`` as the answer of a write, stored in the transaction of its effect.

        Parameters
        ----------
        connection : sa.Connection
            Inside `writing`, in which the effect was or will be written.

        Raises
        ------
        TakenError
            Where the key has an answer already; the transaction must be rolled back, which
            `writing` does. The middleware then sends that answer.
        """
        body = content.model_dump_json().encode()
        answer = Response(body, status, headers, "application/json")
        if self.key:
            self._store(connection, answer)
        return answer

    def _store(self, connection: sa.Connection, answer: Response) -> None:
        now, mine = self.now(), _is(self.caller, self.key)
        expired = idempotency.c.created_at < now - timedelta(hours=self.hours)
        connection.execute(sa.delete(idempotency).where(mine, expired))
        kept = {name.decode(): value.decode() for name, value in answer.raw_headers}
        row = {
            "caller": self.caller,
            "given_key": self.key,
            "request_sha256": self.request_sha256,
            "created_at": now,
            "status": answer.status_code,
            "headers": {name: value for name, value in kept.items() if name != "content-length"},
            "body": bytes(answer.body),
        }
        dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
        insert = dialect.insert(idempotency).values(**row).on_conflict_do_nothing()
        # Not by rowcount, which psycopg does not give for an insert.
        if connection.execute(insert.returning(idempotency.c.given_key)).first() is None:
            raise TakenError


def _is(caller: str, key: str) -> sa.ColumnElement[bool]:
    return sa.and_(idempotency.c.caller == caller, idempotency.c.given_key == key)


def answered(engine: sa.Engine, once: Once) -> Kept | None:
    """Return the answer that was given under the key of ``once``; None where there is none.

    Raises
    ------
    KeyReusedError
        Where it was given to another request.
    """
    since = once.now() - timedelta(hours=once.hours)
    query = sa.select(idempotency).where(
        _is(once.caller, once.key), idempotency.c.created_at >= since
    )
    with engine.connect() as connection:
        row = connection.execute(query).mappings().first()
    if row is None:
        return None
    if row["request_sha256"] != once.request_sha256:
        raise KeyReusedError(
            "an Idempotency-Key of its own for each request",
            "a key that was used for another method, address or body",
            "Make a new key, for instance a UUID, for every new request.",
        )
    return Kept(row["status"], dict(row["headers"]), row["body"])


def purge(engine: sa.Engine, before: datetime) -> int:
    """Delete the answers given before ``before`` and return how many there were."""
    with writing(engine) as connection:
        gone = connection.execute(sa.delete(idempotency).where(idempotency.c.created_at < before))
        return gone.rowcount


def hashed(key: str) -> str:
    """Return under which name the store knows ``key``: it may hold a customer's id."""
    return hashlib.sha256(key.encode()).hexdigest()


def fingerprint(key: str, method: str, target: bytes, body: bytes) -> str:
    """Return the hash that two requests share only where they are the same to the byte.

    It is keyed by the ``Idempotency-Key``, which the store does not have: an address can be short
    enough to be guessed, and of an erased account not even that may be left.
    """
    head = method.encode() + b" " + target + b"\n"
    return hmac.new(key.encode(), head + body, hashlib.sha256).hexdigest()


def is_key(given: str) -> bool:
    """Return whether ``given`` may be an ``Idempotency-Key``."""
    return re.fullmatch(PRINTABLE[1:-1], given) is not None


async def _once(
    request: Request,
    _: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="Makes a repeat safe: the same request under the same key takes effect "
            "once and gets the first answer, with `Idempotency-Replayed: true`, for 24 hours.",
            pattern=PRINTABLE,
            examples=["0f8fad5b-d9cb-469f-a165-70867728950e"],
        ),
    ] = None,
) -> Once:
    once: Once | None = request.scope["state"].get("once")
    return once or Once()


OnceOf = Annotated[Once, Depends(_once)]
"""What a write takes as a parameter so that repeating it is safe; see `Once.keep`."""
