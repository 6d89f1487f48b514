"""Two connections to the same tables, at work at the same time."""

from datetime import datetime
from pathlib import Path

import pytest

from features.engines.turns import meanwhile
from features.settings import Settings
from features.sources.connection import beside, connect


def test_the_other_connection_has_the_same_tables_folder_and_zone(tmp_path: Path) -> None:
    settings = Settings(root=tmp_path)
    (tmp_path / "rows.csv").write_text("a\n7\n", encoding="utf-8")
    con = connect(settings)
    con.execute("CREATE TABLE typed.one AS SELECT 1 AS a")
    other = beside(con, settings)
    assert other.execute("SELECT a FROM typed.one").fetchall() == [(1,)]
    assert other.execute("SELECT a FROM read_csv('rows.csv')").fetchall() == [(7,)]
    query = "SELECT CAST(TIMESTAMPTZ '2026-01-01 23:30:00+00' AS TIMESTAMP)"
    assert other.execute(query).fetchall() == [(datetime(2026, 1, 1, 23, 30),)]


def test_what_is_made_on_one_connection_meanwhile_is_there_on_the_other(tmp_path: Path) -> None:
    settings = Settings(root=tmp_path)
    con = connect(settings)
    other = beside(con, settings)
    with meanwhile(lambda: con.execute("CREATE TABLE typed.one AS SELECT 1 AS a")):
        other.execute("CREATE TABLE typed.two AS SELECT 2 AS a")
    query = "SELECT * FROM typed.one UNION ALL SELECT * FROM typed.two"
    assert sorted(con.execute(query).fetchall()) == [(1,), (2,)]
    assert sorted(other.execute(query).fetchall()) == [(1,), (2,)]


def test_what_goes_wrong_meanwhile_is_raised_by_who_asks_for_its_result() -> None:
    def fail() -> None:
        raise ValueError("meanwhile")

    with meanwhile(fail) as work:
        done = "here"
    assert done == "here"
    with pytest.raises(ValueError, match="meanwhile"):
        work.result()
