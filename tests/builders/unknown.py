"""A company with what was not known at a cut-off deleted, or overwritten with extremes.

One build answers for many cut-offs: the company is copied once per cut-off, each copy changed after
its own, and each copy is compared with the untouched company at that cut-off only.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pyarrow as pa

from features.snapshots import Snapshot
from features.tables import TABLES
from tests.builders.company import Rows

ENDS = {"subscriptions": ("ended_at",), "tickets": ("resolved_at",), "invoices": ("paid_at",)}

Row = dict[str, Any]
Change = Callable[[str, Row, datetime], Iterator[Row]]


def copies(company: Rows, change: Change, cuts: Sequence[datetime], first: int = 0) -> Rows:
    """Return one copy of the company per cut-off, changed for it, under accounts ``n|account``.

    Copies are numbered from ``first``, so that several sets of them can be built at once.

    Plans are ``n|plan``, so that accounts have their peers within their own copy.
    """
    found: Rows = {name: [] for name in company}
    for number, cut in enumerate(cuts, start=first):
        for name, rows in company.items():
            for row in rows:
                for new in change(name, row, cut):
                    found[name].append(_of_copy(number, new))
    return found


def _of_copy(number: int, row: Row) -> Row:
    marked = {**row, "account_id": f"{number}|{row['account_id']}"}
    if row.get("plan") is not None:
        marked["plan"] = f"{number}|{row['plan']}"
    return marked


def _without_copy(row: Row, account: str) -> Row:
    plans = {name: row[name].split("|", 1)[1] for name in ("plan", "fact_plan") if row.get(name)}
    return {**row, "account_id": account, **plans}


def differences(
    found: Snapshot, truth: Snapshot, cuts: Sequence[datetime], first: int = 0
) -> set[tuple[str, str, datetime]]:
    """Return (column, account, cut-off) of every value that the copies have otherwise."""
    numbers = {cut: str(number) for number, cut in enumerate(cuts, start=first)}
    rows = {}
    for row in found.table.to_pylist():
        number, account = row["account_id"].split("|")
        if number == numbers[row["as_of"]]:
            rows[row["as_of"], account] = _without_copy(row, account)
    expected = {(row["as_of"], row["account_id"]): row for row in truth.table.to_pylist()}
    differ = {("account_id", account, cut) for cut, account in rows.keys() ^ expected.keys()}
    for key in rows.keys() & expected.keys():
        for name, value in expected[key].items():
            if rows[key][name] != value:
                differ.add((name, key[1], key[0]))
    return differ


def unmarked(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return the rows of one copy under the names that the untouched company has."""
    rows = [_without_copy(row, row["account_id"].split("|")[1]) for row in table.to_pylist()]
    return pa.Table.from_pylist(rows, schema)


def truncate(name: str, row: Row, cut: datetime) -> Iterator[Row]:
    """Yield the row if it was known at ``cut``, without an end that was not."""
    if _known(name, row, cut):
        hidden = [end for end in ENDS.get(name, ()) if row[end] and row[end] >= cut]
        silenced = {"csat": None} if name == "tickets" and hidden else {}
        yield {**row, **dict.fromkeys(hidden), **silenced}


def poison(seed: int) -> Change:
    """Return the change that moves ends not known yet and adds extreme rows not known yet."""
    draw = Random(seed)

    def change(name: str, row: Row, cut: datetime) -> Iterator[Row]:
        if name == "accounts":
            yield row
            return
        if _known(name, row, cut):
            moved = {
                end: draw.choice((None, cut, cut + timedelta(days=draw.randrange(999))))
                for end in ENDS.get(name, ())
                if row[end] is None or row[end] >= cut
            }
            yield {**row, **moved}
        yield _extreme(name, row, cut, draw)

    return change


def _known(name: str, row: Row, cut: datetime) -> bool:
    happened = row[TABLES[name].time or ""]
    recorded = row.get("recorded_at")
    return (happened is None or happened < cut) and (recorded is None or recorded < cut)


def _extreme(name: str, row: Row, cut: datetime, draw: Random) -> Row:
    """Return ``row`` made enormous, and known only from the cut-off on."""
    new = dict(row)
    for column, value in row.items():
        if isinstance(value, float):
            new[column] = draw.choice((1e300, -1e300, 1e12))
        elif isinstance(value, int) and not isinstance(value, bool):
            new[column] = 2**50
    if "user_id" in new:
        new["user_id"] = f"x{draw.random()}"
    if draw.random() < 0.5:
        new["recorded_at"] = cut + timedelta(days=draw.randrange(3))
    else:
        new[TABLES[name].time or ""] = cut + timedelta(days=draw.choice((0, 1, 500)))
    return new
