"""A company some of whose accounts were merged, and the same company with the merge done by hand.

The second is the oracle: at one cut-off it has no merges, only rows that carry the name of the
account which goes on.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.builders.company import Rows, random_company
from tests.builders.unknown import Change, Row

Merges = Sequence[dict[str, Any]]


def merge(
    old: str, new: str, at: datetime, until: datetime | None = None, late: int = 0
) -> dict[str, Any]:
    """Return a row of ``identities``, recorded ``late`` days after the merge."""
    recorded = at + timedelta(days=late) if late else None
    return {
        "account_id": old,
        "merged_into": new,
        "merged_at": at,
        "unmerged_at": until,
        "recorded_at": recorded,
    }


def some_merges(cuts: Sequence[datetime]) -> list[dict[str, Any]]:
    """Return merges at a cut-off and between two, recorded late, in a chain, undone and redone."""
    return [
        merge("m0", "m1", cuts[4]),
        merge("m2", "m3", cuts[3] + timedelta(hours=5), late=40),
        merge("m4", "m5", cuts[2]),
        merge("m5", "m6", cuts[8] + timedelta(days=1)),
        merge("m7", "m8", cuts[5], until=cuts[12]),
        merge("m7", "m8", cuts[15] + timedelta(days=3)),
        merge("m9", "m10", cuts[6]),
        merge("m11", "m10", cuts[10] - timedelta(microseconds=1)),
    ]


def accounts_to_merge(seed: int) -> Rows:
    """Return a random company of accounts ``m0`` … ``m12``, whose peers are among themselves."""
    company = random_company(seed, accounts=13)
    for rows in company.values():
        for row in rows:
            row["account_id"] = "m" + row["account_id"].removeprefix("a")
            if row.get("plan"):
                row["plan"] = f"m {row['plan']}"
    return company


def by_hand(company: Rows, merges: Merges) -> Change:
    """Return the change that gives every row the name of the account that has it at a cut-off."""
    created = {row["account_id"]: row["created_at"] for row in company["accounts"]}

    def change(name: str, row: Row, cut: datetime) -> Iterator[Row]:
        into = {
            m["account_id"]: m["merged_into"]
            for m in merges
            if m["merged_at"] < cut
            and (m["recorded_at"] is None or m["recorded_at"] < cut)
            and (m["unmerged_at"] is None or m["unmerged_at"] >= cut)
        }
        survivor = _survivor(row["account_id"], into)
        if name != "accounts":
            yield {**row, "account_id": survivor}
        elif survivor == row["account_id"]:
            parts = [at for a, at in created.items() if _survivor(a, into) == survivor and at]
            yield {**row, "created_at": row["created_at"] and min(parts)}

    return change


def _survivor(account: str, into: dict[str, str]) -> str:
    while account in into:
        account = into[account]
    return account
