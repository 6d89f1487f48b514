"""What is computed in the background is there when it is read, in order, and gone afterwards."""

from contextlib import ExitStack
from datetime import datetime

import duckdb
import ibis
import pytest
from ibis.backends import BaseBackend

from features.engines import ahead, arrow, finished, keep, parts, soon
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


def test_parts_come_instant_by_instant_in_the_order_of_accounts(backend: BaseBackend) -> None:
    with ExitStack() as kept:
        rows = parts(backend.table("rows"), [FIRST, SECOND, datetime(2026, 3, 1)], kept)
        rows.compute()
        found = [table["account_id"].to_pylist() for table in ahead(rows.read())]
    assert found == [["a", "b"], ["c"], []]
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


def test_nothing_to_read_is_nothing(backend: BaseBackend) -> None:
    assert list(ahead(iter(()))) == []
