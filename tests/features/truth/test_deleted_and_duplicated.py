"""Accounts that were deleted, or are there twice: named, and the past stays whole."""

from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from features import labels
from features.settings import Settings
from features.snapshots import build, read_by_id, write
from features.sources import examine
from tests.builders.company_files import NOW, Row, company, only, sound

CUTS = [datetime(2025, 3, 1), datetime(2025, 4, 1), datetime(2025, 7, 1)]
LEFT = [f"a{n:02d}" for n in range(4, 41, 4)]


def built(settings: Settings) -> tuple[Any, Any, Any]:
    """Return the report, the rows of the snapshots and the labels."""
    read = examine(settings, now=NOW)
    only = ("events_90d", "mrr", "tickets_90d", "industry", "past_spells")
    rows = build(read.tables, settings, CUTS, only=only).table.to_pylist()
    return read.report, rows, labels.labels(read.tables, settings, CUTS).to_pylist()


def without(tables: dict[str, list[Row]], gone: list[str]) -> dict[str, list[Row]]:
    kept = [row for row in tables["accounts"] if row["account_id"] not in gone]
    return {**tables, "accounts": kept}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any, Any]:
    return built(company(tmp_path_factory.mktemp("whole"), sound()))


def test_deleting_churned_accounts_is_named_and_leaves_the_past_whole(
    whole: tuple[Any, Any, Any], tmp_path: Path
) -> None:
    gone = sorted(Random(1).sample(LEFT, 2))  # 5 % of all
    report, rows, outcomes = built(company(tmp_path, without(sound(), gone)))
    [named] = report.of("K307", "subscriptions")
    assert (named.rows, named.severity, named.example_value) == (2, "warning", gone[0])
    assert "no longer has" in named.sentence
    assert report.of("K301") == ()
    assert outcomes == whole[2]
    assert len(rows) == len(whole[1])
    for found, expected in zip(rows, whole[1], strict=True):
        changed = {name for name in expected if found[name] != expected[name]}
        attributes = {"industry", "fact_name", "fact_industry"}
        assert changed == (attributes if found["account_id"] in gone else set())


def test_cohorts_reconcile_with_those_that_left(
    whole: tuple[Any, Any, Any], tmp_path: Path
) -> None:
    report, _, outcomes = built(company(tmp_path, without(sound(), LEFT[:3])))
    churned = [row["account_id"] for row in outcomes if row["churned"] and row["as_of"] == CUTS[1]]
    assert sorted(churned) == LEFT
    assert report.of("K307")


def test_accounts_of_stored_snapshots_that_no_table_has_are_named(tmp_path: Path) -> None:
    settings = company(tmp_path, only("subscriptions"))
    read = examine(settings, now=NOW)
    written = write(build(read.tables, settings, CUTS[:2], only=("mrr",)), settings)
    assert examine(settings, now=NOW).report.of("K308") == ()
    kept = {
        n: [r for r in rows if r["account_id"] != "a04"]
        for n, rows in only("subscriptions").items()
    }
    [named] = examine(company(tmp_path, kept), now=NOW).report.of("K308")
    assert (named.rows, named.example_value, named.severity) == (1, "a04", "warning")
    stored = [read_by_id(settings, manifest.snapshot_id).table for manifest in written]
    assert all("a04" in table["account_id"].to_pylist() for table in stored)


def test_ids_that_hardly_match_are_no_deleted_accounts(tmp_path: Path) -> None:
    tables = only("subscriptions")
    for row in tables["subscriptions"]:
        row["account_id"] = "x" + row["account_id"]
    report = examine(company(tmp_path, tables), now=NOW).report
    assert report.of("K307") == ()
    assert report.of("K301", "subscriptions")[0].rows == 40
    assert not report.usable


def test_nothing_is_said_where_every_account_is_there(whole: tuple[Any, Any, Any]) -> None:
    assert whole[0].of("K307") == ()


@pytest.mark.parametrize("other", [{}, {"industry": "media", "name": "Another"}])
def test_an_account_that_is_there_twice_counts_once_and_is_named(
    other: Row, whole: tuple[Any, Any, Any], tmp_path: Path
) -> None:
    tables = sound()
    tables["accounts"].append({**tables["accounts"][0], **other})
    report, rows, outcomes = built(company(tmp_path, tables))
    [named] = report.of("K104", "accounts")
    assert (named.rows, named.example_value) == (1, "a01")
    assert (rows, outcomes) == (whole[1], whole[2])


MERGE: Row = {
    "account_id": "a01",
    "merged_into": "a02",
    "merged_at": "2025-06-01",
    "unmerged_at": "",
}


def merged(folder: Path, *rows: Row) -> Any:  # noqa: ANN401
    tables = {**only("events"), "identities": list(rows)}
    return examine(company(folder, tables), now=NOW).report


def test_a_merged_account_may_be_gone_from_the_accounts(tmp_path: Path) -> None:
    tables = without({**sound(), "identities": [MERGE]}, ["a01"])
    report = examine(company(tmp_path, tables), now=NOW).report
    assert report.of("K307") == report.of("K301") == ()


@pytest.mark.parametrize(
    ("code", "wrong", "severity"),
    [
        ("K305", {"merged_into": "a01"}, "quarantined"),
        ("K208", {"unmerged_at": "2025-05-01"}, "quarantined"),
        ("K301", {"account_id": ""}, None),
    ],
)
def test_a_merge_that_cannot_be_is_kept_out(
    code: str, wrong: Row, severity: str | None, tmp_path: Path
) -> None:
    report = merged(tmp_path, {**MERGE, **wrong}, {**MERGE, "account_id": "a05"})
    found = report.of(code, "identities")
    assert [v.severity for v in found] == ([severity] if severity else [])
    assert report.rows_kept["identities"] == 1


def test_merges_in_a_circle_are_refused_with_their_names(tmp_path: Path) -> None:
    back = {**MERGE, "account_id": "a02", "merged_into": "a01", "merged_at": "2025-07-01"}
    report = merged(tmp_path, MERGE, back)
    [circle] = report.of("K506")
    assert "a01 → a02 → a01" in circle.sentence
    assert not report.usable


def test_an_account_merged_twice_at_once_is_refused(tmp_path: Path) -> None:
    other = {**MERGE, "merged_into": "a03", "merged_at": "2025-07-01"}
    report = merged(tmp_path, MERGE, other)
    [twice] = report.of("K507")
    assert "a01 into a03 on 2025-07-01" in twice.sentence
    undone = {**MERGE, "unmerged_at": "2025-06-20"}
    assert merged(tmp_path, undone, other).of("K507") == ()
