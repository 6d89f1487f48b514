"""Who lives at each cut-off, with the facts of the account and of its contracts."""

from collections.abc import Sequence

import ibis

from features import contracts, windows
from features.catalogue.profile import ATTRIBUTE
from features.views import Scope
from features.windows import Expression


def live(scope: Scope, attributes: Sequence[str]) -> ibis.Table:
    """Return the live accounts with all that measures take from them and all facts."""
    row = scope.running
    if "subscriptions" in scope.tables:
        row = joined(row, keyed(contracts.facts(scope.contracts), "contract"))
    row = joined(row, keyed(_who(scope, attributes), "who"))
    terms: dict[str, Expression] = {}
    for name, kind in contracts.FACTS.items():
        terms[name] = row[name] if name in row.columns else ibis.null(kind)
    row = row.mutate(**terms)
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


def _who(scope: Scope, attributes: Sequence[str]) -> ibis.Table:
    """Return facts and attributes of each account from the cut-off at which it exists."""
    accounts = scope.tables["accounts"]
    if "created_at" in accounts.columns:
        exists = accounts.created_at.isnull() | (accounts.created_at < scope.dates.as_of)
        rows = accounts.join(scope.dates, exists)
    else:
        rows = accounts.cross_join(scope.dates)
    found: dict[str, Expression] = {}
    for name in ("name", "name_en", "industry", "size", "region", "owner"):
        column = rows[name] if name in rows.columns else ibis.null("string")
        found[f"fact_{name}"] = column
    for name in attributes:
        found[f"{ATTRIBUTE}{name}"] = rows[name]
    return rows.select("c", "account_id", **found)


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
