"""Who the accounts of a snapshot are, as the store keeps it beside their scores."""

from typing import Any

import numpy as np

from features.arrow import pa
from features.errors import TableError
from features.settings import Settings

LONGEST_ID = 255
"""Characters of an account's id."""
SHOWN = 40
"""Characters of an id that is refused which are told, to find it by."""


def described(settings: Settings, table: "pa.Table") -> list[dict[str, Any]]:
    """Return who the accounts are, as known at ``as_of``."""
    given = {
        name: _words(table, name)
        for name in ("name", "name_en", "plan", "industry", "size", "region", "owner")
    }
    mrr, currency = facts(table, "mrr"), facts(table, "currency")
    renews, since = facts(table, "renews_at"), facts(table, "started_at")
    accounts = _require_ids(table.column("account_id").cast(pa.string()).to_pylist())
    return [
        {
            "account_id": account,
            **{name: column[i] for name, column in given.items()},
            "arr": None if mrr[i] is None or np.isnan(mrr[i]) else 12.0 * mrr[i],
            "currency": currency[i] or settings.company.currency,
            "renewal_date": renews[i].date() if renews[i] is not None else None,
            "customer_since": since[i],
        }
        for i, account in enumerate(accounts)
    ]


def facts(table: "pa.Table", name: str) -> list[Any]:
    """Return what a snapshot knows of each account under a name; None where it does not."""
    column = f"fact_{name}"
    return table.column(column).to_pylist() if column in table.column_names else [None] * len(table)


def _words(table: "pa.Table", name: str) -> list[str | None]:
    """Return a text of each account; a NUL, which PostgreSQL has no place for, is left out."""
    given: list[str | None] = facts(table, name)
    if "\0" not in "".join(text for text in given if text):
        return given
    return [text.replace("\0", "") if text else text for text in given]


def _require_ids(accounts: list[str]) -> list[str]:
    """Return the ids of accounts.

    Raises
    ------
    TableError
        Where one could neither be kept by PostgreSQL nor be asked for over HTTP.
    """
    odd = [n for n, one in enumerate(accounts) if len(one) > LONGEST_ID or "\0" in one]
    if odd:
        raise TableError(
            f"account ids of at most {LONGEST_ID} characters, without NUL",
            f"{len(odd):,} others, the first of {len(accounts[odd[0]]):,} characters: "
            f"{accounts[odd[0]][:SHOWN]!r}",
            "Give these accounts shorter ids in [tables.accounts].",
        )
    return accounts
