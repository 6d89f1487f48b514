"""Two snapshots of one instant, cell by cell."""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from features.snapshots.snapshot import Snapshot


@dataclass(frozen=True)
class Difference:
    """One cell that is not the same in two snapshots.

    Attributes
    ----------
    account_id, column : str
        Where. ``column`` is empty where only one of the two has the account at all.
    stored, rebuilt : object
        The two values; None for a missing one.
    """

    account_id: str
    column: str
    stored: Any
    rebuilt: Any


def differences(stored: Snapshot, rebuilt: Snapshot) -> list[Difference]:
    """Return every cell in which two snapshots of one instant differ, by account and column.

    A column that only one of them has differs wherever it has a value.
    """
    mine, other = _by_account(stored.table), _by_account(rebuilt.table)
    found = []
    for account in sorted({*mine, *other}):
        if account not in mine or account not in other:
            there = "the account" if account in mine else None
            here = "the account" if account in other else None
            found.append(Difference(account, "", there, here))
    both = [account for account in mine if account in other]
    rows = [mine[account] for account in both], [other[account] for account in both]
    names = dict.fromkeys([*stored.table.column_names, *rebuilt.table.column_names])
    for column in names:
        ours = _values(stored.table, column, rows[0])
        theirs = _values(rebuilt.table, column, rows[1])
        for account, one, two in zip(both, ours, theirs, strict=True):
            if _plain(one) != _plain(two):
                found.append(Difference(account, column, _plain(one), _plain(two)))
    place = {name: at for at, name in enumerate(names)}
    return sorted(found, key=lambda d: (d.account_id, place.get(d.column, -1)))


def _by_account(table: pa.Table) -> dict[str, int]:
    return {account: row for row, account in enumerate(table["account_id"].to_pylist())}


def _values(table: pa.Table, column: str, rows: list[int]) -> list[Any]:
    if column not in table.column_names:
        return [None] * len(rows)
    values = table[column].to_pylist()
    return [values[row] for row in rows]


def _plain(value: Any) -> Any:  # noqa: ANN401
    """Return the value; a number that is none is a missing one, as in the content's name."""
    return None if value != value else value
