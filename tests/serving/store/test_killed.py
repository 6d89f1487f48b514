"""A run that is killed at any moment is either stored as a whole or not at all."""

from typing import Any

import sqlalchemy as sa

from serving.store import scores
from serving.store.engine import open_url
from tests.builders.killing import ROWS, killed_after, write_runs

KILLS = 6


def test_killing_a_run_leaves_nothing_half_visible(store_url: str) -> None:
    acknowledged: set[str] = set()
    for attempt in range(KILLS):
        seconds, name = 0.05 + 0.13 * attempt, f"k{attempt}"
        # However slow the machine is, one run is whole before the last kill.
        finished = int(attempt == KILLS - 1 and not acknowledged)
        acknowledged |= killed_after(seconds, write_runs, store_url, name, finished=finished)
    engine = open_url(store_url)
    with engine.connect() as connection:
        stored: Any = connection.execute(
            sa.text(
                "SELECT runs.run_id, count(scores.score_id) FROM runs LEFT JOIN scores "
                "ON scores.run_id = runs.run_id GROUP BY runs.run_id"
            )
        ).all()
        orphans = connection.execute(
            sa.text("SELECT count(*) FROM scores WHERE run_id NOT IN (SELECT run_id FROM runs)")
        ).scalar()
    latest = scores.latest_run(engine)
    engine.dispose()
    counts = {run_id: int(count) for run_id, count in stored}
    assert acknowledged
    assert set(counts.values()) == {ROWS}
    assert orphans == 0
    assert acknowledged <= set(counts)
    assert len(counts) - len(acknowledged) <= KILLS
    assert latest is not None
