from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from serving.pages.timeline import week_before, weekly
from serving.store.engine import open_store
from serving.store.scores import save_run
from tests.builders.store import settings_in

NOW = datetime(2026, 11, 20)


def store(folder: Path, *runs: tuple[str, datetime, str]) -> sa.Engine:
    engine = open_store(settings_in(folder))
    for number, (run_id, as_of, kind) in enumerate(runs):
        run: dict[str, Any] = {
            "run_id": run_id,
            "kind": kind,
            "as_of": as_of,
            "model_version": "v1",
            "settings_version": "s",
            "snapshot_id": run_id,
            "created_at": NOW + timedelta(seconds=number),
            "accounts": 0,
            "feature_names": ["a"],
            "baseline_points": 70.0,
            "typical": {"": {"a": 1.0}},
        }
        save_run(engine, run, [])
    return engine


def test_daily_runs_give_one_for_each_week_before_the_latest(tmp_path: Path) -> None:
    days = [(f"d{i}", NOW - timedelta(days=i), "issued") for i in range(30)]
    found = weekly(store(tmp_path, *days))
    assert [run.run_id for run in found] == ["d28", "d21", "d14", "d7", "d0"]


def test_a_missing_week_stays_missing(tmp_path: Path) -> None:
    found = weekly(
        store(tmp_path, ("old", NOW - timedelta(days=35), "issued"), ("now", NOW, "issued"))
    )
    assert [run.run_id for run in found] == ["old", "now"]
    assert week_before(found, found[-1]) is None


def test_what_was_issued_wins_over_a_later_replay_of_the_same_date(tmp_path: Path) -> None:
    found = weekly(store(tmp_path, ("issued", NOW, "issued"), ("again", NOW, "replay")))
    assert [run.run_id for run in found] == ["issued"]


def test_a_replay_after_the_last_issued_run_is_not_the_present(tmp_path: Path) -> None:
    later = NOW + timedelta(days=7)
    found = weekly(store(tmp_path, ("issued", NOW, "issued"), ("ahead", later, "replay")))
    assert [run.run_id for run in found] == ["issued"]


def test_replays_alone_are_shown(tmp_path: Path) -> None:
    found = weekly(store(tmp_path, ("replay", NOW, "replay")))
    assert [run.run_id for run in found] == ["replay"]


def test_an_empty_store_has_no_weeks(tmp_path: Path) -> None:
    assert weekly(store(tmp_path)) == ()


def test_a_plan_without_values_of_its_own_uses_those_of_all(tmp_path: Path) -> None:
    (run,) = weekly(store(tmp_path, ("now", NOW, "issued")))
    assert run.typical_of("Rare", "a") == 1.0
    assert run.typical_of(None, "unknown") is None
