"""Two builds that most of the truth tests compare: the company as it is, and changed copies."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from features.snapshots import Snapshot, build
from tests.builders.company import DAYS, START, Rows, random_company
from tests.builders.merged import accounts_to_merge, by_hand, some_merges
from tests.builders.opinions import opinions_of
from tests.builders.tables import make_tables
from tests.builders.unknown import Row, copies, differences, poison, truncate
from tests.features.catalogue.golden.case import SETTINGS

SEED = 7
END = START + timedelta(days=DAYS)
CUTS = [START + timedelta(days=d) for d in range(230, DAYS, 25)]
TRUNCATED, POISONED, MERGED = 0, len(CUTS), 2 * len(CUTS)


@dataclass(frozen=True)
class Told:
    """The company, what is told of it, and what is told of its changed copies.

    People say something of the poisoned copies only: ``opinions``.
    """

    company: Rows
    truth: Snapshot
    copies: Snapshot
    opinions: list[Row]

    def differing(self, first: int) -> set[tuple[str, str]]:
        """Return (column, account) of every cell that the copies from ``first`` have otherwise."""
        merged = first == MERGED
        truth = self.of(merged=merged)
        rows = self.copies.table.to_pylist()
        wanted = [r for r in rows if 0 <= int(r["account_id"].split("|")[0]) - first < len(CUTS)]
        found = Snapshot(self.copies.table.from_pylist(wanted, self.copies.table.schema), ())
        return {(name, account) for name, account, _ in differences(found, truth, CUTS, first)}

    def of(self, *, merged: bool) -> Snapshot:
        """Return what is told of the accounts that were merged, or of the others."""
        rows = [
            r for r in self.truth.table.to_pylist() if r["account_id"].startswith("m") == merged
        ]
        return Snapshot(self.truth.table.from_pylist(rows, self.truth.table.schema), ())


@pytest.fixture(scope="session")
def told() -> Told:
    company, other = random_company(SEED), accounts_to_merge(SEED + 1)
    merges = some_merges(CUTS)
    both: Rows = {name: company[name] + other[name] for name in company}
    truth = build(make_tables(END, **both, identities=merges), SETTINGS, CUTS)
    said = company | {"opinions": opinions_of(company, SEED)}
    changed = [
        copies(company, truncate, CUTS, TRUNCATED),
        copies(said, poison(SEED), CUTS, POISONED),
        copies(other, by_hand(other, merges), CUTS, MERGED),
    ]
    rows: Rows = {name: [row for part in changed for row in part.get(name, ())] for name in said}
    return Told(company, truth, build(make_tables(END, **rows), SETTINGS, CUTS), rows["opinions"])
