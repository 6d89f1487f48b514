"""The scores before those of a run, for many accounts at once."""

from collections.abc import Sequence

import sqlalchemy as sa

from serving.store.schema import runs, scores
from serving.store.scores import StoredRow


def previous_scores(
    connection: sa.Connection, run: StoredRow, account_ids: Sequence[str]
) -> dict[str, tuple[StoredRow, StoredRow]]:
    """Return account → its latest score before ``run`` and the run of that score.

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
    query = sa.select(scores).join(ranked, ranked.c.score_id == scores.c.score_id)
    found = connection.execute(query.where(ranked.c.place == 1)).mappings().all()
    of_these = runs.c.run_id.in_({row["run_id"] for row in found})
    known = connection.execute(sa.select(runs).where(of_these)).mappings()
    by_id = {run_before["run_id"]: run_before for run_before in known}
    return {row["account_id"]: (row, by_id[row["run_id"]]) for row in found}
