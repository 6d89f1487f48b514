"""Writes under an ``Idempotency-Key``, as routes make them, also in processes that are killed."""

from datetime import datetime
from multiprocessing.connection import Connection

import sqlalchemy as sa
from pydantic import BaseModel

from serving.feedback import Said, keep
from serving.idempotency import Once, TakenError
from serving.store.engine import open_url, writing
from serving.store.schema import feedback

AT = datetime(2026, 11, 22, 9)


class Noted(BaseModel):
    """What such a write answers."""

    feedback_id: int


def note(engine: sa.Engine, once: Once, score_id: str, text: str) -> bytes:
    """Write one piece of feedback once and return the answer's body."""
    said = Said(AT, "agree", None, text)
    with writing(engine) as connection:
        number = keep(connection, "a0", score_id, said)
        return bytes(once.keep(connection, Noted(feedback_id=number)).body)


def notes(engine: sa.Engine) -> dict[str, int]:
    """Return how often each note is stored."""
    query = sa.select(feedback.c.note, sa.func.count()).group_by(feedback.c.note)
    with engine.connect() as connection:
        return {str(text): int(count) for text, count in connection.execute(query)}


def once_of(key: str, request: str = "r", now: datetime = AT) -> Once:
    """Return a write of the caller ``crm`` under ``key``."""
    return Once("crm", key, request, 24.0, lambda: now)


def write_notes(url: str, name: str, acknowledge: Connection) -> None:
    """Write notes without end, each under a key of its own, reporting each that is stored."""
    engine = open_url(url)
    acknowledge.send("open")
    for number in range(100_000):
        key = f"{name}-{number}"
        try:
            note(engine, once_of(key), "s0", key)
        except TakenError:
            continue
        acknowledge.send(key)
