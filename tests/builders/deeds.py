"""Everything the store acknowledges, done without end by a process that may be killed at it."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

import sqlalchemy as sa
from pydantic import BaseModel

from serving import audit, feedback
from serving.feedback import Said
from serving.idempotency import Once
from serving.store import schema
from serving.store.engine import open_url, writing
from serving.store.promotions import Change, record_promotion
from serving.store.scores import save_run
from tests.builders.runs import AS_OF, a_row, a_run

FIRST_SCORE = "the-first-score"
Acknowledged = tuple[str, str]
"""A kind of deed and the name of this one."""


class Answer(BaseModel):
    said: str


def prepare(url: str) -> None:
    """Make a store with one score in it, for feedback to be about."""
    engine = open_url(url)
    save_run(engine, a_run("the-first-run"), [a_row(FIRST_SCORE)])
    engine.dispose()


def _run(engine: sa.Engine, name: str, dice: random.Random) -> None:
    # More than 2,000 rows are written in several statements.
    accounts = dice.choice([50, 400, 2_300])
    rows = (a_row(f"{name}-{i}", f"a{i}") for i in range(accounts))
    save_run(engine, a_run(name, accounts=accounts), rows)


def _feedback(engine: sa.Engine, name: str, _: random.Random) -> None:
    with writing(engine) as connection:
        feedback.keep(connection, "a", FIRST_SCORE, Said(AS_OF, "agree", None, name))


def _promotion(engine: sa.Engine, name: str, _: random.Random) -> None:
    record_promotion(engine, Change(AS_OF, "me", "promoted", "v1", "v2", name, {}))


def _audit(engine: sa.Engine, name: str, _: random.Random) -> None:
    with writing(engine) as connection:
        audit.record(
            connection, at=AS_OF, actor="me", action="tried", subject=name, details={"a": 1}
        )


def _once(engine: sa.Engine, name: str, _: random.Random) -> None:
    """Write something under an Idempotency-Key, as a route does."""
    once = Once("me", name, "0" * 64)
    with writing(engine) as connection:
        feedback.keep(connection, "a", FIRST_SCORE, Said(AS_OF, "agree", None, name))
        once.keep(connection, Answer(said=name))


DEEDS: dict[str, Callable[[sa.Engine, str, random.Random], None]] = {
    "run": _run,
    "feedback": _feedback,
    "promotion": _promotion,
    "audit": _audit,
    "once": _once,
}


def do_deeds(url: str, name: str, acknowledge: Connection) -> None:
    """Do deeds of every kind without end, reporting each that the store has taken.

    A store that goes away is reported as well; the deed at hand is given up and the next one tried.
    """
    dice = random.Random(name)
    engine = open_url(url)
    acknowledge.send("open")
    for number in range(1_000_000):
        kind = dice.choice(list(DEEDS))
        deed = f"{name}-{number}"
        try:
            DEEDS[kind](engine, deed, dice)
        except sa.exc.OperationalError:
            acknowledge.send(("failed", deed))
            time.sleep(0.05)
        else:
            acknowledge.send((kind, deed))


@dataclass
class Balance:
    """What is in the store against what was acknowledged."""

    acknowledged: int = 0
    lost: list[Acknowledged] = field(default_factory=list)
    partial: list[str] = field(default_factory=list)
    unacknowledged: int = 0
    """Deeds that are there whole although nobody was told: killed between commit and answer."""

    def line(self, kills: int, what: str) -> str:
        return (
            f"{what}: {kills} kills, {self.acknowledged} acknowledged, {len(self.lost)} lost, "
            f"{len(self.partial)} partial, {self.unacknowledged} kept without acknowledgement"
        )


def balance(url: str, acknowledged: set[Acknowledged]) -> Balance:
    """Open the store again and compare it with what was acknowledged."""
    engine = open_url(url)
    with engine.connect() as connection:
        found = {kind: _names(connection, kind) for kind in DEEDS}
        partial = [
            *_half_runs(connection),
            *_half_answers(found),
            *_half_promotions(connection),
            *_broken(connection),
        ]
    engine.dispose()
    told = {kind: {name for what, name in acknowledged if what == kind} for kind in DEEDS}
    lost = [(kind, name) for kind in DEEDS for name in sorted(told[kind] - found[kind])]
    extra = sum(len(found[kind] - told[kind]) for kind in DEEDS if kind != "feedback")
    extra += len(found["feedback"] - told["feedback"] - found["once"])
    return Balance(sum(map(len, told.values())), lost, partial, extra)


def _names(connection: sa.Connection, kind: str) -> set[str]:
    """Return the names of the deeds of one kind that are stored."""
    column = {
        "run": schema.runs.c.run_id,
        "feedback": schema.feedback.c.note,
        "promotion": schema.promotions.c.why,
        "audit": schema.audit.c.subject,
        "once": schema.idempotency.c.given_key,
    }[kind]
    query = sa.select(column)
    if kind == "audit":
        query = query.where(schema.audit.c.action == "tried")
    names = connection.execute(query).scalars().all()
    assert len(names) == len(set(names)), f"a {kind} is there twice"
    return set(names) - {"the-first-run"}


def _half_runs(connection: sa.Connection) -> list[str]:
    runs, scores = schema.runs, schema.scores
    counted = (
        sa.select(runs.c.run_id, runs.c.accounts, sa.func.count(scores.c.score_id).label("rows"))
        .join_from(runs, scores, scores.c.run_id == runs.c.run_id, isouter=True)
        .group_by(runs.c.run_id, runs.c.accounts)
    ).subquery()
    unequal = sa.select(counted.c.run_id).where(counted.c.accounts != counted.c.rows)
    orphans = sa.select(scores.c.score_id).where(scores.c.run_id.not_in(sa.select(runs.c.run_id)))
    twice = (
        sa.select(scores.c.run_id)
        .group_by(scores.c.run_id, scores.c.account_id)
        .having(sa.func.count() > 1)
    )
    return [
        f"{what} {name}"
        for what, query in (("half run", unequal), ("orphan", orphans), ("twice", twice))
        for name in connection.execute(query).scalars()
    ]


def _half_answers(found: dict[str, set[str]]) -> list[str]:
    """Return the keys whose answer was kept without its effect."""
    return [f"an answer without its effect: {key}" for key in found["once"] - found["feedback"]]


def _half_promotions(connection: sa.Connection) -> list[str]:
    """Return whether promotions and their entries in the audit log differ in number."""
    audited = schema.audit.c.action != "tried"
    entries = connection.execute(sa.select(sa.func.count()).where(audited)).scalar()
    rows = connection.execute(sa.select(sa.func.count()).select_from(schema.promotions)).scalar()
    return [] if entries == rows else [f"{rows} promotions, {entries} in the audit log"]


def _broken(connection: sa.Connection) -> list[str]:
    """Return what the audit chain and the database itself say is wrong."""
    broken = audit.verify(connection)
    said = [] if broken is None else [f"audit entry {broken.entry_id}: {broken.why}"]
    if connection.dialect.name == "sqlite":
        checked = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
        said += [line for line in checked if line != "ok"]
        said += [f"{row}" for row in connection.exec_driver_sql("PRAGMA foreign_key_check")]
    return said
