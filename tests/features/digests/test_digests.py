"""Events kept file by file give what reading every row gives: cells, verdicts, counts."""

import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from random import Random

import duckdb
import pytest

from features.digests import compaction, shelf
from features.settings import load_settings
from features.snapshots import Snapshot, build, content_id
from features.sources import LoadedInput, examine, load_tables
from tests.builders.company import random_company
from tests.builders.daily import CUTS, END, Company, by_every_row, company, said, wrong

ONLY = ("events_28d", "events_28d_vs_prev_28d", "active_days_28d", "active_users_28d")
"""Features of account-days and of user-days; the command's test has all of them."""


def followed(made: Company) -> LoadedInput:
    """Return what is read where the events are digested."""
    loaded = examine(made.settings)
    assert loaded.tables.digests is not None
    return loaded


def digested(made: Company) -> tuple[Snapshot, str]:
    loaded = followed(made)
    return build(loaded.tables, made.settings, CUTS, only=ONLY), said(loaded.report)


def assert_same(made: Company) -> None:
    found, report = digested(made)
    tables, whole = by_every_row(made)
    expected = build(tables, made.settings, CUTS, only=ONLY)
    assert content_id(found.table) == content_id(expected.table)
    assert report == said(whole)


@pytest.mark.parametrize(("seed", "kind"), [(1, "parquet"), (2, "csv")])
def test_cells_verdicts_and_counts_are_those_of_every_row(
    tmp_path: Path, seed: int, kind: str
) -> None:
    made = company(tmp_path / "company", seed, kind)
    assert_same(made)


def test_files_that_come_change_and_go_are_followed(tmp_path: Path) -> None:
    made = company(tmp_path / "company", 3, accounts=6)
    draw = Random(3)
    rows = random_company(33, 6)["events"]
    changes: list[Callable[[], object]] = [
        lambda: made.events("part-zz", draw.sample(rows, 50)),
        lambda: made.events("part-0", [*draw.sample(rows, 40), *wrong(draw)]),
        lambda: made.file("part-1").unlink(),
        lambda: made.file("part-2").rename(made.file("another")),
    ]
    followed(made)
    for change in changes:
        change()
        assert_same(made)


def test_what_accounts_say_against_old_files_is_heard(tmp_path: Path) -> None:
    """An account that is born later, goes or comes changes which old rows count."""
    made = company(tmp_path / "company", 4)
    followed(made)
    accounts = [dict(row) for row in made.tables["accounts"]]
    accounts[1]["created_at"] = END - timedelta(days=100)
    made.table("accounts", [*accounts[:-1], accounts[-1] | {"account_id": "nobody"}])
    assert_same(made)


def test_a_new_day_reads_no_file_of_the_days_before(tmp_path: Path) -> None:
    """The old files are made unreadable and look unchanged: nobody notices."""
    made = company(tmp_path / "company", 5)
    first, _ = digested(made)
    for file in (tmp_path / "company" / "events").iterdir():
        was = file.stat()
        file.write_bytes(b"?" * was.st_size)
        os.utime(file, ns=(was.st_atime_ns, was.st_mtime_ns))
    made.events("zz-today", [])
    again, _ = digested(made)
    assert content_id(again.table) == content_id(first.table)


def test_a_row_known_in_a_new_file_counts_from_the_day_it_was_recorded(tmp_path: Path) -> None:
    made = company(tmp_path / "company", 6)
    before, _ = digested(made)
    late = {
        "account_id": before.table["account_id"][-1].as_py(),
        "occurred_at": END - timedelta(days=25),
        "event": "use",
        "recorded_at": END - timedelta(days=20),
    }
    made.events("late", [late])
    after, _ = digested(made)
    changed = {
        as_of
        for as_of in CUTS
        if before.table.filter(_at(before, as_of)) != after.table.filter(_at(after, as_of))
    }
    assert changed == {as_of for as_of in CUTS if as_of >= END - timedelta(days=20)}


