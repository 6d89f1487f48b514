"""What the store knows about the accounts of one request, in a few queries for all of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import sqlalchemy as sa

from features.errors import NotReadyError
from serving.accounts.previous import latest_before
from serving.predictions.runs import KnownRuns
from serving.store.schema import scores
from serving.store.scores import StoredRow

_AT_ONCE = 500
_ACCOUNTS: sa.BindParameter[list[str]] = sa.bindparam("accounts", expanding=True)


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
    before: dict[str, tuple[StoredRow, StoredRow]] = {}
    with engine.connect() as connection:
        run = known.latest(connection)
        if run is None:
            raise NotReadyError("scored accounts", "none in the store", "Run `kenshin score`.")
        for some in portions(sorted(set(account_ids))):
            asked = {"run_id": run["run_id"], "accounts": some}
            rows |= _by_account(connection, _IN_RUN, asked)
            before |= before_of(connection, run, some, known)
    return Stored(run, rows, before)


def before_of(
    connection: sa.Connection,
    run: StoredRow,
    accounts: list[str],
    known: KnownRuns | None = None,
) -> dict[str, tuple[StoredRow, StoredRow]]:
    """Return account → its latest score before ``run`` and the run of that score."""
    known = known or KnownRuns(connection.engine)
    asked = {"as_of": run["as_of"], "accounts": accounts}
    rows = _by_account(connection, _BEFORE, asked)
    runs_ = known.of(connection, {row["run_id"] for row in rows.values()})
    return {account: (row, runs_[row["run_id"]]) for account, row in rows.items()}


def portions(accounts: Sequence[str]) -> Iterator[list[str]]:
    """Yield the accounts in portions that fit into one statement."""
    waiting = iter(accounts)
    while some := list(islice(waiting, _AT_ONCE)):
        yield some


def _by_account(
    connection: sa.Connection, query: sa.Select[tuple[object, ...]], asked: dict[str, object]
) -> dict[str, StoredRow]:
    return {row["account_id"]: row for row in connection.execute(query, asked).mappings()}


# Built once: making and hashing a statement costs more than SQLite needs to answer it.
_IN_RUN = sa.select(scores).where(
    scores.c.run_id == sa.bindparam("run_id"),
    scores.c.account_id.in_(_ACCOUNTS),
)
_BEFORE = latest_before(scores)
