"""Accounts that were erased stay out of every table that is read, whatever the source holds."""

from dataclasses import replace
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features import erased
from features.erased import Erased
from features.errors import NotReadyError, SettingsError
from features.settings import Settings
from features.sources import examine, load_tables
from features.sources.erasures import rows_without
from tests.builders.daily import company

ids = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)


def forget(settings: Settings, *accounts: str) -> Erased:
    noted = erased.ready(settings)
    noted = replace(noted, subjects=noted.subjects | {noted.of(one) for one in accounts})
    erased.keep(settings, noted)
    return noted


@given(known=st.frozensets(ids, max_size=8), asked=st.frozensets(ids, max_size=8))
def test_exactly_those_that_were_erased_are_recognised(
    known: frozenset[str], asked: frozenset[str]
) -> None:
    noted = Erased(b"k" * 32)
    noted = replace(noted, subjects=frozenset(map(noted.of, known)))
    assert noted.among([*asked, None]) == known & asked
    other = Erased(b"another key of 32 bytes, or more", noted.subjects)
    assert other.among(asked) == frozenset()


def test_nobody_was_erased_where_nothing_was_written_and_no_key_is_made(tmp_path: Path) -> None:
    settings = Settings(root=tmp_path)
    assert erased.read(settings, {}).among(["a"]) == frozenset()
    assert not erased.key_file(settings).exists()


def test_what_is_kept_holds_no_id(tmp_path: Path) -> None:
    settings = Settings(root=tmp_path)
    forget(settings, "canary-account")
    assert erased.read(settings, {}).among(["canary-account", "b"]) == {"canary-account"}
    assert b"canary" not in erased.erased_file(settings).read_bytes()
    assert erased.key_file(settings).stat().st_mode & 0o077 == 0


def test_a_key_that_is_gone_or_another_stops_every_reading(tmp_path: Path) -> None:
    settings = Settings(root=tmp_path)
    forget(settings, "a")
    with pytest.raises(NotReadyError, match="found another key"):
        erased.read(settings, {erased.KEY_VARIABLE: "x" * 20})
    erased.key_file(settings).unlink()
    with pytest.raises(NotReadyError, match="found none"):
        erased.read(settings, {})


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="at least 16 characters"):
        erased.ready(Settings(root=tmp_path), {erased.KEY_VARIABLE: "secret"})


def test_a_snapshot_is_followed_through_every_erasure_without_the_key(tmp_path: Path) -> None:
    settings = Settings(root=tmp_path)
    assert erased.held_in(settings, "a") == "a"
    erased.keep(settings, Erased(b"k", snapshots={"a": "b", "b": "c"}))
    assert [erased.held_in(settings, one) for one in "abcd"] == ["c", "c", "c", "d"]


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_no_table_no_stored_day_and_no_row_kept_out_has_them(tmp_path: Path, kind: str) -> None:
    made = company(tmp_path / "company", 3, kind)
    before = load_tables(made.settings)
    ids = sorted(before.tables["accounts"].account_id.to_pyarrow().to_pylist())
    gone = ids[0]
    whole = {name: _rows(table, gone) for name, table in before.tables.tables.items()}
    forget(made.settings, gone, "nobody")
    for folder in ("digests", "cache", "quarantine"):
        for file in sorted((made.settings.workspace / folder).rglob("*"), reverse=True):
            file.unlink() if file.is_file() else file.rmdir()
    loaded = examine(made.settings)
    assert loaded.report.left_out == 1
    assert loaded.tables.digests is not None
    for name, table in loaded.tables.tables.items():
        assert _rows(table, gone) == (whole[name][0], 0), name
    for part in loaded.tables.digests.parts.values():
        assert _rows(part, gone)[1] == 0
    for file in made.settings.workspace.rglob("*.parquet"):
        table = pq.read_table(file, partitioning=None)
        told = {str(v) for column in table.columns for v in column.to_pylist()}
        assert not told & {gone, "nobody"}, file


def _rows(table: ibis.Table, account: str) -> tuple[int, int]:
    """Return how many rows are of others, and how many of the account."""
    if "account_id" not in table.columns:
        return 0, 0
    found = table["account_id"].to_pyarrow().to_pylist()
    return len([one for one in found if one != account]), found.count(account)


def test_raw_lines_and_cells_that_name_one_are_taken_out() -> None:
    table = pa.table(
        {
            "row": [1, 2, 3, 4],
            "account_id": ["a1", "a10", None, None],
            "line": [None, None, "x,a1,y", "x,b,y"],
        }
    )
    assert rows_without(table, {"a1"})["row"].to_pylist() == [2, 4]
