"""What can be wrong with the tables taken together: too little to work with."""

from datetime import datetime, timedelta
from typing import Any

import duckdb

from features.checks.named_events import unseen_events
from features.checks.violations import Severity, Violation
from features.settings import Settings

_CHURN_TABLE = {"subscriptions": "subscriptions", "churns": "churns", "inactivity": "events"}


def company_violations(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    read: dict[str, int],
    kept: dict[str, int],
    end: datetime,
    events: str = "main.events",
) -> list[Violation]:
    """Return what is missing or too little, and create ``typed.leavers`` where it can be.

    Parameters
    ----------
    read, kept : dict of str to int
        Rows by table that could be opened.
    end : datetime
        Exclusive end of what was observed.
    events : str
        Where the names of all events are, see `unseen_events`.
    """
    violations = [
        *_absent(settings),
        *(v for table in read for v in _empty(settings, table, read[table], kept[table])),
    ]
    if kept.get("accounts", 0) == 1:
        violations.append(_one_account())
    if kept.get("events"):
        violations += unseen_events(con, settings, events)
    needed = _CHURN_TABLE[settings.churn.source]
    if kept.get("accounts") and kept.get(needed):
        con.execute(f"CREATE TABLE typed.leavers AS {leavers(settings, end)}")
        violations += _departures(con, settings, needed)
    return violations


def leavers(settings: Settings, end: datetime) -> str:
    """Return SQL for (account_id, has_left, left_at): who is gone at ``end``, roughly but fast."""
    until = f"TIMESTAMP '{end.isoformat(sep=' ')}'"
    churn = settings.churn
    if churn.source == "churns":
        return (
            "SELECT a.account_id, c.left_at IS NOT NULL AS has_left, c.left_at "
            "FROM main.accounts a LEFT JOIN (SELECT account_id, max(churned_at) AS left_at "
            f"FROM main.churns WHERE churned_at < {until} GROUP BY 1) c USING (account_id)"
        )
    if churn.source == "subscriptions":
        return (
            f"SELECT account_id, bool_and(coalesce(ended_at < {until}, false)) AS has_left, "
            "max(ended_at) AS left_at FROM main.subscriptions GROUP BY 1"
        )
    since = end - timedelta(days=churn.active_within_days)
    events = ", ".join("'" + event.replace("'", "''") + "'" for event in churn.activity_events)
    where = f"WHERE event IN ({events})" if events else ""
    return (
        "SELECT account_id, max(occurred_at) AS left_at, "
        f"max(occurred_at) < TIMESTAMP '{since.isoformat(sep=' ')}' AS has_left "
        f"FROM main.events {where} GROUP BY 1"
    )


def _absent(settings: Settings) -> list[Violation]:
    needed = {
        "accounts": "one row per account",
        _CHURN_TABLE[settings.churn.source]: f"churn.source is '{settings.churn.source}'",
    }
    return [
        _violation(
            "K108",
            "missing table",
            "refused",
            table,
            f"There is no [tables.{table}], which is needed ({why}).",
            f'Add it; sql = "SELECT DISTINCT …" can make {table} from another table.',
        )
        for table, why in needed.items()
        if table not in settings.tables
    ]


def _empty(settings: Settings, table: str, read: int, kept: int) -> list[Violation]:
    if kept:
        return []
    needed = table in ("accounts", _CHURN_TABLE[settings.churn.source])
    found = "has no rows" if not read else f"has {read:,} rows and none of them can be used"
    rest = "Nothing can be said without it." if needed else "It counts as absent."
    return [
        _violation(
            "K105",
            "empty table",
            "refused" if needed else "warning",
            table,
            f"The table {table} {found}. {rest}",
            "Check the file, the sql and the reasons given for the rows that were kept out."
            if read
            else "Check that the file or the sql is the right one, or remove the table.",
        )
    ]


def _one_account() -> Violation:
    return _violation(
        "K501",
        "only one account",
        "refused",
        "accounts",
        "The accounts table has a single account, and there is nothing to compare it with.",
        "Give all accounts, those that left included.",
    )


def _departures(con: duckdb.DuckDBPyConnection, settings: Settings, table: str) -> list[Violation]:
    accounts, left = _counts(con)
    if accounts and left == 0:
        return [
            _violation(
                "K502",
                "nobody ever left",
                "warning",
                table,
                f"None of {accounts:,} accounts has left by churn.source = "
                f"'{settings.churn.source}', so there is nothing to learn from.",
                "Give the accounts that left as well, with their ends. Until then no model can be "
                "learned; a scorecard may serve, without a probability.",
            )
        ]
    if accounts and left == accounts:
        return [
            _violation(
                "K503",
                "everybody left",
                "warning",
                table,
                f"All {accounts:,} accounts have left by churn.source = "
                f"'{settings.churn.source}', so there is nobody to score.",
                "Check the ends, and data.observed_until.",
            )
        ]
    return []


def _counts(con: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    row: tuple[Any, ...] = con.execute(
        "SELECT count(*), count(*) FILTER (WHERE has_left) FROM typed.leavers"
    ).fetchall()[0]
    return int(row[0]), int(row[1])


def _violation(
    code: str, title: str, severity: Severity, table: str, sentence: str, fix: str
) -> Violation:
    return Violation(
        code=code,
        title=title,
        severity=severity,
        table=table,
        column="",
        rows=0,
        example_row=None,
        example_value="",
        sentence=sentence,
        fix=fix,
    )
