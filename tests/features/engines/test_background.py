"""What is computed in the background is there when it is read, in order, and gone afterwards."""

from contextlib import ExitStack
from datetime import datetime

import duckdb
import ibis
import pytest
from ibis.backends import BaseBackend

from features.engines import Ranges, ahead, arrow, each, finished, keep, soon
from features.given import given

FIRST, SECOND = datetime(2026, 1, 1), datetime(2026, 2, 1)


@pytest.fixture
def backend() -> BaseBackend:
    """Return an embedded DuckDB with a table of two instants."""
    con = ibis.duckdb.connect()
    con.raw_sql(
        "CREATE TABLE rows AS SELECT * FROM (VALUES ('b', TIMESTAMP '2026-01-01', 1), "
        "('a', TIMESTAMP '2026-01-01', 2), ('c', TIMESTAMP '2026-02-01', 3)) "
        "AS t(account_id, as_of, n)"
    )
    return con


def names(backend: BaseBackend) -> set[str]:
    """Return the temporary tables that exist."""
    finished(backend)
    found = backend.con.execute("SELECT table_name FROM duckdb_tables() WHERE temporary")
    return {name for (name,) in found.fetchall()}


def test_a_kept_table_is_read_as_soon_as_it_is_there_and_dropped_in_the_end(
    backend: BaseBackend,
) -> None:
    with ExitStack() as kept:
        table = keep(backend, backend.table("rows").mutate(twice=ibis._.n * 2), kept)
        again = keep(backend, table.filter(table.twice > 2), kept)
        assert sorted(arrow(again)["twice"].to_pylist()) == [4, 6]
        assert len(names(backend)) == 2
    assert names(backend) == set()


def test_what_went_wrong_first_is_what_is_raised(backend: BaseBackend) -> None:
    wrong = backend.table("rows").mutate(n=ibis._.account_id.cast("int64"))
    with ExitStack() as kept:
        broken = keep(backend, wrong, kept)
        follower = keep(backend, broken.mutate(more=broken.n + 1), kept)
        with pytest.raises(duckdb.ConversionException):
            arrow(follower)
    assert names(backend) == set()
    assert arrow(backend.table("rows").count().as_table())["CountStar(rows)"].to_pylist() == [3]


def test_an_answer_to_come_does_not_wait_for_what_is_begun_later(backend: BaseBackend) -> None:
    rows = backend.table("rows")
    with ExitStack() as kept:
        answer = soon(rows.select("n").distinct())
        keep(backend, rows, kept)
        assert sorted(answer.result()["n"].to_pylist()) == [1, 2, 3]


def test_rows_come_instant_by_instant_in_the_order_of_accounts(backend: BaseBackend) -> None:
    with ExitStack() as kept:
        rows = keep(backend, backend.table("rows"), kept)
        found = [
            table["account_id"].to_pylist()
            for table in ahead(each(rows, [FIRST, SECOND, datetime(2026, 3, 1)]))
        ]
    assert found == [["a", "b"], ["c"], []]
    assert names(backend) == set()


def test_a_query_written_once_answers_for_one_range_after_the_other(backend: BaseBackend) -> None:
    with ExitStack() as kept:
        ranges = Ranges(backend, kept)
        shown = ranges.shown(keep(backend, backend.table("rows"), kept), by="n")
        total = ranges.keep(shown.aggregate(total=shown.n.sum()))
        each_with_total = ranges.keep(shown.cross_join(total).select("n", "total"))
        found = []
        for first, last in ((1, 2), (3, 3), (4, 9)):
            ranges.show(first, last)
            rows = arrow(each_with_total).to_pylist()
            found.append(sorted((row["n"], row["total"]) for row in rows))
    assert found == [[(1, 3), (2, 3)], [(3, 3)], []]
    assert names(backend) == set()


def test_what_fails_in_a_range_is_raised(backend: BaseBackend) -> None:
    with ExitStack() as kept:
        ranges = Ranges(backend, kept)
        shown = ranges.shown(keep(backend, backend.table("rows"), kept), by="n")
        broken = ranges.keep(shown.select(n=shown.account_id.cast("int64")))
        ranges.show(1, 2)
        with pytest.raises(duckdb.ConversionException):
            arrow(broken)
    assert names(backend) == set()


def test_a_table_given_from_python_stays_until_the_last_query_that_reads_it(
    backend: BaseBackend,
) -> None:
    some = backend.table("rows").semi_join(given(account_id=["a", "c"]), "account_id")
    with ExitStack() as outer:
        with ExitStack() as inner:
            first = keep(backend, some.filter(some.n > 2), inner)
            second = keep(backend, some.filter(some.n <= 2), outer)
            assert arrow(first)["account_id"].to_pylist() == ["c"]
        third = keep(backend, some, outer)
        assert arrow(second)["account_id"].to_pylist() == ["a"]
        assert sorted(arrow(third)["account_id"].to_pylist()) == ["a", "c"]
    assert names(backend) == set()


def test_two_databases_in_memory_are_two(backend: BaseBackend) -> None:
    other = ibis.duckdb.connect()
    other.raw_sql("CREATE TABLE rows AS SELECT 'a' AS account_id, 9 AS n")
    some = given(account_id=["a"])
    with ExitStack() as kept:
        here = keep(backend, backend.table("rows").semi_join(some, "account_id"), kept)
        there = keep(other, other.table("rows").semi_join(some, "account_id"), kept)
        assert (arrow(here)["n"].to_pylist(), arrow(there)["n"].to_pylist()) == ([2], [9])
    assert (names(backend), names(other)) == (set(), set())


def test_nothing_to_read_is_nothing(backend: BaseBackend) -> None:
    assert list(ahead(iter(()))) == []
