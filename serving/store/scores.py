"""Writing runs of scores and reading them back. Nothing here ever changes a row."""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from features.errors import NotFoundError
from serving import audit
from serving.store.code_points import by_code_point
from serving.store.engine import writing
from serving.store.schema import runs as _runs
from serving.store.schema import scores as _scores

Kind = Literal["issued", "replay"]
Row = sa.RowMapping
StoredRow = Mapping[Any, Any]
"""A row of ``scores`` or ``runs`` by column name."""

_BATCH = 2_000


def save_run(engine: sa.Engine, run: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> bool:
    """Write one run with its scores in one transaction; return whether it was new.

    A run whose ``run_id`` is stored already is left as it stands, so a repeated or interrupted run
    can simply be started again.
    """
    with writing(engine) as connection:
        if not _claim(connection, run):
            return False
        batch: list[dict[str, Any]] = []
        for row in rows:
            batch.append({"run_id": run["run_id"], "kind": run["kind"], **row})
            if len(batch) == _BATCH:
                connection.execute(sa.insert(_scores), batch)
                batch = []
        if batch:
            connection.execute(sa.insert(_scores), batch)
        # Last: whoever writes to the audit log keeps others from it until the end.
        _note_changed_settings(connection, run)
    return True


def _claim(connection: sa.Connection, run: Mapping[str, Any]) -> bool:
    """Insert the run's own row; False when another has, waiting for one that is at it."""
    dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(_runs).values(**run).on_conflict_do_nothing()
    return connection.execute(statement.returning(_runs.c.run_id)).first() is not None


def _note_changed_settings(connection: sa.Connection, run: Mapping[str, Any]) -> None:
    """Tell the audit log where an issued run goes by other settings than the one before it."""
    if run["kind"] != "issued":
        return
    before = connection.execute(
        sa.select(_runs.c.settings_version)
        .where(_runs.c.kind == "issued", _runs.c.run_id != run["run_id"])
        .order_by(_runs.c.created_at.desc())
        .limit(1)
    ).scalar()
    if before not in (None, run["settings_version"]):
        audit.record(
            connection,
            at=run["created_at"],
            actor="kenshin score",
            action="settings changed",
            subject=run["settings_version"],
            details={"in place of": before},
        )


def latest_run(
    engine: sa.Engine, kind: Kind | None = "issued", before: datetime | None = None
) -> Row | None:
    """Return the run of the latest ``as_of`` (strictly before ``before``), or None.

    Of several at one ``as_of`` an issued one wins over a replay, then the one written last. With
    ``kind`` None both kinds are considered.
    """
    query = sa.select(_runs).order_by(
        _runs.c.as_of.desc(), _issued_first(_runs.c.kind), _runs.c.created_at.desc()
    )
    if kind is not None:
        query = query.where(_runs.c.kind == kind)
    if before is not None:
        query = query.where(_runs.c.as_of < before)
    return _first(engine, query)


def run_at(engine: sa.Engine, as_of: datetime, kind: Kind | None = None) -> Row | None:
    """Return the run at exactly ``as_of``, chosen as in `latest_run`, or None."""
    query = sa.select(_runs).where(_runs.c.as_of == as_of)
    if kind is not None:
        query = query.where(_runs.c.kind == kind)
    return _first(engine, query.order_by(_issued_first(_runs.c.kind), _runs.c.created_at.desc()))


def run_by_id(engine: sa.Engine, run_id: str) -> Row | None:
    """Return the run of that id, or None."""
    return _first(engine, sa.select(_runs).where(_runs.c.run_id == run_id))


def runs(engine: sa.Engine, kind: Kind | None = None) -> Sequence[Row]:
    """Return the _runs, oldest ``as_of`` first, then in the order in which they were written."""
    query = sa.select(_runs).order_by(_runs.c.as_of, _runs.c.created_at)
    if kind is not None:
        query = query.where(_runs.c.kind == kind)
    with engine.connect() as connection:
        return connection.execute(query).mappings().all()


def rows_of(engine: sa.Engine, run_id: str) -> Sequence[Row]:
    """Return all scores of a run, by account."""
    order = by_code_point(_scores.c.account_id)
    query = sa.select(_scores).where(_scores.c.run_id == run_id).order_by(order)
    with engine.connect() as connection:
        return connection.execute(query).mappings().all()


def score_of(engine: sa.Engine, run_id: str, account_id: str) -> Row | None:
    """Return the score of an account in a run, or None."""
    return _first(
        engine,
        sa.select(_scores).where(_scores.c.run_id == run_id, _scores.c.account_id == account_id),
    )


def score_by_id(engine: sa.Engine, score_id: str) -> Row | None:
    """Return the score of that id, or None."""
    return _first(engine, sa.select(_scores).where(_scores.c.score_id == score_id))


def require_score(connection: sa.Connection, score_id: str) -> None:
    """Make sure that a score is stored, and stays until the transaction of ``connection`` ends.

    What is written about it in that transaction is there before an erasure of its account takes
    all of it out, or is refused here.

    Raises
    ------
    NotFoundError
        Where it is not: its account may have been erased a moment ago.
    """
    query = sa.select(_scores.c.score_id).where(_scores.c.score_id == score_id)
    if connection.execute(query.with_for_update(read=True, key_share=True)).first() is None:
        raise NotFoundError(
            "a stored score", "none of that id", "Take the score_id of the account's record."
        )


def history(
    engine: sa.Engine, account_id: str, limit: int = 52, until: datetime | None = None
) -> list[Row]:
    """Return an account's latest ``limit`` _scores, oldest first, at most one for each ``as_of``.

    An issued score wins over a replay of the same ``as_of``, then the one written last. ``until``
    is inclusive.
    """
    place = sa.func.row_number().over(
        partition_by=_scores.c.as_of,
        order_by=(_issued_first(_scores.c.kind), _runs.c.created_at.desc()),
    )
    chosen = (
        sa.select(_scores, place.label("place"))
        .join(_runs, _runs.c.run_id == _scores.c.run_id)
        .where(_scores.c.account_id == account_id)
    )
    if until is not None:
        chosen = chosen.where(_scores.c.as_of <= until)
    ranked = chosen.subquery()
    columns = [ranked.c[column.name] for column in _scores.c]
    query = sa.select(*columns).where(ranked.c.place == 1).order_by(ranked.c.as_of.desc())
    with engine.connect() as connection:
        return list(reversed(connection.execute(query.limit(limit)).mappings().all()))


def previous_score(engine: sa.Engine, row: StoredRow) -> Row | None:
    """Return the account's score at the latest ``as_of`` before that of ``row``, or None."""
    query = (
        sa.select(_scores)
        .join(_runs, _runs.c.run_id == _scores.c.run_id)
        .where(_scores.c.account_id == row["account_id"], _scores.c.as_of < row["as_of"])
        .order_by(_scores.c.as_of.desc(), _issued_first(_scores.c.kind), _runs.c.created_at.desc())
    )
    return _first(engine, query)


def known_accounts(engine: sa.Engine) -> list[str]:
    """Return the ids of all accounts ever scored, sorted."""
    query = sa.select(_scores.c.account_id).distinct()
    with engine.connect() as connection:
        return sorted(connection.execute(query).scalars())


def numbers(blob: bytes) -> np.ndarray:
    """Return the float64 numbers of a ``points`` or ``values`` column, of shape (n_features,)."""
    return np.frombuffer(zlib.decompress(blob), dtype="<f8")


def blob(array: np.ndarray) -> bytes:
    """Return ``array`` as `numbers` reads it back, bit for bit."""
    return zlib.compress(np.ascontiguousarray(array, dtype="<f8").tobytes(), level=1)


def _issued_first(kind: sa.ColumnElement[str]) -> sa.ColumnElement[int]:
    return sa.case((kind == "issued", 0), else_=1)


def _first(engine: sa.Engine, query: sa.Select[Any]) -> Row | None:
    with engine.connect() as connection:
        return connection.execute(query.limit(1)).mappings().first()
