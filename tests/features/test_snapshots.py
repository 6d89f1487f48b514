"""Snapshots: which days, which columns, content ids, and files that are whole or absent."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.catalogue import catalog
from features.errors import NotFoundError, NotReadyError, SettingsError
from features.facts import FACT_KINDS
from features.settings import ProductFeature, Settings, Snapshots
from features.snapshots import (
    Snapshot,
    as_of_dates,
    build,
    content_id,
    files,
    read,
    read_by_id,
    regular,
    write,
)
from features.sources import Tables
from tests.builders.company import DAYS, START, random_company
from tests.builders.tables import at, make_tables

END = START + timedelta(days=DAYS)
CUTS = [at("2024-10-01"), at("2025-01-01")]
USES = [{"account_id": "a", "occurred_at": at("2024-01-10", "09:00"), "event": "use"}]


def small(**rows: Any) -> Tables:  # noqa: ANN401
    given: dict[str, Any] = {
        "accounts": [{"account_id": "a", "name": "株式会社A", "name_en": "A", "owner": "林"}],
        "subscriptions": [{"account_id": "a", "started_at": at("2024-01-01"), "ended_at": None}],
        **rows,
    }
    return make_tables(at("2025-01-15"), **given)


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return build(make_tables(END, **random_company(5, accounts=10)), Settings(), CUTS)


def at_home(folder: Path) -> Settings:
    return Settings(root=folder)


def test_columns_are_keys_facts_then_features_in_catalogue_order(snapshot: Snapshot) -> None:
    names = [feature.name for feature in snapshot.features]
    assert snapshot.table.column_names == ["account_id", "as_of", *FACT_KINDS, *names]
    for feature in snapshot.features:
        kind = pa.string() if feature.kind == "category" else pa.float64()
        assert snapshot.table.schema.field(feature.name).type == kind
    keys = [(row["as_of"], row["account_id"]) for row in snapshot.table.to_pylist()]
    assert keys == sorted(set(keys))


def test_features_of_absent_tables_and_columns_do_not_exist() -> None:
    names = {f.name for f in catalog(Settings(), small(events=USES))}
    assert {"events_28d", "tenure_months", "renewals"} <= names
    assert not {name for name in names if name.startswith(("tickets", "nps", "email", "seats"))}
    assert not {"active_users_28d", "quantity_28d", "mrr", "plan", "logins_per_week_28d"} & names


def test_reserved_events_make_their_features_exist() -> None:
    login = [{**USES[0], "event": "login"}, {**USES[0], "event": "setup_completed"}]
    names = {f.name for f in catalog(Settings(), small(events=login))}
    assert {"logins_per_week_28d", "setup_done", "days_to_setup"} <= names


def test_only_accounts_and_contracts_are_needed() -> None:
    built = build(small(), Settings(), CUTS)
    row = built.table.to_pylist()[0]
    assert (row["fact_name"], row["fact_owner"], row["fact_mrr"]) == ("株式会社A", "林", None)
    assert row["past_spells"] == 0


def test_facts_are_those_of_the_contract_that_runs() -> None:
    terms = {"plan": "Pro", "mrr": 120.5, "seats": 3, "renews_at": at("2025-01-01")}
    contract = {"account_id": "a", "started_at": at("2024-01-01"), "ended_at": None, **terms}
    row = build(small(subscriptions=[contract]), Settings(), CUTS).table.to_pylist()[0]
    assert row["fact_mrr"] == 120.5
    assert row["fact_currency"] == "USD"
    assert (row["fact_plan"], row["fact_seats"]) == ("Pro", 3.0)
    assert row["fact_renews_at"] == at("2025-01-01")
    assert row["fact_started_at"] == at("2024-01-01")


def test_a_day_on_which_nobody_lives_has_no_rows() -> None:
    assert build(small(), Settings(), [at("2023-01-01")]).table.num_rows == 0


def test_building_leaves_no_table_behind() -> None:
    tables = small(events=USES)
    before = tables.backend.con.execute("SELECT count(*) FROM duckdb_tables()").fetchall()
    build(tables, Settings(), CUTS)
    assert tables.backend.con.execute("SELECT count(*) FROM duckdb_tables()").fetchall() == before


def test_progress_is_told_step_by_step() -> None:
    told: list[tuple[str, int, int]] = []
    build(small(), Settings(), CUTS, progress=lambda *step: told.append(step))
    assert [done for _, done, _ in told] == list(range(1, told[0][2] + 1))


def test_only_some_features_are_the_same_values_in_catalogue_order(snapshot: Snapshot) -> None:
    tables = make_tables(END, **random_company(5, accounts=10))
    some = build(tables, Settings(), CUTS, only=["tickets_28d", "plan", "events_28d"])
    assert {f.name for f in some.features} == {"tickets_28d", "plan", "events_28d"}
    assert some.table.equals(snapshot.table.select(some.table.column_names))
    names = [f.name for f in snapshot.features]
    assert [f.name for f in some.features] == [
        n for n in names if n in ("tickets_28d", "plan", "events_28d")
    ]


def test_no_feature_at_all_still_gives_the_facts(snapshot: Snapshot) -> None:
    none = build(make_tables(END, **random_company(5, accounts=10)), Settings(), CUTS, only=())
    assert none.features == ()
    assert none.table.column_names == ["account_id", "as_of", *FACT_KINDS]
    assert none.table.equals(snapshot.table.select(none.table.column_names))


def test_a_feature_that_does_not_exist_is_refused_by_name() -> None:
    with pytest.raises(SettingsError, match="'nonsense'"):
        build(small(), Settings(), CUTS, only=["tenure_months", "nonsense"])


def test_reading_back_gives_what_was_written(snapshot: Snapshot, tmp_path: Path) -> None:
    manifests = write(snapshot, at_home(tmp_path))
    assert [m.as_of for m in manifests] == CUTS
    back = read(at_home(tmp_path), CUTS)
    assert back.table.equals(snapshot.table)
    assert back.features == snapshot.features
    one = read_by_id(at_home(tmp_path), manifests[1].snapshot_id)
    assert one.table.num_rows == manifests[1].rows
    assert set(one.table["as_of"].to_pylist()) == {CUTS[1]}


def test_writing_the_same_again_touches_nothing(snapshot: Snapshot, tmp_path: Path) -> None:
    first = write(snapshot, at_home(tmp_path))
    data = first[0].folder / "data.parquet"
    written = data.stat().st_mtime_ns, data.stat().st_ino
    assert write(snapshot, at_home(tmp_path)) == first
    assert (data.stat().st_mtime_ns, data.stat().st_ino) == written


def test_other_content_gets_another_id_and_the_old_one_stays(
    snapshot: Snapshot, tmp_path: Path
) -> None:
    old = write(snapshot, at_home(tmp_path))
    fewer = Snapshot(snapshot.table.slice(1), snapshot.features)
    new = write(fewer, at_home(tmp_path))
    assert new[0].snapshot_id != old[0].snapshot_id
    assert new[1].snapshot_id == old[1].snapshot_id
    assert read(at_home(tmp_path), CUTS).table.equals(fewer.table.combine_chunks())
    assert read_by_id(at_home(tmp_path), old[0].snapshot_id).table.num_rows == old[0].rows


def test_an_interrupted_write_leaves_nothing_to_read(
    snapshot: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(table: pa.Table, where: Path, **options: Any) -> None:  # noqa: ANN401
        where.write_bytes(b"PAR1 half")
        raise KeyboardInterrupt

    monkeypatch.setattr(pq, "write_table", stopped)
    with pytest.raises(KeyboardInterrupt):
        write(snapshot, at_home(tmp_path))
    folder = at_home(tmp_path).workspace / "snapshots"
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    with pytest.raises(NotReadyError, match="kenshin snapshot --as-of 2024-10-01"):
        read(at_home(tmp_path), CUTS)


def test_a_kill_between_writing_and_naming_leaves_nothing_to_read(
    snapshot: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A killed process cleans nothing up: the half-made folder has no name that is read."""

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "_rename", killed)
    monkeypatch.setattr("shutil.rmtree", lambda *_, **__: None)
    with pytest.raises(KeyboardInterrupt):
        write(snapshot, at_home(tmp_path))
    with pytest.raises(NotReadyError):
        read(at_home(tmp_path), CUTS)
    monkeypatch.undo()
    write(snapshot, at_home(tmp_path))
    assert read(at_home(tmp_path), CUTS).table.equals(snapshot.table)


