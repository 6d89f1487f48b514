from datetime import timedelta

import numpy as np
import pytest
import sqlalchemy as sa

from serving.store import scores
from tests.builders.runs import AS_OF, a_row, a_run

WEEK = timedelta(weeks=1)


def test_a_row_comes_back_bit_for_bit(engine: sa.Engine) -> None:
    scores.save_run(engine, a_run("r1"), [a_row("s1")])
    row = scores.score_of(engine, "r1", "a")
    assert row is not None
    assert row["churn_probability"] == 0.1 + 0.2
    assert row["as_of"] == AS_OF
    assert row["name"] == "株式会社暁"
    assert row["top_reasons"] == ["logins"]
    np.testing.assert_array_equal(scores.numbers(row["points"]), [-23.6, 0.1])
    np.testing.assert_array_equal(scores.numbers(row["values"]), [1.0, np.nan])
    run = scores.run_by_id(engine, "r1")
    assert run is not None
    assert run["baseline_points"] == 72.5
    assert run["typical"] == {"": {"logins": 3.0, "plan": None}}


def test_saving_the_same_run_twice_changes_nothing(engine: sa.Engine) -> None:
    assert scores.save_run(engine, a_run("r1"), [a_row("s1")])
    assert not scores.save_run(engine, a_run("r1"), [a_row("s1", name="another")])
    assert [row["name"] for row in scores.rows_of(engine, "r1")] == ["株式会社暁"]


def test_a_run_that_fails_half_way_leaves_nothing(engine: sa.Engine) -> None:
    twice = [a_row("s1", "a"), a_row("s1", "b")]
    with pytest.raises(sa.exc.IntegrityError):
        scores.save_run(engine, a_run("r1"), twice)
    assert scores.run_by_id(engine, "r1") is None
    assert scores.known_accounts(engine) == []


def test_a_run_of_more_rows_than_one_batch_is_whole(engine: sa.Engine) -> None:
    rows = [a_row(f"s{i}", f"a{i:05d}") for i in range(4_100)]
    scores.save_run(engine, a_run("r1"), rows)
    assert len(scores.rows_of(engine, "r1")) == 4_100


def test_the_latest_run_is_the_one_of_the_latest_date_and_replays_are_apart(
    engine: sa.Engine,
) -> None:
    scores.save_run(engine, a_run("old", AS_OF - WEEK), [a_row("s1", as_of=AS_OF - WEEK)])
    scores.save_run(engine, a_run("new", AS_OF), [a_row("s2")])
    later = AS_OF + WEEK
    scores.save_run(engine, a_run("replayed", later, "replay"), [a_row("s3", as_of=later)])
    assert _id(scores.latest_run(engine)) == "new"
    assert _id(scores.latest_run(engine, before=AS_OF)) == "old"
    assert _id(scores.latest_run(engine, kind="replay")) == "replayed"
    assert _id(scores.latest_run(engine, kind=None)) == "replayed"
    assert _id(scores.run_at(engine, AS_OF)) == "new"
    assert [run["run_id"] for run in scores.runs(engine)] == ["old", "new", "replayed"]
    assert [run["run_id"] for run in scores.runs(engine, "issued")] == ["old", "new"]


def test_an_empty_store_has_no_latest_run(engine: sa.Engine) -> None:
    assert scores.latest_run(engine) is None
    assert scores.run_at(engine, AS_OF) is None
    assert scores.score_by_id(engine, "none") is None
    assert scores.history(engine, "a") == []


def test_history_has_one_row_a_date_and_what_was_issued_wins(engine: sa.Engine) -> None:
    scores.save_run(engine, a_run("issued", AS_OF), [a_row("s1", health_score=60)])
    replay = a_run("replay", AS_OF, "replay", created_at=AS_OF + WEEK)
    scores.save_run(engine, replay, [a_row("s2", health_score=30)])
    before = AS_OF - WEEK
    scores.save_run(
        engine, a_run("r0", before, "replay"), [a_row("s0", as_of=before, health_score=70)]
    )
    assert [row["health_score"] for row in scores.history(engine, "a")] == [70, 60]
    assert [row["health_score"] for row in scores.history(engine, "a", until=before)] == [70]
    assert [row["score_id"] for row in scores.history(engine, "a", limit=1)] == ["s1"]


def test_of_two_issued_runs_of_one_date_the_one_written_last_is_shown(engine: sa.Engine) -> None:
    scores.save_run(engine, a_run("first"), [a_row("s1", health_score=60)])
    again = a_run("second", created_at=AS_OF + WEEK)
    scores.save_run(engine, again, [a_row("s2", health_score=58)])
    assert [row["health_score"] for row in scores.history(engine, "a")] == [58]
    assert _id(scores.latest_run(engine)) == "second"
    assert scores.score_by_id(engine, "s1") is not None


def test_the_score_before_is_of_the_latest_earlier_date(engine: sa.Engine) -> None:
    for weeks in (2, 1, 0):
        at = AS_OF - weeks * WEEK
        scores.save_run(engine, a_run(f"r{weeks}", at), [a_row(f"s{weeks}", as_of=at)])
    row = scores.score_by_id(engine, "s0")
    assert row is not None
    before = scores.previous_score(engine, row)
    assert before is not None
    assert before["score_id"] == "s1"
    first = scores.score_by_id(engine, "s2")
    assert first is not None
    assert scores.previous_score(engine, first) is None


def _id(run: scores.Row | None) -> str | None:
    return None if run is None else run["run_id"]
