"""Every column of every table, broken in every way: named by table, column and code.

The columns of a table are broken together where they do not hide each other: the account id and
the row's own time, by which the others are counted, are broken apart from them.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import duckdb
import pytest

from features.checks.upstream.watched import UNREAD
from features.sources.connection import name
from features.tables import TABLES
from tests.builders.deliveries import FIRST, SECOND, Company, broken

CODES = {
    "dropped": ("K701",),
    "renamed": ("K702",),
    "retyped": ("K703",),
    "nulled": ("K704", "K707"),
    "x1000": ("K705",),
    "x0.01": ("K705", "K703"),
    "frozen": ("K706", "K707"),
}
"""How each kind is named. An own time without new values is seen as no new rows (K707), a whole
number without its hundreds as one with decimals (K703)."""

KINDS = (
    "dropped",
    "renamed",
    "retyped",
    "nulled",
    "nulled since",
    "x1000",
    "x1000 since",
    "x0.01",
    "frozen",
    "frozen since",
)

WRITTEN = ("subscriptions", "tickets", "invoices")
"""A table of states, one of texts and ratings, one of amounts: all types, in most of the ways."""

THE_OTHERS = ("accounts", "events", "surveys", "messages", "learning", "churns", "actions")


def rounds(company: Company, table: str, kind: str) -> Iterator[list[str]]:
    """Yield the columns that are broken together."""
    time = str(TABLES[table].time)
    keys = ["account_id", time]
    yield [column for column in company.columns(table) if column not in keys]
    if kind in ("frozen", "frozen since", "nulled since"):
        yield from ([key] for key in keys)
    else:
        yield keys


def select(company: Company, table: str, columns: list[str], kind: str) -> tuple[str, list[str]]:
    """Return the select list that breaks those columns, and which of them it can break."""
    time, types = str(TABLES[table].time), company.columns(table)
    parts = {c: broken(kind, c, types[c], time, FIRST) for c in columns}
    able = [column for column, part in parts.items() if part is not None]
    inside = ", ".join(str(parts[c])[str(parts[c]).index("(") + 1 : -1] for c in able)
    verb = {"dropped": "EXCLUDE", "renamed": "RENAME"}.get(kind, "REPLACE")
    return f"* {verb} ({inside})", able


def tellable(company: Company, table: str, column: str, kind: str) -> bool:
    """Return whether anybody could tell: something changed, and more than chance would do."""
    if kind in ("dropped", "renamed"):
        return True
    time, given = name(str(TABLES[table].time)), name(column)
    new = f"{time} >= TIMESTAMP '{FIRST}'" if kind.endswith("since") else "true"
    file = company.folder / "sound.parquet"
    with duckdb.connect() as con:
        filled, accounts, different = con.execute(
            f"SELECT count({given}) FILTER ({new}), count(DISTINCT account_id) FILTER ({new} AND "
            f"{given} IS NOT NULL), count(DISTINCT {given}) FROM read_parquet('{file}')"
        ).fetchall()[0]
        if kind.startswith("frozen"):
            if different < 2:
                return False
            frozen = f"(SELECT first({given} ORDER BY {given} IS NULL, {time}) FROM rows)"
            [(share,)] = con.execute(
                f"WITH rows AS (SELECT * FROM read_parquet('{file}')) SELECT "
                f"avg(CAST({given} = {frozen} AS INTEGER)) FROM rows WHERE {given} IS NOT NULL"
            ).fetchall()
            among = filled if column == "account_id" else accounts
            usual = longest_alike(con, file, given, time, frozen) if kind.endswith("since") else 0
            return bool(filled >= 10 and share**among < 1e-5 and usual < 19)
    return bool(filled >= 20)


def longest_alike(
    con: duckdb.DuckDBPyConnection, file: Path, given: str, time: str, frozen: str
) -> int:
    """Return for how many days on end, in the good delivery, all rows had the frozen value."""
    days = con.execute(
        f"WITH rows AS (SELECT * FROM read_parquet('{file}')) "
        f"SELECT bool_and({given} = {frozen}) FROM rows WHERE {time} < TIMESTAMP '{FIRST}' "
        f"AND {given} IS NOT NULL GROUP BY date_trunc('day', {time}) "
        f"ORDER BY date_trunc('day', {time}) DESC LIMIT 270"
    ).fetchall()
    return max((len(list(run)) for alike, run in groupby(days) if alike == (True,)), default=0)


@pytest.mark.slow
@pytest.mark.parametrize(
    "table", [*WRITTEN, *(pytest.param(table, marks=pytest.mark.scale) for table in THE_OTHERS)]
)
def test_every_broken_column_is_named(company: Company, table: str) -> None:
    company.deliver(table, FIRST)
    assert company.load(table, FIRST, keep=True).violations == ()
    company.deliver(table, SECOND)
    assert company.load(table, SECOND).violations == ()
    (company.folder / f"{table}.parquet").rename(company.folder / "sound.parquet")
    counts: Counter[str] = Counter()
    silent = []
    for kind in KINDS:
        for columns in rounds(company, table, kind):
            chosen, able = select(company, table, columns, kind)
            if not able:
                continue
            company.deliver(table, SECOND, chosen)
            found = company.load(table, SECOND).violations
            for column in able:
                codes = CODES[kind.split()[0]]
                named = [v for v in found if v.column.split(" ")[0] == column and v.code in codes]
                refused = any(v.severity == "refused" for v in named)
                if named and (refused or (table, column) in UNREAD):
                    counts["named"] += 1
                elif tellable(company, table, column, kind):
                    silent.append((kind, table, column))
                else:
                    counts["nothing to tell"] += 1
    print(f"{table}: {dict(counts)}, silent {len(silent)}")
    assert silent == []
    assert counts["named"] >= 20
