"""Which scores the store holds of accounts now: ids only, whose rows never change."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from serving.predictions.runs import newest_run
from serving.store.schema import runs, scores
from serving.store.scores import StoredRow


class Glance(NamedTuple):
    """An account's score in a run and the one before it.

    Attributes
    ----------
    before_id : str or None
        The latest score before that run's ``as_of``; of several, what was issued wins over a
        replay. None where there is none.
    """

    account_id: str
    score_id: str
    band: str
    before_id: str | None


def glances(
    connection: sa.Connection, run: StoredRow, account_ids: Sequence[str]
) -> dict[str, Glance]:
    """Return account → its score in ``run``; accounts that it does not know are absent."""
    asked = {"run_id": run["run_id"], "as_of": run["as_of"], "accounts": list(account_ids)}
    return {row[0]: Glance(*row) for row in connection.execute(_IN_RUN, asked)}


def latest_of_one() -> sa.Select[Any]:
    """Return the query for run id and `Glance` of the one ``account`` in the latest issued run."""
    latest = newest_run(runs.c.run_id, runs.c.as_of).subquery()
    return (
        sa.select(latest.c.run_id, *_columns(latest.c.as_of))
        .join(scores, scores.c.run_id == latest.c.run_id)
        .where(scores.c.account_id == sa.bindparam("account"))
    )


def _columns(as_of: sa.ColumnElement[Any]) -> tuple[Any, ...]:
    earlier, its_run = scores.alias(), runs.alias()
    before = (
        sa.select(earlier.c.score_id)
        .join(its_run, its_run.c.run_id == earlier.c.run_id)
        .where(earlier.c.account_id == scores.c.account_id, earlier.c.as_of < as_of)
        .order_by(
            earlier.c.as_of.desc(),
            sa.case((earlier.c.kind == "issued", 0), else_=1),
            its_run.c.created_at.desc(),
        )
        .limit(1)
        .correlate_except(earlier, its_run)
        .scalar_subquery()
    )
    return scores.c.account_id, scores.c.score_id, scores.c.band, before


_IN_RUN = sa.select(*_columns(sa.bindparam("as_of", type_=runs.c.as_of.type))).where(
    scores.c.run_id == sa.bindparam("run_id"),
    scores.c.account_id.in_(sa.bindparam("accounts", expanding=True)),
)
