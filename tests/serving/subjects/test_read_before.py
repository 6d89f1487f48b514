"""Commands that read an account before it was erased, and write after: nothing of it comes back."""

import json
from datetime import datetime
from typing import Any

import pytest

from features import erased, snapshots
from features.digests.compaction import compacted
from features.errors import NotReadyError
from features.settings import load_settings
from features.snapshots import files as snapshot_files
from features.snapshots import keep_up
from features.snapshots.build import build_each
from features.sources import load_tables
from features.sources.delivered import delivered
from serving import kept_answers
from serving.runs import save
from serving.store import scores
from serving.subjects.erasure import erase
from tests.builders.forgotten import NAME, NAME_EN, Held, traces
from training import named_misses
from training.bundle import champion

NOW, DAY = datetime(2026, 11, 21), datetime(2026, 11, 17)


def gone(company: Held) -> None:
    erase(company.settings, company.engine, company.account_id, "asked", NOW, "hana")


def nothing_is_left(company: Held) -> bool:
    return traces(company.settings, [company.account_id, NAME, NAME_EN]) == set()


@pytest.fixture(scope="module")
def read_before(made: Held) -> snapshots.Snapshot:
    """What a command holds that read the tables before the account was erased."""
    snapshot = snapshots.build(load_tables(made.settings).tables, made.settings, [DAY])
    assert made.account_id in snapshot.table["account_id"].to_pylist()
    return snapshot


def test_a_run_of_scores_leaves_it_out(company: Held, read_before: snapshots.Snapshot) -> None:
    settings = company.settings
    gone(company)
    stored = save(settings, company.engine, champion(settings), read_before, "replay", NOW)
    assert stored.accounts == read_before.table.num_rows - 1
    assert scores.history(company.engine, company.account_id) == []
    assert nothing_is_left(company)


def test_a_snapshot_that_a_training_writes_leaves_it_out(
    company: Held, read_before: snapshots.Snapshot
) -> None:
    gone(company)
    (written,) = snapshots.write(read_before, company.settings)
    assert written.rows == read_before.table.num_rows - 1
    assert nothing_is_left(company)


def test_a_snapshot_of_nobody_else_is_not_written_at_all(
    company: Held, read_before: snapshots.Snapshot
) -> None:
    mine = read_before.table["account_id"].to_pylist().index(company.account_id)
    alone = snapshots.Snapshot(read_before.table.slice(mine, 1), read_before.features)
    gone(company)
    assert snapshots.write(alone, company.settings) == []
    assert nothing_is_left(company)


def test_snapshots_that_are_kept_up_leave_it_out_while_they_are_built(
    company: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = company.settings
    tables = load_tables(settings, digested=False).tables
    read: list[snapshots.Snapshot] = []

    def build(*given: Any, **options: Any) -> list[snapshots.Snapshot]:  # noqa: ANN401
        read.extend(build_each(*given, **options))
        gone(company)
        return read

    monkeypatch.setattr("features.snapshots.upkeep.build_each", build)
    (outcome,) = keep_up(tables, settings, [DAY], repair=False).outcomes
    assert company.account_id in read[0].table["account_id"].to_pylist()
    assert outcome.manifest is not None
    assert outcome.manifest.rows == read[0].table.num_rows - 1
    there = snapshot_files.read(settings, [DAY]).table["account_id"].to_pylist()
    assert company.account_id not in there
    assert nothing_is_left(company)


def test_without_an_erasure_every_account_is_written(
    company: Held, read_before: snapshots.Snapshot
) -> None:
    (written,) = snapshots.write(read_before, company.settings)
    assert written.rows == read_before.table.num_rows
    assert written.snapshot_id == snapshots.content_id(read_before.table)


@pytest.mark.parametrize("keep", ["of a model", "of the company"])
def test_answer_checks_name_no_missed_leaver_who_was_erased(company: Held, keep: str) -> None:
    settings = company.settings
    told = kept_answers.Kept(settings).shown(champion(settings))
    assert told is not None
    assert company.account_id in {miss["account_id"] for miss in told["misses"]}
    gone(company)
    if keep == "of a model":
        named_misses.keep(settings, "v2", {"answer_check": told})
        said = json.loads(named_misses.file_of(settings, "v2").read_text(encoding="utf-8"))
    else:
        kept_answers.keep(settings, told, NOW)
        said = json.loads((settings.workspace / "answer-check.json").read_text(encoding="utf-8"))
    assert [miss["account_id"] for miss in said["misses"]] == [company.others[0]]
    assert nothing_is_left(company)


@pytest.fixture
def events_by_file(company: Held) -> Held:
    """The company with events that come file by file, so that their days are stored."""
    file = company.settings.root / "kenshin.toml"
    text = file.read_text(encoding="utf-8")
    assert 'file = "events.parquet"' in text
    file.write_text(text.replace('"events.parquet"', '"events*.parquet"'), encoding="utf-8")
    return Held(load_settings(file), company.engine, company.account_id, company.others)


def test_events_that_are_being_stored_are_not_and_the_reading_is_refused(
    events_by_file: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = events_by_file

    def compact(*given: Any) -> Any:  # noqa: ANN401
        made = compacted(*given)
        monkeypatch.setattr("features.digests.ledger.compacted", compacted)
        gone(company)
        return made

    monkeypatch.setattr("features.digests.ledger.compacted", compact)
    with pytest.raises(NotReadyError, match="nobody erased while the tables are being read"):
        load_tables(company.settings)
    assert nothing_is_left(company)
    again = load_tables(company.settings)
    assert again.report.left_out == 1
    assert again.tables.digests is not None
    assert nothing_is_left(company)


def test_a_delivery_read_before_is_not_remembered(
    company: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    remembered: list[object] = []

    def deliver(*given: Any) -> Any:  # noqa: ANN401
        found = delivered(*given)
        gone(company)
        return found

    monkeypatch.setattr("features.sources.load.delivered", deliver)
    monkeypatch.setattr("features.sources.load.record", remembered.append)
    with pytest.raises(NotReadyError, match="Run it again"):
        load_tables(company.settings)
    assert remembered == []
    assert nothing_is_left(company)


def test_whoever_keeps_others_from_erasing_may_ask_for_it_again(company: Held) -> None:
    with erased.changing(company.settings), erased.changing(company.settings, wait=False):
        assert erased.read(company.settings).subjects == frozenset()
    with erased.changing(company.settings, wait=False):
        pass
