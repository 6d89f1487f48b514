"""Stored snapshots follow the data: what may change is built, what was issued stays."""

import json
import multiprocessing as mp
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from features.settings import Settings
from features.snapshots import build, content_id, differences, files, keep_up, read, read_by_id
from features.snapshots.inputs import states
from features.sources import Tables
from tests.builders.kept import MONTHS, USES, Row, keep_up_one_by_one, tables, use
from tests.builders.tables import at


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(root=tmp_path)


def what(settings: Settings, given: Tables, dates: list[datetime], **options: object) -> list[str]:
    return [o.what for o in keep_up(given, settings, dates, **options).outcomes]  # type: ignore[arg-type]


def test_what_is_stored_is_what_building_gives(settings: Settings) -> None:
    assert what(settings, tables(), MONTHS) == ["written"] * 4
    assert content_id(read(settings, MONTHS).table) == content_id(
        build(tables(), settings, MONTHS).table
    )


def test_nothing_is_built_where_nothing_changed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_up(tables(), settings, MONTHS)
    monkeypatch.setattr("features.snapshots.upkeep.build_each", None)
    again = keep_up(tables(), settings, MONTHS)
    assert [(o.what, o.built) for o in again.outcomes] == [("unchanged", False)] * 4


def test_a_late_row_repairs_the_snapshots_it_may_change_and_no_other(settings: Settings) -> None:
    keep_up(tables(), settings, MONTHS)
    before = [files.current(settings, date) for date in MONTHS]
    late = tables(use("2024-03-20", recorded="2024-04-20"))
    upkeep = keep_up(late, settings, MONTHS)
    assert [o.what for o in upkeep.outcomes] == ["unchanged", "unchanged", "repaired", "repaired"]
    assert [o.built for o in upkeep.outcomes] == [False, False, True, True]
    assert [o.accounts for o in upkeep.outcomes] == [0, 0, 1, 1]
    assert content_id(read(settings, MONTHS).table) == content_id(
        build(late, settings, MONTHS).table
    )
    for old in before:
        assert old is not None
        assert read_by_id(settings, old.snapshot_id).table.num_rows == old.rows


def test_a_row_without_a_time_of_record_counts_from_its_day(settings: Settings) -> None:
    keep_up(tables(), settings, MONTHS)
    changed = what(settings, tables(use("2024-04-15")), MONTHS)
    assert changed == ["unchanged", "unchanged", "repaired", "repaired"]


def test_a_row_that_no_feature_sees_writes_nothing(settings: Settings) -> None:
    """An account without a contract lives at no day: its rows make no snapshot another."""
    keep_up(tables(), settings, MONTHS)
    folders = sorted(settings.workspace.glob("snapshots/*/*"))
    upkeep = keep_up(tables(use("2024-02-15", account="nobody")), settings, MONTHS)
    assert [(o.what, o.built) for o in upkeep.outcomes] == [("unchanged", True)] * 4
    assert sorted(settings.workspace.glob("snapshots/*/*")) == folders


def test_what_was_issued_stays_and_the_difference_is_told(settings: Settings) -> None:
    first = keep_up(tables(), settings, MONTHS)
    manifest = first.outcomes[2].manifest
    assert manifest is not None
    late = tables(use("2024-03-20", recorded="2024-04-20"))
    for _ in range(2):
        upkeep = keep_up(late, settings, MONTHS, issued={manifest.snapshot_id})
        told = upkeep.outcomes[2]
        assert (told.what, told.accounts, told.manifest) == ("issued", 1, manifest)
        assert files.current(settings, MONTHS[2]) == manifest
    assert not upkeep.outcomes[2].built
    assert [o.what for o in upkeep.outcomes] == ["unchanged", "unchanged", "issued", "unchanged"]


def test_other_stored_days_are_named_where_they_are_not_to_be_mended(settings: Settings) -> None:
    keep_up(tables(), settings, MONTHS)
    late = tables(use("2024-03-20", recorded="2024-04-20"))
    today = keep_up(late, settings, MONTHS[3:], repair=False)
    assert ([o.what for o in today.outcomes], today.suspects) == (["repaired"], (MONTHS[2],))
    mended = keep_up(late, settings, MONTHS[3:])
    assert [(o.as_of, o.what) for o in mended.outcomes] == [
        (MONTHS[2], "repaired"),
        (MONTHS[3], "unchanged"),
    ]


def test_other_settings_build_everything_again(settings: Settings) -> None:
    keep_up(tables(), settings, MONTHS)
    churn = settings.churn.model_copy(update={"allowed_gap_days": 31})
    other = settings.model_copy(update={"churn": churn})
    upkeep = keep_up(tables(), other, MONTHS)
    assert [(o.what, o.built) for o in upkeep.outcomes] == [("unchanged", True)] * 4