def test_a_changed_file_is_noticed(snapshot: Snapshot, tmp_path: Path) -> None:
    manifest = write(snapshot, at_home(tmp_path))[0]
    data = manifest.folder / "data.parquet"
    pq.write_table(pq.read_table(data, partitioning=None).slice(1), data)
    with pytest.raises(NotReadyError, match="other content"):
        read_by_id(at_home(tmp_path), manifest.snapshot_id)


def test_an_unknown_id_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no 0123456789abcdef"):
        read_by_id(at_home(tmp_path), "0123456789abcdef")


def test_snapshots_of_two_catalogues_are_not_mixed(snapshot: Snapshot, tmp_path: Path) -> None:
    write(snapshot, at_home(tmp_path))
    write(build(small(), Settings(), [CUTS[1]]), at_home(tmp_path))
    with pytest.raises(SettingsError, match="one catalogue"):
        read(at_home(tmp_path), CUTS)


def test_the_id_depends_on_values_and_nulls_only() -> None:
    table = pa.table({"x": pa.array([1.0, None, -0.0]), "t": ["a", None, "ü"]})
    chunks = pa.concat_tables([table.slice(0, 1), table.slice(1)])
    nan = pa.table({"x": pa.array([1.0, float("nan"), 0.0]), "t": ["a", None, "ü"]})
    zero = pa.table({"x": pa.array([1.0, 0.0, 0.0]), "t": ["a", None, "ü"]})
    empty = pa.table({"x": pa.array([1.0, None, 0.0]), "t": ["a", "", "ü"]})
    renamed = table.rename_columns(["y", "t"])
    assert content_id(chunks) == content_id(nan) == content_id(table)
    others = {content_id(other) for other in (zero, empty, renamed, table.slice(1))}
    assert len(others) == 4
    assert content_id(table) not in others


