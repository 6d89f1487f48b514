"""Which accounts a model is fitted and judged on where all of them would not fit into memory.

Whole accounts are chosen, never rows, by a hash of their id: leavers and stayers alike, so the
base rate and the calibration stay what they are; all dates of an account stay together; the same
company gives the same accounts on every engine, and a larger share contains a smaller one.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from hashlib import md5
from typing import Any

import ibis

from features import identities, spells, windows
from features.settings import Settings
from features.sources import Tables
from features.windows import Expression


@dataclass(frozen=True)
class Choice:
    """The accounts that were chosen.

    Attributes
    ----------
    share : float
        Of the accounts, in (0, 1).
    hash_below : str
        Chosen is whose id has an MD5 in hexadecimal digits below this; of merged accounts the id
        of their group counts.
    accounts, of_accounts : int
        Chosen, and all.
    of_rows : int
        Accounts × dates at which they live, all.
    most_rows : int
        The setting.
    """

    share: float
    hash_below: str
    accounts: int
    of_accounts: int
    of_rows: int
    most_rows: int

    def document(self) -> dict[str, Any]:
        """Return it as JSON values, with a sentence that says it."""
        sentence = (
            f"Fitted and judged on {self.accounts:,} of {self.of_accounts:,} accounts, chosen "
            f"whole by a hash of their id: all {self.of_rows:,} rows would be more than "
            f"[training].most_rows = {self.most_rows:,}."
        )
        return asdict(self) | {"sentence": sentence}


def choose(
    tables: Tables, settings: Settings, dates: Sequence[datetime]
) -> tuple[Tables, Choice | None]:
    """Return the tables of the accounts to train on, and how they were chosen; None where all are.

    The tables are filtered, not copied: what is built from them reads the chosen rows only.
    """
    most = settings.training.most_rows
    everyone = int(tables["accounts"].count().to_pyarrow().as_py())
    if everyone * len(dates) <= most:
        return tables, None
    live = spells.running(tables, settings, windows.cuts(windows.require_midnights(dates)))
    rows = int(live.count().to_pyarrow().as_py())
    if rows <= most:
        return tables, None
    share = most / rows
    below = f"{int(share * 16**8):08x}"
    kept = _filtered(tables, below)
    found = int(kept["accounts"].count().to_pyarrow().as_py())
    return kept, Choice(share, below, found, everyone, rows, most)


def _filtered(tables: Tables, below: str) -> Tables:
    """Return the rows of the chosen accounts; merged accounts are chosen together or not at all."""
    led = identities.groups(identities.merges(tables))
    inside = [account for account, leader in led.items() if _md5(leader) < below]
    outside = [account for account in led if account not in set(inside)]

    def chosen(account: Expression) -> Expression:
        condition = hashed(account) < below
        if outside:
            condition = condition & account.notin(outside)
        return condition | account.isin(inside) if inside else condition

    filtered = {
        name: table.filter(chosen(table.account_id)) for name, table in tables.tables.items()
    }
    # Stored days are of all accounts; the events of the chosen ones are aggregated instead.
    return replace(tables, tables=filtered, digests=None)


@ibis.udf.scalar.builtin(name="md5")  # type: ignore[untyped-decorator]
def hashed(text: str) -> str:  # type: ignore[empty-body]
    """Return the MD5 of a text in hexadecimal digits, as all three engines compute it."""


def _md5(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()