@pytest.mark.parametrize(
    ("table", "row", "first"),
    [
        ("events", use("2024-04-15"), 2),
        ("events", use("2024-02-15", recorded="2024-05-02"), 3),
        ("tickets", {"account_id": "a", "opened_at": at("2024-03-05")}, 1),
        ("invoices", {"account_id": "a", "issued_at": at("2024-04-05"), "amount": 1.0}, 2),
    ],
)
def test_inputs_have_another_name_from_the_day_a_row_counts(
    settings: Settings, table: str, row: Row, first: int
) -> None:
    base: dict[str, list[Row]] = {
        "tickets": [{"account_id": "b", "opened_at": at("2024-01-05"), "resolved_at": None}],
        "invoices": [{"account_id": "b", "issued_at": at("2024-01-05"), "amount": 2.0}],
    }
    one = states(tables(**base), settings, MONTHS)
    rows = [*USES, row] if table == "events" else [*base[table], row]
    other = states(tables(**(base | {table: rows})), settings, MONTHS)
    assert [one[date] != other[date] for date in MONTHS] == [n >= first for n in range(4)]


def test_an_end_changes_inputs_from_the_day_after_it(settings: Settings) -> None:
    contracts: list[Row] = [
        {"account_id": "a", "started_at": at("2024-01-01"), "ended_at": None},
        {"account_id": "b", "started_at": at("2024-01-01"), "ended_at": at("2024-04-10")},
    ]
    one, other = (
        states(given, settings, MONTHS) for given in (tables(), tables(subscriptions=contracts))
    )
    assert [one[date] != other[date] for date in MONTHS] == [False, False, True, True]


def test_the_order_of_rows_names_nothing(settings: Settings) -> None:
    turned = tables(events=[*reversed(USES)])
    assert states(tables(), settings, MONTHS) == states(turned, settings, MONTHS)


def test_differences_name_account_column_and_both_values(settings: Settings) -> None:
    one = build(tables(), settings, MONTHS[3:])
    other = build(tables(use("2024-05-20")), settings, MONTHS[3:])
    found = {d.column: (d.account_id, d.stored, d.rebuilt) for d in differences(one, other)}
    assert found["events_28d"] == ("a", 1.0, 2.0)
    assert {account for account, _, _ in found.values()} == {"a"}
    assert differences(one, one) == []


@pytest.mark.slow
def test_a_kill_at_any_moment_leaves_nothing_half_made(tmp_path: Path) -> None:
    """Killed while it writes; what is there is whole, and a rerun gives the uninterrupted run's."""
    whole = Settings(root=tmp_path / "whole")
    keep_up(tables(), whole, MONTHS)
    spawn = mp.get_context("spawn")
    for number, enough in enumerate((_begun, _some_written)):
        settings = Settings(root=tmp_path / f"killed-{number}")
        writer = spawn.Process(target=keep_up_one_by_one, args=(settings.root,))
        writer.start()
        _wait(lambda: enough(settings))  # noqa: B023
        assert writer.pid is not None
        os.kill(writer.pid, signal.SIGKILL)
        writer.join(30)
        for date in files.stored_dates(settings):
            manifest = files.current(settings, date)
            assert manifest is not None
            read_by_id(settings, manifest.snapshot_id)
        keep_up(tables(), settings, MONTHS)
        assert read(settings, MONTHS).table == read(whole, MONTHS).table
        assert not list(settings.workspace.rglob(".unfinished-*"))


def _begun(settings: Settings) -> bool:
    return bool(list(settings.workspace.glob("snapshots/*")))


def _some_written(settings: Settings) -> bool:
    return len(files.stored_dates(settings)) >= 2


def _wait(until: Callable[[], bool]) -> None:
    last = time.monotonic() + 60
    while not until() and time.monotonic() < last:
        time.sleep(0.001)
    assert until()


def test_what_dead_processes_left_is_removed_and_what_living_ones_write_is_not(
    settings: Settings,
) -> None:
    folder = settings.workspace / "snapshots" / "2024-06-01"
    dead = subprocess.Popen([sys.executable, "-S", "-c", ""])
    dead.wait()
    host = os.uname().nodename
    for process in (dead.pid, os.getppid()):
        (folder / f".unfinished-{host}-{process}-abc").mkdir(parents=True)
    (folder / ".unfinished-elsewhere-1-abc").mkdir()
    keep_up(tables(), settings, MONTHS[3:])
    left = sorted(path.name for path in folder.glob(".unfinished-*"))
    assert left == sorted([".unfinished-elsewhere-1-abc", f".unfinished-{host}-{os.getppid()}-abc"])
    said = json.loads((folder / "inputs.json").read_text(encoding="utf-8"))
    manifest = files.current(settings, MONTHS[3])
    assert manifest is not None
    assert said["snapshot_id"] == manifest.snapshot_id
