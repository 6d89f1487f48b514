"""A subject's rows in the score store: found, and taken out in one transaction.

Scores are append-only by triggers. The one hand that may pass them lifts them inside the very
transaction that takes the rows out and puts them back before it ends: nobody else ever sees a store
without them, and a process killed at any instant leaves everything or nothing.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from serving import audit
from serving.store.engine import writing
from serving.store.schema import amendments as _amendments
from serving.store.schema import erased as _erased
from serving.store.schema import feedback as _feedback
from serving.store.schema import idempotency as _idempotency
from serving.store.schema import overrides as _overrides
from serving.store.schema import promotions as _promotions
from serving.store.schema import scores as _scores
from serving.subjects.subject import Subject

TOUCHED = ("scores", "promotions", "amendments", "feedback", "overrides", "idempotency")
"""Tables that rows are taken out of; the first three are append-only."""
APPEND_ONLY = TOUCHED[:3]


@dataclass(frozen=True)
class Removed:
    """How many rows were taken out, by table; of the last two, in how many a name was."""

    scores: int
    feedback: int
    overrides: int
    idempotency: int
    promotions: int
    amendments: int


@dataclass(frozen=True)
class Entry:
    """What the audit log is told; the subject only as its keyed hash."""

    at: datetime
    actor: str
    subject_hash: str
    details: Mapping[str, Any]


def named(engine: sa.Engine, account_id: str) -> Subject:
    """Return the subject with every name it has in the store."""
    columns = (_scores.c.name, _scores.c.name_en)
    asked = sa.select(*columns).where(_scores.c.account_id == account_id).distinct()
    with engine.connect() as connection:
        names = {name for row in connection.execute(asked) for name in row if name}
    return Subject(account_id, frozenset(names))


def scores_of(engine: sa.Engine, account_id: str) -> Sequence[sa.RowMapping]:
    """Return every score of the account, oldest first."""
    asked = sa.select(_scores).where(_scores.c.account_id == account_id)
    with engine.connect() as connection:
        return connection.execute(asked.order_by(_scores.c.as_of)).mappings().all()


def feedback_of(engine: sa.Engine, account_id: str) -> Sequence[sa.RowMapping]:
    """Return what people said of the account's scores, oldest first."""
    asked = sa.select(_feedback).where(_feedback.c.account_id == account_id)
    with engine.connect() as connection:
        return connection.execute(asked.order_by(_feedback.c.feedback_id)).mappings().all()


def overrides_of(engine: sa.Engine, account_id: str) -> Sequence[sa.RowMapping]:
    """Return what people held against the account's scores, oldest first."""
    asked = sa.select(_overrides).where(_overrides.c.account_id == account_id)
    with engine.connect() as connection:
        return connection.execute(asked.order_by(_overrides.c.override_id)).mappings().all()


def remove(engine: sa.Engine, subject: Subject, entry: Entry) -> Removed:
    """Take every row of the subject out, note its hash, tell the audit log: all or nothing."""
    with writing(engine) as connection, _lifted(connection):
        mine = _scores.c.account_id == subject.account_id
        ids = sa.select(_scores.c.score_id).where(mine)
        # Waits for whoever is writing about one of them; whoever comes later finds none.
        known = set(connection.execute(ids.with_for_update()).scalars())
        audit.queue_up(connection)  # as whoever holds something against a score, in this order
        about = (_feedback.c.account_id == subject.account_id) | _feedback.c.score_id.in_(ids)
        _reword(connection, subject)
        removed = Removed(
            feedback=_deleted(connection, sa.delete(_feedback).where(about)),
            overrides=_deleted(
                connection, sa.delete(_overrides).where(_overrides.c.score_id.in_(ids))
            ),
            idempotency=_forget_answers(connection, subject, known),
            promotions=_rename(connection, subject),
            amendments=_rename_reasons(connection, subject),
            scores=_deleted(connection, sa.delete(_scores).where(mine)),
        )
        dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
        note = dialect.insert(_erased).values(subject_hash=entry.subject_hash, at=entry.at)
        connection.execute(note.on_conflict_do_nothing())
        audit.record(
            connection,
            at=entry.at,
            actor=entry.actor,
            action="subject erased",
            subject=entry.subject_hash,
            details={**entry.details, **vars(removed)},
        )
    return removed


