"""What single rows are held against: the end of observation, the accounts, the scales."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

import duckdb

from features.checks.rules import Surroundings
from features.settings import Settings
from features.sources.columns import day_start
from features.sources.connection import name
from features.sources.rates import rate
from features.sources.typed import Typed
from features.tables import TABLES

_HAPPENED = ("events", "tickets", "surveys", "messages", "invoices", "learning", "actions")
_PLANNED = ("subscriptions", "churns")
_FEW_GONE = 0.2
"""Up to this share of unknown accounts they are taken as deleted; beyond it, as other ids."""
_TIMES = {"subscriptions": ("started_at", "ended_at")}


def observed_until(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    opened: dict[str, Typed],
    now: datetime,
    told: Mapping[str, datetime | None] | None = None,
) -> datetime:
    """Return the exclusive end of what was observed, naive UTC.

    As set, or the midnight after the last row of the event-like tables; rows later than ``now``
    and a day cannot have been observed and do not count. Subscriptions and churns may be known
    ahead and count only where there is nothing else. ``told`` has the last times that are known
    without reading a table.
    """
    told = told or {}
    given = settings.data.observed_until
    if given is not None:
        offset = given.utcoffset()
        return given.replace(tzinfo=None) - (offset or timedelta())
    for group in (_HAPPENED, _PLANNED):
        last = [
            told[table] if table in told else _last(con, table, now)
            for table in group
            if table in opened
        ]
        times = [time for time in last if time is not None]
        if times:
            return _midnight(max(times)) + timedelta(days=1)
    return _midnight(now) + timedelta(days=1)


def _last(con: duckdb.DuckDBPyConnection, table: str, now: datetime) -> datetime | None:
    until = (now + timedelta(days=1)).isoformat(sep=" ")
    last = ", ".join(
        f"max({name(time)}) FILTER (WHERE {name(time)} < TIMESTAMP '{until}')"
        for time in _TIMES.get(table, (TABLES[table].time or "",))
    )
    found = con.execute(f"SELECT {last} FROM typed.{name(table)}").fetchall()[0]
    return max((time for time in found if time is not None), default=None)


def _midnight(time: datetime) -> datetime:
    return time.replace(hour=0, minute=0, second=0, microsecond=0)


def surroundings(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    table: Typed,
    opened: dict[str, Typed],
    end: datetime,
) -> Surroundings:
    """Return what the rows of ``table`` are held against; earlier tables are clean already."""
    zone = settings.company.timezone
    accounts = "accounts" in opened and table.table != "accounts"
    if accounts:
        _known_accounts(con, settings, opened)
    linked = _linked(table, opened)
    if linked:
        born = day_start("started_at", zone)
        con.execute(
            f"CREATE OR REPLACE VIEW typed.begun AS SELECT subscription_id, min({born}) AS born "
            "FROM main.subscriptions WHERE subscription_id IS NOT NULL GROUP BY 1"
        )
    return Surroundings(
        observed_until=end,
        accounts=accounts,
        births=accounts and "created_at" in opened["accounts"].names,
        subscription_births=linked,
        currency=_currency(con, settings, table),
        rate=rate(settings, table.table) if "currency" in table.names else None,
        ratings=_ratings(con, table),
        day_starts={
            column: day_start(f't."{column}"', zone)
            for column in ("started_at", "opened_at", "merged_at")
        },
    )


def _known_accounts(
    con: duckdb.DuckDBPyConnection, settings: Settings, opened: dict[str, Typed]
) -> None:
    """Create ``typed.known``: every account there is or, by other tables, was, and its birth.

    An account that was merged into another, or that only a subscription or a churn still names,
    existed; without it the past would be told by those that were kept.
    """
    if con.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'known'").fetchall():
        return
    births = "created_at" in opened["accounts"].names
    born = day_start("created_at", settings.company.timezone) if births else _NO_TIME
    known = f"SELECT account_id, {born} AS born, true AS listed FROM main.accounts"
    if "identities" in opened:
        known += _also(known, "identities", "true")
    for table in _PLANNED:
        if table in opened and _few_unknown(con, known, table):
            known += _also(known, table, "false")
    con.execute(f"CREATE TABLE typed.known AS {known}")


_NO_TIME = "CAST(NULL AS TIMESTAMP)"


def _few_unknown(con: duckdb.DuckDBPyConnection, known: str, table: str) -> bool:
    """Whether the accounts of ``table`` are known but for a few: else the ids do not match."""
    there, unknown = con.execute(
        "SELECT count(DISTINCT t.account_id) FILTER (WHERE k.account_id IS NOT NULL), "
        "count(DISTINCT t.account_id) FILTER (WHERE k.account_id IS NULL) "
        f"FROM typed.{name(table)} t LEFT JOIN ({known}) k ON k.account_id = t.account_id"
    ).fetchall()[0]
    return bool(0 < unknown <= _FEW_GONE * (there + unknown))


def _also(known: str, table: str, listed: str) -> str:
    """Return SQL that adds the accounts that only ``table`` names."""
    return (
        f" UNION ALL SELECT DISTINCT t.account_id, {_NO_TIME} AS born, {listed} AS listed "
        f"FROM typed.{name(table)} t LEFT JOIN ({known}) k ON k.account_id = t.account_id "
        "WHERE t.account_id IS NOT NULL AND k.account_id IS NULL"
    )


def _linked(table: Typed, opened: dict[str, Typed]) -> bool:
    return (
        table.table == "events"
        and "subscription_id" in table.names
        and "subscriptions" in opened
        and "subscription_id" in opened["subscriptions"].names
    )


def _currency(con: duckdb.DuckDBPyConnection, settings: Settings, table: Typed) -> str | None:
    """Return the one currency rows should be in, or None where they all agree anyway.

    The company's where the table has it at all, otherwise the most frequent one.
    """
    money = {"subscriptions": "mrr", "invoices": "amount"}.get(table.table)
    if money not in table.names or "currency" not in table.names:
        return None
    there: Counter[str] = Counter(
        dict(
            con.execute(
                f"SELECT upper(currency), count(*) FROM typed.{name(table.table)} "
                "WHERE currency IS NOT NULL GROUP BY 1 ORDER BY 1"
            ).fetchall()
        )
    )
    if len(there) < 2:
        return None
    own = settings.company.currency.upper()
    return own if own in there else there.most_common(1)[0][0].replace("'", "''")


def _ratings(con: duckdb.DuckDBPyConnection, table: Typed) -> dict[str, str]:
    """Return, per rating column, what is outside its scale."""
    if table.table == "tickets" and "csat" in table.names:
        top = _top(con, "tickets", "csat", "true")
        return {"csat": f"t.csat < 0 OR t.csat > {top}"}
    if table.table == "surveys":
        kinds = con.execute(
            "SELECT DISTINCT kind FROM typed.surveys WHERE kind IS NOT NULL ORDER BY kind"
        ).fetchall()
        tops = [
            (kind, 10 if kind.lower() == "nps" else _top(con, "surveys", "rating", _is(kind)))
            for (kind,) in kinds
        ]
        cases = " ".join(f"WHEN {_is(kind, 't.')} THEN t.rating > {top}" for kind, top in tops)
        return {"rating": f"t.rating < 0 OR CASE {cases} END"} if cases else {}
    return {}


def _is(kind: str, of: str = "") -> str:
    quoted = kind.replace("'", "''")
    return f"{of}kind = '{quoted}'"


def _top(con: duckdb.DuckDBPyConnection, table: str, column: str, where: str) -> int:
    """Return the top of the scale: the smallest usual one that holds 19 of 20 values."""
    high: float | None = con.execute(
        f"SELECT quantile_disc({column}, 0.95) FROM typed.{name(table)} WHERE {where}"
    ).fetchall()[0][0]
    return next((top for top in (5, 7, 10, 100) if high is None or high <= top), 100)
