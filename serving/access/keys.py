"""API keys in the store: made, rotated, revoked, listed; each change is in the audit log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from features.errors import KenshinError, NotFoundError
from serving import audit
from serving.access import tokens
from serving.access.caller import SCOPES
from serving.store.engine import writing
from serving.store.schema import api_keys, sessions

State = Literal["live", "expired", "revoked"]
LONGEST_NAME = 64


class KeyRefusedError(KenshinError):
    """A key cannot be made or changed as asked."""

    slug = "key-refused"
    title = "The key cannot be made or changed so"


@dataclass(frozen=True)
class Key:
    """One key as the store knows it; instants in UTC. The secret is not among it."""

    key_id: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    replaces: str | None

    def state(self, now: datetime) -> State:
        """Return what the key is at ``now``; an end is exclusive."""
        if self.revoked_at is not None and self.revoked_at <= now:
            return "revoked"
        if self.expires_at is not None and self.expires_at <= now:
            return "expired"
        return "live"


@dataclass(frozen=True)
class Minted:
    """A new key and its text, the only time that exists."""

    key: Key
    token: tokens.Token


def create(
    engine: sa.Engine,
    name: str,
    scopes: Sequence[str],
    *,
    now: datetime,
    by: str,
    lasts: timedelta | None = None,
) -> Minted:
    """Make a key.

    Parameters
    ----------
    lasts : timedelta, optional
        Default: until it is revoked.

    Raises
    ------
    KeyRefusedError
        For a name nobody could read or print, no scope, or an unknown one.
    """
    made = _minted(_name(name), _scopes(scopes), now, by, _after(now, lasts))
    with writing(engine) as connection:
        _insert(connection, made.key, made.token)
        _audit(connection, now, by, "key created", made.key)
    return made


def rotate(
    engine: sa.Engine,
    key_id: str,
    *,
    now: datetime,
    by: str,
    overlap: timedelta = timedelta(hours=24),
) -> Minted:
    """Make a key in place of another: same name and scopes; both live for ``overlap``.

    A key with an expiry gets a successor that lives as long as it was made to live.

    Raises
    ------
    NotFoundError
        Where no such key exists.
    KeyRefusedError
        Where it no longer lives or has a successor already.
    """
    with writing(engine) as connection:
        old = _get(connection, key_id)
        if old.state(now) != "live":
            raise KeyRefusedError(
                "a live key", f"key {key_id}, {old.state(now)}", "Make one: kenshin keys create."
            )
        _refuse_second(connection, key_id)
        lasts = old.expires_at - old.created_at if old.expires_at is not None else None
        made = _minted(old.name, old.scopes, now, by, _after(now, lasts), replaces=key_id)
        _insert(connection, made.key, made.token)
        ends = now + overlap
        if old.expires_at is None or ends < old.expires_at:
            _update(connection, key_id, expires_at=ends)
        _audit(connection, now, by, "key rotated", made.key)
    return made


def revoke(engine: sa.Engine, key_id: str, *, now: datetime, by: str) -> Key:
    """End a key and the sessions made with it; a key revoked before stays as it was.

    Raises
    ------
    NotFoundError
        Where no such key exists.
    """
    with writing(engine) as connection:
        key = _get(connection, key_id)
        if key.revoked_at is None:
            _update(connection, key_id, revoked_at=now)
            connection.execute(sa.delete(sessions).where(sessions.c.key_id == key_id))
            _audit(connection, now, by, "key revoked", key)
        return _get(connection, key_id)


def listed(engine: sa.Engine) -> list[Key]:
    """Return every key there ever was, oldest first."""
    order = sa.select(api_keys).order_by(api_keys.c.created_at, api_keys.c.key_id)
    with engine.connect() as connection:
        return [_key(row) for row in connection.execute(order).mappings()]


def any_lives(engine: sa.Engine, now: datetime) -> bool:
    """Return whether some key may be used at ``now``."""
    return any(key.state(now) == "live" for key in listed(engine))


def _minted(
    name: str,
    scopes: Sequence[str],
    now: datetime,
    by: str,
    expires_at: datetime | None,
    replaces: str | None = None,
) -> Minted:
    token = tokens.minted()
    key = Key(token.key_id, name, tuple(scopes), now, by, expires_at, None, None, replaces)
    return Minted(key, token)


def _insert(connection: sa.Connection, key: Key, token: tokens.Token) -> None:
    row = {**vars(key), "scopes": list(key.scopes)}
    row["secret_sha256"] = tokens.digest(token.secret).hex()
    connection.execute(sa.insert(api_keys), row)


def _update(connection: sa.Connection, key_id: str, **values: datetime) -> None:
    connection.execute(sa.update(api_keys).where(api_keys.c.key_id == key_id).values(**values))


def _audit(connection: sa.Connection, at: datetime, by: str, action: str, key: Key) -> None:
    # Without the name: a key may be called after a person, and the log cannot be erased.
    details: dict[str, Any] = {
        "scopes": list(key.scopes),
        "expires_at": key.expires_at.isoformat() if key.expires_at else None,
        "replaces": key.replaces,
    }
    audit.record(connection, at=at, actor=by, action=action, subject=key.key_id, details=details)


def _get(connection: sa.Connection, key_id: str) -> Key:
    """Return a key that nobody else changes until the transaction of ``connection`` ends."""
    asked = sa.select(api_keys).where(api_keys.c.key_id == key_id)
    row = connection.execute(asked.with_for_update(key_share=True)).mappings().first()
    if row is None:
        raise NotFoundError(
            "the id of a key", "one that no key has", "`kenshin keys list` shows the ids."
        )
    return _key(row)


def _refuse_second(connection: sa.Connection, key_id: str) -> None:
    asked = sa.select(api_keys.c.key_id).where(
        api_keys.c.replaces == key_id, api_keys.c.revoked_at.is_(None)
    )
    successor = connection.execute(asked).scalar()
    if successor is not None:
        raise KeyRefusedError(
            "a key without a successor",
            f"key {key_id}, replaced by {successor}",
            f"Rotate {successor}, or revoke it first.",
        )


def _key(row: sa.RowMapping) -> Key:
    known = {name: row[name] for name in Key.__dataclass_fields__}
    return Key(**{**known, "scopes": tuple(row["scopes"])})


def _after(now: datetime, lasts: timedelta | None) -> datetime | None:
    if lasts is None:
        return None
    if lasts <= timedelta(0):
        raise KeyRefusedError("a time to live", "none", "Write --expires 90d, for example.")
    return now + lasts


def _name(name: str) -> str:
    given = name.strip()
    if not given or len(given) > LONGEST_NAME or not given.isprintable():
        raise KeyRefusedError(
            f"a name of 1 to {LONGEST_NAME} printable characters",
            f"{len(given)} characters",
            "Name who or what will use the key, such as crm-sync.",
        )
    return given


def _scopes(scopes: Sequence[str]) -> tuple[str, ...]:
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        raise KeyRefusedError(
            f"at least one scope out of {', '.join(SCOPES)}",
            f"'{unknown[0]}'" if unknown else "none",
            "Write --scope read, once for each scope.",
        )
    return tuple(scope for scope in SCOPES if scope in scopes)
