"""What the store knows about the accounts of one request, in a few queries for all of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import sqlalchemy as sa

from serving.accounts import lookup
from serving.store.schema import runs, scores
from serving.store.scores import StoredRow

_AT_ONCE = 500


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
    before: dict[str, tuple[StoredRow, StoredRow]] = field(default_factory=dict)


def read(engine: sa.Engine, account_ids: Sequence[str]) -> Stored:
    """Return what is stored about ``account_ids``.

    Raises
    ------
    NotReadyError
        Where accounts are asked for and nothing has been scored yet.
    """
    if not account_ids:
        return Stored(lookup.newest_run(engine))
    run = lookup.latest_run(engine)
    rows: dict[str, StoredRow] = {}
    before: dict[str, tuple[StoredRow, StoredRow]] = {}
    with engine.connect() as connection:
        for some in portions(sorted(set(account_ids))):
            rows |= _in_run(connection, run, some)
            before |= before_of(connection, run, some)
    return Stored(run, rows, before)


def before_of(
    connection: sa.Connection, run: StoredRow, accounts: list[str]
) -> dict[str, tuple[StoredRow, StoredRow]]:
    """Return account → its latest score before ``run`` and the run of that score."""
    earlier = _latest_before(connection, run, accounts)
    runs_before = _runs(connection, {row["run_id"] for row in earlier.values()})
    return {account: (row, runs_before[row["run_id"]]) for account, row in earlier.items()}


def portions(accounts: Sequence[str]) -> Iterator[list[str]]:
    """Yield the accounts in portions that fit into one statement."""
    waiting = iter(accounts)
    while some := list(islice(waiting, _AT_ONCE)):
        yield some


def _in_run(connection: sa.Connection, run: StoredRow, accounts: list[str]) -> dict[str, StoredRow]:
    query = sa.select(scores).where(
        scores.c.run_id == run["run_id"], scores.c.account_id.in_(accounts)
    )
    return {row["account_id"]: row for row in connection.execute(query).mappings()}


def _latest_before(
    connection: sa.Connection, run: StoredRow, accounts: list[str]
) -> dict[str, StoredRow]:
    """Return each account's latest score before ``run``; what was issued wins over a replay."""
    place = sa.func.row_number().over(
        partition_by=scores.c.account_id,
        order_by=(
            scores.c.as_of.desc(),
            sa.case((scores.c.kind == "issued", 0), else_=1),
            runs.c.created_at.desc(),
        ),
    )
    ranked = (
        sa.select(scores.c.score_id, place.label("place"))
        .join(runs, runs.c.run_id == scores.c.run_id)
        .where(scores.c.account_id.in_(accounts), scores.c.as_of < run["as_of"])
        .subquery()
    )
    query = sa.select(scores).join(ranked, ranked.c.score_id == scores.c.score_id)
    found = connection.execute(query.where(ranked.c.place == 1)).mappings()
    return {row["account_id"]: row for row in found}


def _runs(connection: sa.Connection, run_ids: set[str]) -> dict[str, StoredRow]:
    query = sa.select(runs).where(runs.c.run_id.in_(run_ids))
    return {row["run_id"]: row for row in connection.execute(query).mappings()}
