"""Who lives at each cut-off, with the facts of the account and of its contracts."""

from __future__ import annotations

from collections.abc import Sequence

from features import contracts, windows
from features.catalogue.profile import ATTRIBUTE
from features.engines.light import ibis
from features.views import Scope
from features.windows import Expression

NAMED = ("name", "name_en", "industry", "size", "region", "owner")
"""What an account is called and where it belongs."""


def agreed(scope: Scope) -> ibis.Table | None:
    """Return what the contracts of each account say at each cut-off; None without contracts."""
    if "subscriptions" not in scope.tables:
        return None
    return keyed(contracts.facts(scope.contracts), "contract")


def live(
    scope: Scope, running: ibis.Table, terms: ibis.Table | None, attributes: Sequence[str]
) -> ibis.Table:
    """Return the live accounts with all that measures take from them and all facts.

    Parameters
    ----------
    running : ibis.Table
        See `spells.running`.
    terms : ibis.Table or None
        See `agreed`.
    """
    row = running if terms is None else joined(running, terms)
    row = _with_accounts(row, scope.tables["accounts"], attributes)
    found: dict[str, Expression] = {}
    for name, kind in contracts.FACTS.items():
        found[name] = row[name] if name in row.columns else ibis.null(kind)
    row = row.mutate(**found)
    days = windows.day_of(row.renews_at) - row.c
    currency = row.currency.coalesce(scope.settings.company.currency)
    mrr = row.mrr_cents.cast("float64") / contracts.MONEY_UNIT
    facts = {f"fact_{name}": row[name] for name in ("plan", "renews_at", "started_at")}
    return row.mutate(
        days_to_renewal=(days >= 0).ifelse(days, ibis.null("int64")),
        fact_mrr=mrr,
        fact_currency=mrr.notnull().ifelse(currency, ibis.null("string")),
        fact_seats=row.seats.cast("float64"),
        **facts,
    )


def _with_accounts(row: ibis.Table, accounts: ibis.Table, attributes: Sequence[str]) -> ibis.Table:
    """Return the rows with facts and attributes of each account that exists at the cut-off."""
    columns = {
        **{f"fact_{name}": name for name in NAMED if name in accounts.columns},
        **{f"{ATTRIBUTE}{name}": name for name in attributes},
    }
    given = {new: accounts[old] for new, old in columns.items()}
    if "created_at" in accounts.columns:
        given["who from"] = accounts.created_at
    who = accounts.select(**{"who account": accounts.account_id}, **given)
    row = row.left_join(who, row.account_id == who["who account"])
    if "created_at" in accounts.columns:
        exists = row["who from"].isnull() | (row["who from"] < row.as_of)
        row = row.mutate(**{new: exists.ifelse(row[new], ibis.null()) for new in columns})
    absent = {f"fact_{name}": ibis.null("string") for name in NAMED if name not in accounts.columns}
    return row.mutate(**absent) if absent else row


def keyed(rows: ibis.Table, name: str) -> ibis.Table:
    """Return the rows with their cut-off and account under names that no other table has."""
    return rows.rename({f"{name} c": "c", f"{name} account": "account_id"})


def joined(row: ibis.Table, other: ibis.Table) -> ibis.Table:
    """Return ``row`` with the columns of ``other``, whose first two are cut-off and account.

    Joined once more, the result is the same one join of several tables: what is selected at the
    end is looked up once; a selection after each join took half a second to turn into a query.
    """
    c, account = (other[name] for name in other.columns[:2])
    return row.left_join(other, [row.c == c, row.account_id == account])
