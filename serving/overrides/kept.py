"""Overrides in the store: one at a time for an account, each kept with who ended it and when."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from serving import audit
from serving.overrides.override import Override, require_usable
from serving.store.schema import overrides as _table
from serving.store.schema import scores as _scores
from serving.store.scores import StoredRow, require_score

_AT_ONCE = 500


def keep(
    connection: sa.Connection, score: StoredRow, said: Override, subject_hash: str
) -> StoredRow:
    """Keep an override of a stored score's account and return its row.

    What held before ends with it. The audit log is told by whom, which band and until when; the
    account only as its keyed hash, the reason not at all: that log cannot be erased.

    Parameters
    ----------
    connection : sa.Connection
        Inside `serving.store.engine.writing`.
    score : mapping
        The account's latest score.

    Raises
    ------
    OverrideError
        Where it has no reason, no end within a year, or says what the model says.
    NotFoundError
        Where the score is gone: its account was erased since it was read.
    """
    require_usable(said, score["band"])
    require_score(connection, score["score_id"])
    audit.queue_up(connection)  # or two at once would both hold
    replaced = _end(connection, score["account_id"], said.at, said.by)
    row = {
        **vars(said),
        "account_id": score["account_id"],
        "score_id": score["score_id"],
    }
    kept = connection.execute(sa.insert(_table).values(**row).returning(*_table.c)).mappings().one()
    audit.record(
        connection,
        at=said.at,
        actor=said.by,
        action="override set",
        subject=subject_hash,
        details={
            "override_id": kept["override_id"],
            "band": said.band,
            "model_band": score["band"],
            "until": said.until.isoformat(),
            "replaced": replaced,
        },
    )
    return kept


def withdraw(
    connection: sa.Connection, account_id: str, at: datetime, by: str, subject_hash: str
) -> bool:
    """End what holds of an account; return whether anything did."""
    audit.queue_up(connection)
    ended = _end(connection, account_id, at, by)
    if not ended:
        return False
    audit.record(
        connection,
        at=at,
        actor=by,
        action="override withdrawn",
        subject=subject_hash,
        details={"override_ids": ended},
    )
    return True


def in_force(connection: sa.Connection, account_id: str, now: datetime) -> StoredRow | None:
    """Return what holds of an account ``now`` (naive UTC), None where nothing does."""
    return in_force_of(connection, [account_id], now).get(account_id)


def in_force_of(
    connection: sa.Connection, account_ids: Sequence[str], now: datetime
) -> dict[str, StoredRow]:
    """Return account → what holds of it ``now``; most accounts are absent."""
    found: dict[str, StoredRow] = {}
    for start in range(0, len(account_ids), _AT_ONCE):
        some = _table.c.account_id.in_(account_ids[start : start + _AT_ONCE])
        asked = sa.select(_table).where(_holds(now), some).order_by(_table.c.override_id)
        found |= _by_account(connection.execute(asked).mappings())
    return found


def of_account(connection: sa.Connection, account_id: str, limit: int = 5) -> list[StoredRow]:
    """Return the latest of an account, newest first, those that ended included."""
    asked = sa.select(_table).where(_table.c.account_id == account_id)
    newest = asked.order_by(_table.c.override_id.desc()).limit(limit)
    return list(connection.execute(newest).mappings())


def all_in_force(connection: sa.Connection, now: datetime) -> dict[str, StoredRow]:
    """Return account → what holds of it ``now``, of everybody."""
    asked = sa.select(_table).where(_holds(now)).order_by(_table.c.override_id)
    return _by_account(connection.execute(asked).mappings())


def mark(connection: sa.Connection, now: datetime) -> str:
    """Return a text that changes whenever one begins, ends or runs out."""
    asked = sa.select(_table.c.override_id).where(_holds(now)).order_by(_table.c.override_id)
    ids = connection.execute(asked).scalars().all()
    if not ids:
        return "none"
    return hashlib.sha256(",".join(map(str, ids)).encode()).hexdigest()[:16]


def everything(connection: sa.Connection) -> list[StoredRow]:
    """Return every override ever said with the score it was held against, oldest first."""
    wanted = ("band", "plan", "size", "industry", "region", "owner", "as_of", "health_score")
    of_score = [_scores.c[name].label(f"score_{name}") for name in wanted]
    joined = sa.select(*_table.c, *of_score).join(_scores, _scores.c.score_id == _table.c.score_id)
    return list(connection.execute(joined.order_by(_table.c.override_id)).mappings())


def _by_account(rows: Iterable[StoredRow]) -> dict[str, StoredRow]:
    return {row["account_id"]: row for row in rows}


def _holds(now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(_table.c.until >= now.date(), _table.c.ended_at.is_(None))


def _end(connection: sa.Connection, account_id: str, at: datetime, by: str) -> list[int]:
    """End what holds of an account; return the numbers of what was ended."""
    mine = sa.and_(_table.c.account_id == account_id, _holds(at))
    ended = sa.update(_table).where(mine).values(ended_at=at, ended_by=by)
    return sorted(connection.execute(ended.returning(_table.c.override_id)).scalars())
