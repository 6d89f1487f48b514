"""Which runs an answer check may rest on."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from features.errors import NotReadyError
from features.settings import Settings
from serving.answers import choose
from serving.store.engine import open_store
from serving.store.scores import save_run
from tests.builders.runs import a_row, a_run
from tests.builders.served import shipped
from tests.builders.store import settings_in

LATEST = datetime(2026, 11, 1)
FITTED_UNTIL = datetime(2026, 7, 1)
"""The first date on which the hand-made model was only judged."""


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[tuple[Settings, sa.Engine]]:
    """Settings with a model v1, and the empty store."""
    settings = settings_in(tmp_path)
    shipped(settings, "v1")
    engine = open_store(settings)
    yield settings, engine
    engine.dispose()


def fill(engine: sa.Engine, kind: str, weeks: int, late: timedelta = timedelta(hours=6)) -> None:
    for week in range(weeks):
        at = LATEST - timedelta(weeks=week)
        name = f"{kind}{week}-{late.days}"
        run = a_run(name, at, kind, created_at=at + late)
        save_run(engine, run, [a_row(name, as_of=at)])


def test_issued_scores_that_reach_back_four_weeks_are_used(
    opened: tuple[Settings, sa.Engine],
) -> None:
    settings, engine = opened
    fill(engine, "issued", 5)
    chosen = choose(settings, engine)
    assert [kind for kind, _ in chosen.runs] == ["issued"] * 5


def test_the_first_statement_of_a_date_counts_not_a_later_one(
    opened: tuple[Settings, sa.Engine],
) -> None:
    settings, engine = opened
    fill(engine, "issued", 5)
    fill(engine, "issued", 5, late=timedelta(days=3))
    assert {run["run_id"] for _, run in choose(settings, engine).runs} == {
        f"issued{week}-0" for week in range(5)
    }


def test_dates_without_issued_scores_are_filled_with_replays_out_of_time(
    opened: tuple[Settings, sa.Engine],
) -> None:
    settings, engine = opened
    fill(engine, "issued", 3)
    fill(engine, "replay", 40, late=timedelta(days=400))
    chosen = choose(settings, engine)
    kinds = [kind for kind, _ in chosen.runs]
    assert kinds[-3:] == ["issued"] * 3
    assert set(kinds[:-3]) == {"out-of-time"}
    assert min(run["as_of"] for _, run in chosen.runs) >= FITTED_UNTIL
    assert chosen.left_out == 40 - len(chosen.runs)


def test_a_score_issued_late_of_a_period_the_model_did_not_know_is_out_of_time(
    opened: tuple[Settings, sa.Engine],
) -> None:
    settings, engine = opened
    fill(engine, "issued", 6, late=timedelta(days=20))
    assert {kind for kind, _ in choose(settings, engine).runs} == {"out-of-time"}


def test_scores_issued_long_after_their_date_by_a_model_that_knew_do_not_count(
    opened: tuple[Settings, sa.Engine],
) -> None:
    settings, engine = opened
    for week in range(30, 40):
        at = LATEST - timedelta(weeks=week)
        run = a_run(f"late{week}", at, created_at=LATEST)
        save_run(engine, run, [a_row(f"late{week}", as_of=at)])
    with pytest.raises(NotReadyError, match="0 issued and 0 replayed"):
        choose(settings, engine)


def test_without_scores_it_says_what_to_run(opened: tuple[Settings, sa.Engine]) -> None:
    settings, engine = opened
    with pytest.raises(NotReadyError, match="kenshin score --history"):
        choose(settings, engine)
