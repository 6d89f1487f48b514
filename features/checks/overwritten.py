"""Terms of contracts that were overwritten when the account left: they know the future."""

from collections.abc import Callable, Iterator

import duckdb

from features.checks.separation import TOO_WELL, separation
from features.checks.suspicion import Suspicion

_NUMBERS = ("mrr", "seats", "term_months")
_LAST = "typed.last_contracts"
_OF_EACH = (
    "SELECT s.*, l.has_left FROM (SELECT *, row_number() OVER (PARTITION BY account_id "
    "ORDER BY started_at DESC, ended_at DESC NULLS FIRST) AS place FROM main.subscriptions) s "
    "JOIN typed.leavers l ON l.account_id = s.account_id WHERE s.place = 1"
)
_ENOUGH = 5


def overwritten_terms(
    con: duckdb.DuckDBPyConnection, columns: list[str], tells: Callable[[str], bool]
) -> Iterator[tuple[str, Suspicion]]:
    """Yield the columns of ``subscriptions`` that were rewritten as accounts left.

    A contract's row has no history: what is written into it at the end stands beside every past
    ``as_of`` as well.

    Parameters
    ----------
    tells : callable
        Whether a text says that somebody has left.
    """
    there = [column for column in (*_NUMBERS, "auto_renew") if column in columns]
    if there:
        con.execute(f"CREATE TABLE {_LAST} AS {_OF_EACH}")
    for column in there:
        area = separation(
            con, _LAST, column, "has_left", "number" if column in _NUMBERS else "category"
        )
        if area is not None and area >= TOO_WELL:
            yield column, _overwritten(con, column, area)
    if "plan" in columns:
        named = [
            (value, rows)
            for value, rows in con.execute(
                "SELECT plan, count(*) FROM main.subscriptions WHERE plan IS NOT NULL "
                "GROUP BY plan ORDER BY plan"
            ).fetchall()
            if rows >= _ENOUGH and tells(str(value))
        ]
        if named:
            value, rows = named[0]
            phrase = f"says '{value}' in {rows:,} rows, which was written when those accounts left"
            yield "plan", Suspicion("K408", "rewritten by leaving", rows, str(value), phrase)


def _overwritten(con: duckdb.DuckDBPyConnection, column: str, area: float) -> Suspicion:
    rows, example = con.execute(
        f"SELECT count(*), CAST(min({column}) AS VARCHAR) FROM {_LAST} WHERE has_left"
    ).fetchall()[0]
    phrase = (
        f"alone tells the last contracts of those that left from all others (AUC {area:.3f}), so "
        "it was written when they left"
    )
    return Suspicion("K408", "rewritten by leaving", rows, str(example or ""), phrase)
