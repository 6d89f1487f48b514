"""Merges of accounts: who ceased in whom, from when and until when, and known since when."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from features import windows
from features.errors import TableError

if TYPE_CHECKING:
    from features.sources import Tables

FIRST, LAST = datetime(1900, 1, 1), datetime(9999, 1, 1)
"""Before and after everything."""


@dataclass(frozen=True)
class Merge:
    """One account that ceased in another.

    Attributes
    ----------
    account, into : str
        The account that ceases, and the one that has its rows from then on.
    since : datetime
        The merge; naive UTC.
    until : datetime or None
        When it was undone.
    known : int
        The first cut-off day at which it counts: after it happened and was recorded.
    """

    account: str
    into: str
    since: datetime
    until: datetime | None
    known: int

    def holds(self, instant: datetime) -> bool:
        """Return whether the accounts were one at ``instant``, by all that is known."""
        return self.since <= instant < (self.until or LAST)

    @property
    def over(self) -> int | None:
        """The first cut-off day at which it counts no more."""
        return None if self.until is None else windows.day_number(self.until) + 1

    def counts(self, c: int) -> bool:
        """Return whether it counts at the cut-off day ``c``."""
        return self.known <= c and (self.over is None or c < self.over)


def merges(tables: "Tables") -> tuple[Merge, ...]:
    """Return every merge, in the order of time; none where there is no table ``identities``."""
    if "identities" not in tables:
        return ()
    return from_rows(tables["identities"].to_pyarrow().to_pylist())


def from_rows(rows: Iterable[dict[str, Any]]) -> tuple[Merge, ...]:
    """Return the merges that rows of ``identities`` tell, in the order of time."""
    found = set()
    for row in rows:
        since, until = row["merged_at"], row.get("unmerged_at")
        days = [windows.day_number(at) for at in (since, row.get("recorded_at")) if at is not None]
        found.add(Merge(row["account_id"], row["merged_into"], since, until, max(days) + 1))
    return tuple(sorted(found, key=lambda m: (m.since, m.account, m.into, m.until or LAST)))


def survivors(active: Iterable[Merge]) -> dict[str, str]:
    """Return the account that each ceased account is part of while the merges ``active`` hold.

    Raises
    ------
    TableError
        Where accounts were merged in a circle.
    """
    into = {merge.account: merge.into for merge in active}
    found = {}
    for account in into:
        at, passed = account, [account]
        while at in into:
            at = into[at]
            if at in passed:
                raise TableError(
                    "merges that end in an account which goes on",
                    f"{' → '.join([*passed, at])} in identities",
                    "Correct merged_into, or give unmerged_at where a merge was undone.",
                )
            passed.append(at)
        found[account] = at
    return found


def components(found: Iterable[Merge]) -> list[list[Merge]]:
    """Return the merges by groups of accounts that any merge ever joined."""
    leader = groups(found)
    parts: dict[str, list[Merge]] = {}
    for merge in found:
        parts.setdefault(leader[merge.account], []).append(merge)
    return list(parts.values())


def groups(found: Iterable[Merge]) -> dict[str, str]:
    """Return one name for every group of accounts that were ever merged, by account.

    Rows of one group must not be parted between folds: what is learned of one tells the other.
    """
    leader: dict[str, str] = {}

    def led(account: str) -> str:
        while leader.setdefault(account, account) != account:
            leader[account] = leader[leader[account]]
            account = leader[account]
        return account

    for merge in found:
        one, other = sorted((led(merge.account), led(merge.into)))
        leader[other] = one
    return {account: led(account) for account in list(leader)}


def segments(part: Sequence[Merge]) -> list[tuple[datetime, datetime, dict[str, str]]]:
    """Return the stretches of time ``[from, until)`` of one group, and who was part of whom."""
    points = sorted({m.since for m in part} | {m.until for m in part if m.until is not None})
    bounds = [FIRST, *points, LAST]
    return [
        (first, last, survivors(m for m in part if m.holds(first)))
        for first, last in pairwise(bounds)
    ]


def answering(part: Sequence[Merge], account: str) -> list[tuple[str, datetime, datetime]]:
    """Return whose churns end the contracts of ``account``, in which stretch ``[from, until)``.

    Its own while it is an account, those of the one it is part of after that. What is written for
    it from the day of the merge on says that it ceased, not that it left.
    """
    found: list[tuple[str, datetime, datetime]] = []
    for first, last, into in segments(part):
        answers = into.get(account, account)
        if found and answers != account and found[-1][0] == account:
            found[-1] = (account, found[-1][1], windows.midnight(first))
        found.append((answers, first, last))
    return found


def members(part: Iterable[Merge]) -> list[str]:
    """Return the accounts of one group."""
    return sorted({name for merge in part for name in (merge.account, merge.into)})


def wrong_merges(found: Sequence[Merge]) -> list[tuple[str, str]]:
    """Return (kind, what is wrong) of merges that cannot be followed: circles, and two at once."""
    wrong = []
    for part in components(found):
        for merge in part:
            twice = [m for m in part if m.account == merge.account and m != merge]
            if any(other.holds(merge.since) for other in twice):
                wrong.append(
                    ("twice", f"{merge.account} into {merge.into} on {merge.since:%Y-%m-%d}")
                )
        try:
            segments(part)
            for c in {m.known for m in part}:
                survivors(m for m in part if m.counts(c))
        except TableError as error:
            wrong.append(("circle", error.found.removesuffix(" in identities")))
    return wrong
