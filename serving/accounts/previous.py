"""The points before those of a run, for many accounts at once."""

from collections.abc import Sequence

import sqlalchemy as sa

from serving.store.schema import runs, scores
from serving.store.scores import StoredRow


def previous_points(
    connection: sa.Connection, run: StoredRow, account_ids: Sequence[str]
) -> dict[str, StoredRow]:
    """Return account → ``account_id`` and ``points`` of its latest score before ``run``.

    Of several at one ``as_of``, what was issued wins over a replay.
    """
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
        .where(scores.c.account_id.in_(account_ids), scores.c.as_of < run["as_of"])
        .subquery()
    )
    query = (
        sa.select(scores.c.account_id, scores.c.points)
        .join(ranked, ranked.c.score_id == scores.c.score_id)
        .where(ranked.c.place == 1)
    )
    return {row["account_id"]: row for row in connection.execute(query).mappings()}