@contextmanager
def _lifted(connection: sa.Connection) -> Iterator[None]:
    """Lift the triggers that keep rows from being changed, and put back the same ones."""
    if connection.dialect.name == "postgresql":
        for table in APPEND_ONLY:
            _switch(connection, table, "DISABLE")
        yield
        for table in APPEND_ONLY:
            _switch(connection, table, "ENABLE")
        return
    connection.exec_driver_sql("PRAGMA secure_delete=ON")
    places = ", ".join("?" for _ in APPEND_ONLY)
    asked = f"SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ({places})"
    triggers = connection.exec_driver_sql(asked, APPEND_ONLY).all()
    for name, _ in triggers:
        connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
    yield
    for _, statement in triggers:
        connection.exec_driver_sql(statement)


def _switch(connection: sa.Connection, table: str, verb: str) -> None:
    connection.exec_driver_sql(f"ALTER TABLE {table} {verb} TRIGGER {table}_refuses_change")


def _deleted(connection: sa.Connection, statement: sa.Delete) -> int:
    return connection.execute(statement).rowcount


def _forget_answers(connection: sa.Connection, subject: Subject, score_ids: set[str]) -> int:
    """Delete kept answers that tell of the subject, by its id, a name or a score's id."""
    marks = [*subject.marks, *(one.encode() for one in score_ids)]
    columns = (_idempotency.c.caller, _idempotency.c.given_key)
    asked = sa.select(*columns, _idempotency.c.headers, _idempotency.c.body)
    found = 0
    for caller, given_key, headers, body in connection.execute(asked).all():
        kept = b"\n".join([given_key.encode(), json.dumps(headers).encode(), body or b""])
        if any(mark in kept for mark in marks):
            mine = (_idempotency.c.caller == caller) & (_idempotency.c.given_key == given_key)
            found += _deleted(connection, sa.delete(_idempotency).where(mine))
    return found


def _reword(connection: sa.Connection, subject: Subject) -> None:
    """Take names of the subject out of what people said of other accounts."""
    for number, text in (
        (_feedback.c.feedback_id, _feedback.c.note),
        (_overrides.c.override_id, _overrides.c.reason),
    ):
        asked = sa.select(number, text).where(text.is_not(None))
        for mine, said in connection.execute(asked).all():
            if subject.mentioned(said):
                clean = {text.name: subject.without(said)}
                connection.execute(sa.update(text.table).where(number == mine).values(clean))


def _rename(connection: sa.Connection, subject: Subject) -> int:
    """Take names of the subject out of what was said of promotions; return in how many."""
    found = 0
    asked = sa.select(_promotions.c.promotion_id, _promotions.c.why, _promotions.c.evidence)
    for number, why, evidence in connection.execute(asked).all():
        text, alone = json.dumps(evidence, ensure_ascii=False), Subject(subject.account_id)
        if subject.mentioned(why or "") or alone.mentioned(text):
            clean = {
                "why": None if why is None else subject.without(why),
                "evidence": json.loads(alone.without(text)),
            }
            chosen = _promotions.c.promotion_id == number
            connection.execute(sa.update(_promotions).where(chosen).values(clean))
            found += 1
    return found


def _rename_reasons(connection: sa.Connection, subject: Subject) -> int:
    """Take names of the subject out of why definitions were changed; return in how many."""
    found = 0
    asked = sa.select(_amendments.c.amendment_id, _amendments.c.why)
    for number, why in connection.execute(asked).all():
        if subject.mentioned(why):
            chosen = sa.update(_amendments).where(_amendments.c.amendment_id == number)
            connection.execute(chosen.values(why=subject.without(why)))
            found += 1
    return found
