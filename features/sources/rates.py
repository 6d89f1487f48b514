"""Money of other currencies in the company's own, at the rate of the row's own day."""

from features.settings import Settings
from features.sources.connection import text
from features.tables import TABLES

MONEY = {"subscriptions": "mrr", "invoices": "amount"}
"""Which column of which table is money."""


def rate(settings: Settings, table: str) -> str | None:
    """Return SQL for the rate of a row ``t`` of ``table``, null where none is given for its day.

    None where the settings have no ``[[company.rates]]``. A row without a code is in the company's
    own currency. Of several rates of a currency the one with the latest ``valid_from`` at or before
    the row's day holds.
    """
    if not settings.company.rates or table not in MONEY:
        return None
    time = f't."{TABLES[table].time}"'
    own = settings.company.currency.upper()
    cases = (
        f'WHEN t."currency" IS NULL OR upper(t."currency") = {text(own)} THEN CAST(1 AS DOUBLE) '
    )
    given = sorted(
        settings.company.rates, key=lambda r: r.valid_from.isoformat() if r.valid_from else ""
    )
    for one in reversed(given):
        when = f'upper(t."currency") = {text(one.currency.upper())}'
        if one.valid_from is not None:
            when += f" AND {time} >= TIMESTAMP '{one.valid_from.isoformat()} 00:00:00'"
        cases += f"WHEN {when} THEN CAST({one.rate!r} AS DOUBLE) "
    return f"CASE {cases}END"


def converted(settings: Settings, table: str, column: str, value: str) -> str:
    """Return SQL for a value in the company's currency: money to a hundredth, and its code.

    Halves are rounded away from zero.
    """
    at = rate(settings, table)
    if at is None:
        return value
    if column == MONEY[table]:
        own = f'upper(t."currency") = {text(settings.company.currency.upper())}'
        kept = f't."currency" IS NULL OR {own}'
        return f"CASE WHEN {kept} THEN {value} ELSE round({value} * {at} * 100) / 100 END"
    if column == "currency":
        own = text(settings.company.currency.upper())
        return f"CASE WHEN {value} IS NOT NULL THEN {own} END"
    return value
