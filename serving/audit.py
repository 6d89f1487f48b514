"""The audit log: who did what to what, each entry sealed with the one before, none ever changed.

An entry's ``sha256`` is taken over its own fields in canonical JSON and over the hash of the entry
before, so no row can be changed, taken out, put in or moved without breaking the chain from there
on. What a chain alone cannot show is a tail cut off; so the table ``audit_head`` holds how many
entries there are and the hash of the last, changed in the same transaction. Who can write the whole
database and knows this file can still write another history: only a head kept elsewhere
(``kenshin audit verify`` prints it) proves the contrary, by `verify` with ``until``.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from features.errors import KenshinError
from serving.store.schema import audit as _audit
from serving.store.schema import audit_head as _head

GENESIS = "0" * 64
"""What the first entry names as the one before."""

_BATCH = 1_000


class BrokenAuditError(KenshinError):
    """The audit log is not what was written."""

    exit_code = 1
    status = 503
    slug = "broken-audit"
    title = "The audit log is broken"


@dataclass(frozen=True)
class Entry:
    """One thing that was done.

    Attributes
    ----------
    entry_id : int
        1 for the first, without gaps.
    at : datetime
        UTC.
    actor : str
        The id of the key, or the user of the machine who ran the command.
    subject : str
        What it was done to: a version, a key's id, the keyed hash of an account.
    previous, sha256 : str
        Hash of the entry before and of this one.
    """

    entry_id: int
    at: datetime
    actor: str
    action: str
    subject: str
    details: dict[str, Any]
    previous: str
    sha256: str


@dataclass(frozen=True)
class Broken:
    """The first place at which the log is not what was written.

    Attributes
    ----------
    entry_id : int
        The entry that does not fit, or the first that is missing.
    """

    entry_id: int
    why: str


@dataclass(frozen=True)
class Head:
    """How far the log goes: number of entries and hash of the last."""

    entries: int
    sha256: str


def record(
    connection: sa.Connection,
    *,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    details: Mapping[str, Any],
) -> Entry:
    """Append an entry inside the caller's transaction, and return it.

    ``connection`` comes from `serving.store.engine.writing`. Writers queue up on the row of
    ``audit_head`` until the transaction of the one before ends, so the chain never forks.

    Parameters
    ----------
    at : datetime
        UTC, without zone.
    details : Mapping[str, Any]
        Plain JSON values, without anything personal: this row cannot be erased.

    Raises
    ------
    BrokenAuditError
        Where the head of the log is gone.
    """
    claimed = connection.execute(
        sa.update(_head).values(entries=_head.c.entries + 1).returning(*_head.c)
    ).first()
    if claimed is None:
        raise BrokenAuditError(
            "the head of the audit log", "none", "Restore the store from a backup."
        )
    fields = {
        "entry_id": claimed.entries,
        "at": at,
        "actor": actor,
        "action": action,
        "subject": subject,
        "details": json.loads(json.dumps(dict(details), allow_nan=False)),
    }
    sha256 = _sha256(claimed.sha256, **fields)
    entry = Entry(**fields, previous=claimed.sha256, sha256=sha256)
    connection.execute(sa.insert(_audit), vars(entry))
    connection.execute(sa.update(_head).values(sha256=sha256))
    return entry


def queue_up(connection: sa.Connection) -> None:
    """Wait for whoever is writing to the log; until this transaction ends nobody else does.

    For what is decided by rows that others may be writing, and told to the log in the end. Ask for
    it after `serving.store.scores.require_score`, as everybody does who takes both.
    """
    connection.execute(sa.select(_head.c.only).with_for_update())


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Yield a connection that sees the log as of one instant, whoever writes meanwhile.

    PostgreSQL by itself shows each statement what was committed before it: the rows would be newer
    than the head.
    """
    one_instant = {"isolation_level": "REPEATABLE READ"}
    options = one_instant if engine.dialect.name == "postgresql" else {}
    with engine.connect().execution_options(**options) as connection:
        yield connection


def entries(connection: sa.Connection) -> list[Entry]:
    """Return every entry, newest first, as stored and unverified."""
    asked = sa.select(_audit).order_by(_audit.c.entry_id.desc())
    return [Entry(**row) for row in connection.execute(asked).mappings()]


def head(connection: sa.Connection) -> Head | None:
    """Return how far the log goes by its own word; None where that word is gone."""
    found = connection.execute(sa.select(_head.c.entries, _head.c.sha256)).first()
    return None if found is None else Head(*found)


def verify(connection: sa.Connection, *, until: str | None = None) -> Broken | None:
    """Return the first place at which the log is not what was written, or None.

    Parameters
    ----------
    connection : sa.Connection
        Of `reading` where somebody may write meanwhile.
    until : str, optional
        The hash of a head that was noted elsewhere; it must be among the entries.

    Notes
    -----
    Detected: an entry changed, taken out, put in or moved; entries cut off the end while
    ``audit_head`` still counts them. Not detected without ``until``: a whole history written anew,
    head included, and a store put back to what it was before.
    """
    said, seen = head(connection), until in (None, GENESIS)
    count, sha256 = 0, GENESIS
    with _raw(connection) as rows:
        for row in rows:
            count += 1
            if row.entry_id != count:
                return Broken(count, f"entry {count} is missing, {row.entry_id} follows")
            if row.previous != sha256:
                return Broken(count, "it does not follow the entry before")
            if _computed(row) != row.sha256:
                return Broken(count, "it is not what was written")
            sha256 = row.sha256
            seen = seen or sha256 == until
    if said != Head(count, sha256):
        told = "no head" if said is None else f"a head at entry {said.entries}"
        return Broken(count + 1, f"the log ends with entry {count}, but has {told}")
    return None if seen else Broken(count + 1, "the head noted elsewhere is not in it")


def _raw(connection: sa.Connection) -> sa.CursorResult[Any]:
    """Return rows as the database holds them: what was tampered with need not be readable."""
    columns = (
        _audit.c.entry_id,
        sa.type_coerce(_audit.c.at, sa.String).label("at"),
        _audit.c.actor,
        _audit.c.action,
        _audit.c.subject,
        sa.cast(_audit.c.details, sa.Text).label("details"),
        _audit.c.previous,
        _audit.c.sha256,
    )
    asked = sa.select(*columns).order_by(_audit.c.entry_id)
    return connection.execute(asked, execution_options={"yield_per": _BATCH})


def _computed(row: sa.Row[Any]) -> str | None:
    """Return the hash that ``row`` should have; None where it cannot be read at all."""
    try:
        at = datetime.fromisoformat(row.at) if isinstance(row.at, str) else row.at
        details = json.loads(row.details)
        return _sha256(
            row.previous,
            entry_id=row.entry_id,
            at=at,
            actor=row.actor,
            action=row.action,
            subject=row.subject,
            details=details,
        )
    except (ValueError, TypeError, AttributeError):
        return None


def _sha256(previous: str, *, at: datetime, **fields: object) -> str:
    """Return the hash of an entry: canonical JSON of its fields, then the hash before."""
    text = json.dumps(
        {"at": at.isoformat(timespec="microseconds"), **fields},
        sort_keys=True,
        separators=(",", ":"),
        allow_nan=False,
    )
    return hashlib.sha256(f"{text}\n{previous}".encode()).hexdigest()
