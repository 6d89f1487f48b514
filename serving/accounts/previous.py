"""The scores before those of a run, for many accounts at once."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from serving.store.schema import runs, scores
from serving.store.scores import StoredRow


def latest_before(*columns: Any) -> sa.Select[Any]:  # noqa: ANN401  # columns, or a whole table
    """Return the query for each account's latest score before a run.

    Of several at one ``as_of``, what was issued wins over a replay. It is asked with ``as_of``, the
    run's, and ``accounts``, a list.
    """
    place = sa.func.row_number().over(
        partition_by=scores.c.account_id,
        order_by=(
            scores.c.as_of.desc(),
            sa.case((scores.c.kind == "issued", 0), else_=1),
            runs.c.created_at.desc(),
        ),
    )
    accounts: sa.BindParameter[list[str]] = sa.bindparam("accounts", expanding=True)
    ranked = (
        sa.select(scores.c.score_id, place.label("place"))
        .join(runs, runs.c.run_id == scores.c.run_id)
        .where(scores.c.account_id.in_(accounts), scores.c.as_of < sa.bindparam("as_of"))
        .subquery()
    )
    query = sa.select(*columns).join(ranked, ranked.c.score_id == scores.c.score_id)
    return query.where(ranked.c.place == 1)


_POINTS = latest_before(scores.c.account_id, scores.c.points)


def previous_points(
    connection: sa.Connection, run: StoredRow, account_ids: Sequence[str]
) -> dict[str, StoredRow]:
    """Return account → ``account_id`` and ``points`` of its latest score before ``run``."""
    asked = {"as_of": run["as_of"], "accounts": list(account_ids)}
    return {row["account_id"]: row for row in connection.execute(_POINTS, asked).mappings()}