def test_days_are_first_days_of_months_up_to_the_end_of_what_was_observed() -> None:
    tables = small(events=USES)
    days = as_of_dates(Settings(), tables)
    assert days[0] == at("2024-02-01")
    assert days[-1] == at("2025-01-01")
    assert len(days) == 12


def test_days_begin_when_a_third_of_the_shortest_window_has_data() -> None:
    settings = Settings(snapshots=Snapshots(every="day", windows_days=(7, 28)))
    days = as_of_dates(settings, small(events=USES), until=at("2024-01-20"))
    assert days[0] == at("2024-01-13")
    assert days[-1] == at("2024-01-20")


def test_weeks_begin_on_monday_and_a_start_is_kept_to() -> None:
    settings = Settings(snapshots=Snapshots(every="week", start=at("2024-03-05", "10:00")))
    days = as_of_dates(settings, small(events=USES), until=at("2024-03-31"))
    assert days == [at("2024-03-11"), at("2024-03-18"), at("2024-03-25")]


def test_every_so_many_days_counts_from_the_start() -> None:
    assert regular("14d", at("2024-01-03"), at("2024-02-01")) == [
        at("2024-01-03"),
        at("2024-01-17"),
        at("2024-01-31"),
    ]


def test_a_rhythm_of_no_days_is_refused() -> None:
    with pytest.raises(SettingsError, match="rhythm of at least a day"):
        regular("0d", at("2024-01-03"), at("2024-02-01"))


def test_a_table_with_truth_values_has_a_name_by_content() -> None:
    one, other = (pa.table({"churned": [True, last, None]}) for last in (False, True))
    assert content_id(one) == content_id(pa.table({"churned": [True, False, None]}))
    assert content_id(one) != content_id(other)


def test_what_lies_in_memory_under_a_missing_number_is_not_content() -> None:
    def numbers(under: float) -> pa.Table:
        values = pa.py_buffer(np.array([1.0, under, 3.0, 4.0]).tobytes())
        missing = pa.py_buffer(bytes([0b1101]))
        return pa.table({"a": pa.Array.from_buffers(pa.float64(), 4, [missing, values])})

    assert content_id(numbers(7.0)) == content_id(numbers(float("nan")))
    assert content_id(numbers(7.0)) == content_id(pa.table({"a": [1.0, None, 3.0, 4.0]}))
    parts = pa.concat_tables([numbers(7.0).slice(0, 3), numbers(8.0).slice(3)])
    assert content_id(parts.combine_chunks()) == content_id(numbers(7.0))


def test_an_attribute_with_the_name_of_a_feature_is_told_apart() -> None:
    accounts = [
        {"account_id": "a", "Seats": 4, "fact_x": 1, "as_of": 2, "tier": "gold"},
        {"account_id": "b", "Seats": 5, "fact_x": 1, "as_of": 2, "tier": "tin"},
    ]
    contract = {"account_id": "a", "started_at": at("2024-01-01"), "ended_at": None, "seats": 9}
    row = build(small(accounts=accounts, subscriptions=[contract]), Settings(), CUTS)
    first = row.table.to_pylist()[0]
    assert (first["seats"], first["account_Seats"], first["tier"]) == (9.0, 4.0, "gold")
    assert (first["account_fact_x"], first["account_as_of"]) == (1.0, 2.0)


def test_a_feature_of_the_settings_cannot_take_the_name_of_another() -> None:
    wanted = ProductFeature(measure="never", event="x", label={"ja": "X", "en": "X"})
    with pytest.raises(SettingsError, match="'mrr' twice"):
        catalog(Settings(features={"mrr": wanted}), small())


def test_an_event_may_have_any_name() -> None:
    names = ("c", "day", "a \"b\" 'c'", "日報", "n:x")
    events = [{**USES[0], "event": name} for name in names]
    features = {
        f"never_{number}": ProductFeature(
            measure="never", event=name, label=dict.fromkeys(("ja", "en"), name)
        )
        for number, name in enumerate((*names, "unseen"))
    }
    features["often"] = ProductFeature(
        measure="count", event="日報", window_days=365, label={"ja": "日報", "en": "Daily report"}
    )
    built = build(small(events=events), Settings(features=features), CUTS[:1])
    row = built.table.to_pylist()[0]
    assert [row[f"never_{number}"] for number in range(6)] == [0, 0, 0, 0, 0, 1]
    assert row["often_365d"] == 1


def test_texts_of_too_many_values_describe_no_account() -> None:
    accounts = [{"account_id": f"a{n}", "address": f"{n} Street", "one": "x"} for n in range(101)]
    names = {f.name for f in catalog(Settings(), small(accounts=accounts))}
    assert not {"address", "one"} & names
