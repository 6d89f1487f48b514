"""The list of accounts of one run: filtered, ordered and cut into pages by the database."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from serving.accounts.cursor import Cursor, fingerprint
from serving.accounts.schemas import Band, Order
from serving.accounts.spelling import spellings
from serving.store.code_points import by_code_point
from serving.store.schema import runs, scores
from serving.store.scores import StoredRow

WEEK: Final = timedelta(days=7)

# Sort key of accounts that have none, so that they come last. Larger than any real key.
LAST: Final = 1e300

_account: Final = by_code_point(scores.c.account_id)


@dataclass(frozen=True)
class Question:
    """Which accounts, in which order."""

    band: tuple[Band, ...] = ()
    plan: tuple[str, ...] = ()
    industry: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    q: str = ""
    order: Order = "health_score"

    @property
    def fingerprint(self) -> str:
        """Short name of the question, kept in its cursors."""
        return fingerprint(asdict(self))


@dataclass(frozen=True)
class Page:
    """Some accounts of the answer, and where they end."""

    rows: Sequence[StoredRow]
    total: int
    end: Cursor | None


def week_before(connection: sa.Connection, run: StoredRow) -> StoredRow | None:
    """Return the run nearest to a week before ``run``, at most half a week off, or None.

    What was issued wins over a replay of the same date, the later run over the earlier.
    """
    near = (run["as_of"] - 1.5 * WEEK, run["as_of"] - 0.5 * WEEK)
    query = sa.select(runs.c.run_id, runs.c.as_of, runs.c.kind, runs.c.created_at)
    found = _rows(connection, query.where(runs.c.as_of.between(*near)))
    return min(found, key=lambda other: _rank(run["as_of"], other), default=None)


def _rank(as_of: datetime, other: StoredRow) -> tuple[timedelta, bool, float]:
    off = abs(as_of - WEEK - other["as_of"])
    return off, other["kind"] != "issued", -other["created_at"].timestamp()


def page(
    connection: sa.Connection,
    run: StoredRow,
    before: StoredRow | None,
    question: Question,
    limit: int,
    after: Cursor | None = None,
) -> Page:
    """Return up to ``limit`` accounts of ``run`` that answer ``question``.

    Parameters
    ----------
    before : mapping, optional
        The run that ``change`` compares with.
    after : Cursor, optional
        Where the page before ended.
    """
    compared = _Compared(before)
    key = compared.key(question.order)
    wanted = [scores.c.run_id == run["run_id"], *_filters(question)]
    columns = (
        *(c for c in scores.c if c.name not in ("points", "values")),
        *compared.columns,
        key.label("key"),
    )
    query = sa.select(*columns).select_from(compared.source).where(*wanted)
    if after is not None:
        later_tie = sa.and_(key == after.key, _account > after.account_id)
        query = query.where(sa.or_(key > after.key, later_tie))
    query = query.order_by(key, _account).limit(limit + 1)
    rows = _rows(connection, query)
    total = connection.execute(sa.select(sa.func.count()).select_from(scores).where(*wanted))
    shown, more = rows[:limit], len(rows) > limit
    end = _end(run, question, shown[-1]) if more else None
    return Page(shown, total.scalar_one(), end)


def in_order(
    connection: sa.Connection, run: StoredRow, before: StoredRow | None, question: Question
) -> list[str]:
    """Return the ids of all accounts of ``run`` that answer ``question``, in its order."""
    compared = _Compared(before)
    query = sa.select(scores.c.account_id).select_from(compared.source)
    query = query.where(scores.c.run_id == run["run_id"], *_filters(question))
    query = query.order_by(compared.key(question.order), _account)
    return list(connection.execute(query).scalars())


def whole_rows(
    connection: sa.Connection,
    run: StoredRow,
    before: StoredRow | None,
    account_ids: Sequence[str],
) -> list[StoredRow]:
    """Return the scores of some accounts in the order of ``account_ids``, points included."""
    compared = _Compared(before)
    query = sa.select(*scores.c, *compared.columns).select_from(compared.source)
    query = query.where(scores.c.run_id == run["run_id"], scores.c.account_id.in_(account_ids))
    found = {row["account_id"]: row for row in _rows(connection, query)}
    return [found[account_id] for account_id in account_ids if account_id in found]


def _rows(connection: sa.Connection, query: sa.Select[Any]) -> Sequence[StoredRow]:
    return connection.execute(query).mappings().all()


class _Compared:
    """Scores beside those of the run before: where to select from, and what comes of it."""

    def __init__(self, before: StoredRow | None) -> None:
        earlier = scores.alias("earlier")
        same = earlier.c.account_id == scores.c.account_id
        in_run = earlier.c.run_id == (before["run_id"] if before else None)
        self.source = scores.outerjoin(earlier, sa.and_(same, in_run))
        self.change = scores.c.health_score - earlier.c.health_score
        self.loss = scores.c.churn_probability * scores.c.arr

    @property
    def columns(self) -> tuple[sa.ColumnElement[Any], ...]:
        """Expected loss and change, as they are called in a line of the list."""
        return self.loss.label("revenue_at_risk"), self.change.label("change")

    def key(self, order: Order) -> sa.ColumnElement[Any]:
        """Return the ascending sort key: what needs attention first, who has none last."""
        keys: dict[Order, sa.ColumnElement[Any]] = {
            "health_score": scores.c.health_score_exact,
            "expected_loss": -self.loss,
            "arr": -scores.c.arr,
            "change": sa.cast(self.change, sa.Float),
        }
        return sa.func.coalesce(keys[order], LAST)


def _filters(question: Question) -> list[sa.ColumnElement[bool]]:
    filters: list[sa.ColumnElement[bool]] = [
        scores.c[name].in_(values)
        for name in ("band", "plan", "industry", "owner")
        if (values := getattr(question, name))
    ]
    if question.q:
        places = (scores.c.account_id, scores.c.name, scores.c.name_en)
        wanted = spellings(question.q)
        filters.append(sa.or_(*(c.icontains(q, autoescape=True) for c in places for q in wanted)))
    return filters


def _end(run: StoredRow, question: Question, last: StoredRow) -> Cursor:
    return Cursor(run["run_id"], question.fingerprint, float(last["key"]), last["account_id"])
