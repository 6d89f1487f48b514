"""What reads the snapshot of an old run finds, after an erasure, the one that took its place."""

import pyarrow as pa
import pyarrow.parquet as pq

from features import erased
from features.snapshots import files, keep_up
from features.sources import load_tables
from serving.commands.verification import issued_ids
from serving.drift.current import current
from serving.replays.history import rows_at
from serving.replays.present import present
from serving.store.scores import latest_run
from serving.subjects.erasure import erase
from tests.builders.forgotten import Held
from tests.builders.modelled import END


def gone(company: Held) -> None:
    erase(company.settings, company.engine, company.account_id, "asked", END, "hana")


def accounts(table: pa.Table) -> set[str]:
    return set(table["account_id"].to_pylist())


def test_drift_is_judged_on_everybody_else(company: Held) -> None:
    settings, engine = company.settings, company.engine
    before = current(settings, engine, "v1")
    gone(company)
    after = current(settings, engine, "v1")
    assert accounts(before.table) - accounts(after.table) == {company.account_id}
    assert after.snapshot_id == before.snapshot_id, "the run is the one that was issued"
    assert erased.held_in(settings, before.snapshot_id) != before.snapshot_id
    assert len(before.probability) - len(after.probability) in (0, 1)


def test_every_other_score_comes_out_again(company: Held) -> None:
    settings, engine = company.settings, company.engine
    gone(company)
    told = present(settings, engine, None, None)
    assert told["scores"] > 10
    assert (told["different"], told["gone"]) == ([], [])


def test_a_replay_reads_the_rows_of_an_issued_date_where_they_are_now(company: Held) -> None:
    settings, engine = company.settings, company.engine
    run = latest_run(engine, "issued")
    assert run is not None
    gone(company)
    files.withdraw(settings, END)  # so that only the run can tell where they are
    tables = load_tables(settings).tables
    (dated,) = rows_at(settings, tables, [END], {END: run}, ["mrr"], lambda *_: None)
    assert dated.source == "stored"
    assert company.account_id not in accounts(dated.snapshot.table)
    assert set(company.others) & accounts(dated.snapshot.table)


def test_upkeep_leaves_what_took_the_place_of_an_issued_snapshot_as_it_is(company: Held) -> None:
    settings = company.settings
    there = files.current(settings, END)
    assert there is not None
    gone(company)
    ids = issued_ids(settings)
    successor = erased.held_in(settings, there.snapshot_id)
    assert {there.snapshot_id, successor} <= ids
    renamed(company, company.others[0])
    tables = load_tables(settings).tables
    (kept,) = keep_up(tables, settings, [END], issued=ids, repair=False).outcomes
    assert kept.manifest is not None
    assert (kept.what, kept.accounts, kept.manifest.snapshot_id) == ("issued", 1, successor)
    # Without the map of what took whose place it would be mended, and the score not reproducible.
    unknown = {there.snapshot_id}
    (mended,) = keep_up(tables, settings, [END], issued=unknown, repair=False).outcomes
    assert mended.what == "repaired"


def renamed(company: Held, account: str) -> None:
    """Let the source call an account otherwise."""
    file = company.settings.root / "accounts.parquet"
    table = pq.read_table(file)
    rows = [row | ({"name": "新しい名前"} if row["account_id"] == account else {})
            for row in table.to_pylist()]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows, table.schema), file)
