"""What the store knows about the accounts of one request, in a few queries for all of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

import sqlalchemy as sa

from features.errors import NotReadyError
from serving.predictions.glance import Glance, glances
from serving.predictions.runs import KnownRuns
from serving.store.schema import scores
from serving.store.scores import StoredRow

_AT_ONCE = 500

Some = TypeVar("Some")

Before = tuple[StoredRow, StoredRow]
"""An earlier score and its run."""


@dataclass(frozen=True)
class Stored:
    """Scores of the latest issued run and those before them.

    Attributes
    ----------
    run : mapping or None
        The latest issued run; None where nothing has been scored yet.
    rows : dict of str to mapping
        Account id → its score in that run; accounts that it does not know are absent.
    before : dict of str to (row, run)
        Account id → its score before that one.
    """

    run: StoredRow | None
    rows: dict[str, StoredRow] = field(default_factory=dict)
    before: dict[str, Before] = field(default_factory=dict)


def read(engine: sa.Engine, known: KnownRuns, account_ids: Sequence[str]) -> Stored:
    """Return what is stored about ``account_ids``; without any, no more than the latest run.

    Raises
    ------
    NotReadyError
        Where accounts are asked for and nothing has been scored yet.
    """
    if not account_ids:
        return Stored(known.recent())
    rows: dict[str, StoredRow] = {}
    before: dict[str, Before] = {}
    with engine.connect() as connection:
        run = known.latest(connection)
        if run is None:
            raise NotReadyError("scored accounts", "none in the store", "Run `kenshin score`.")
        for some in portions(sorted(set(account_ids))):
            seen = glances(connection, run, some)
            for account, row, earlier in scores_of(connection, list(seen.values()), known):
                rows[account] = row
                if earlier is not None:
                    before[account] = earlier
    return Stored(run, rows, before)


def scores_of(
    connection: sa.Connection, seen: Sequence[Glance], known: KnownRuns
) -> Iterator[tuple[str, StoredRow, Before | None]]:
    """Yield account, score and the one before it; who was erased since ``seen`` is left out."""
    ids = [i for one in seen for i in (one.score_id, one.before_id) if i is not None]
    found = connection.execute(_BY_ID, {"score_ids": ids})
    names = tuple(found.keys())
    rows: dict[str, StoredRow] = {row[0]: dict(zip(names, row, strict=True)) for row in found}
    runs_ = known.of(connection, {row["run_id"] for row in rows.values()})
    for one in seen:
        if one.score_id in rows:
            earlier = None if one.before_id is None else rows.get(one.before_id)
            before = None if earlier is None else (earlier, runs_[earlier["run_id"]])
            yield one.account_id, rows[one.score_id], before


def portions(accounts: Sequence[Some]) -> Iterator[list[Some]]:
    """Yield accounts in portions that fit into one statement."""
    waiting = iter(accounts)
    while some := list(islice(waiting, _AT_ONCE)):
        yield some


# Built once: making and hashing a statement costs more than SQLite needs to answer it.
_BY_ID = sa.select(
    scores.c.score_id,
    *(c for c in scores.c if c.name not in ("score_id", "top_reasons", "unusual_reason")),
).where(scores.c.score_id.in_(sa.bindparam("score_ids", expanding=True)))