def _at(snapshot: Snapshot, as_of: object) -> object:
    import pyarrow.compute as pc

    return pc.equal(snapshot.table["as_of"], as_of)


def test_many_small_segments_become_one_and_say_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compaction, "MANY", 2)
    made = company(tmp_path / "company", 7, accounts=6)
    rows = random_company(77, 12)["events"]
    followed(made)
    for day in range(3):
        made.events(f"day-{day}", [*rows[20 * day : 20 * day + 20], *wrong(Random(day))])
        made.events("part-0", rows[100 : 120 + day])
        followed(made)
    assert_same(made)
    (state,) = (tmp_path / "company" / ".kenshin" / "digests").glob("*/state.json")
    assert len(json.loads(state.read_text())["segments"]) <= 3


def test_what_a_killed_process_left_is_swept_and_a_damaged_state_begun_again(
    tmp_path: Path,
) -> None:
    made = company(tmp_path / "company", 8)
    followed(made)
    (folder,) = (tmp_path / "company" / ".kenshin" / "digests").iterdir()
    (folder / ".unfinished-0123").mkdir()
    (folder / ".unfinished-0123" / "rows.parquet").write_bytes(b"PAR1")
    (folder / "state.json").write_text('{"segments": ["gone"], "gone": {}}')
    assert_same(made)
    assert not (folder / ".unfinished-0123").exists()


def test_two_at_once_leave_every_file_once(tmp_path: Path) -> None:
    made = company(tmp_path / "company", 13)
    settings = made.settings
    with ThreadPoolExecutor(2) as both:
        reports = [said(r.report) for r in both.map(examine, [settings, settings])]
    assert reports[0] == reports[1]
    (folder,) = (tmp_path / "company" / ".kenshin" / "digests").iterdir()
    stored = [found.file for segment in shelf.opened(folder).segments for found in segment.found]
    assert len(stored) == len(set(stored)) == len(list(made.file("part-0").parent.iterdir()))


def test_what_another_version_stored_is_removed_after_a_day(tmp_path: Path) -> None:
    made = company(tmp_path / "company", 14)
    digests = tmp_path / "company" / ".kenshin" / "digests"
    for name, age in (("old", 2 * shelf.UNUSED_SECONDS), ("recent", 0)):
        (digests / name).mkdir(parents=True)
        (digests / name / "state.json").write_text("{}")
        then = time.time() - age
        os.utime(digests / name / "state.json", (then, then))
    examine(made.settings)
    assert not (digests / "old").exists()
    assert (digests / "recent").exists()


@pytest.mark.parametrize(
    "sections",
    [
        '[tables.events]\nfile = "events/part-0.parquet"\n',
        "[tables.events]\nsql = \"SELECT * FROM 'events/part-0.parquet'\"\n",
    ],
)
def test_sources_that_are_no_glob_of_files_are_read_whole(tmp_path: Path, sections: str) -> None:
    made = company(tmp_path / "company", 9)
    text = made.config.read_text(encoding="utf-8")
    made.config.write_text(
        text.replace('[tables.events]\nfile = "events/*.parquet"\n', sections), encoding="utf-8"
    )
    assert load_tables(load_settings(made.config)).tables.digests is None


def test_files_with_one_column_of_two_types_are_read_whole(tmp_path: Path) -> None:
    made = company(tmp_path / "company", 10)
    followed(made)
    con = duckdb.connect()
    con.execute(
        "COPY (SELECT 'a1' AS account_id, '2025-01-01' AS occurred_at, 'use' AS event) "
        f"TO '{made.file('other')}' (FORMAT parquet)"
    )
    assert examine(made.settings).tables.digests is None


def test_files_that_gain_a_column_are_digested_together(tmp_path: Path) -> None:
    made = company(tmp_path / "company", 11)
    con = duckdb.connect()
    con.execute(
        "COPY (SELECT 'a1' AS account_id, TIMESTAMP '2025-01-01' AS occurred_at, 'use' AS event, "
        f"'web' AS place) TO '{made.file('0-first')}' (FORMAT parquet)"
    )
    assert_same(made)
