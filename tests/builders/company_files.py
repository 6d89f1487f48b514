"""A small sound company as CSV files, to be broken one value at a time."""

import csv
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from features.checks import CheckReport
from features.settings import Settings, load_settings
from features.sources import examine

Row = dict[str, Any]
Rows = Sequence[Row]

NOW = datetime(2026, 2, 1)
ACCOUNTS = 40
"""Accounts a01 … a40; every fourth has left."""


def has_left(number: int) -> bool:
    return number % 4 == 0


def account(number: int) -> str:
    return f"a{number:02d}"


def sound() -> dict[str, list[Row]]:
    """Return the rows of every table; nothing is wrong with them."""
    born = datetime(2025, 1, 1)
    numbers = range(1, ACCOUNTS + 1)
    tables: dict[str, list[Row]] = {
        "accounts": [
            {
                "account_id": account(n),
                "name": f"Company {n}",
                "created_at": (born + timedelta(days=n)).isoformat(),
                "industry": ("retail", "media", "health")[n % 3],
                "founded": 1990 + n % 7,
            }
            for n in numbers
        ],
        "subscriptions": [
            {
                "account_id": account(n),
                "started_at": (born + timedelta(days=n)).date(),
                "ended_at": "2025-05-01" if has_left(n) else "",
                "plan": "basic" if n % 2 else "pro",
                "seats": 5 + n,
                "mrr": 1000 + n,
                "currency": "USD",
                "renews_at": "2026-03-01",
                "auto_renew": "yes",
            }
            for n in numbers
        ],
        "events": [
            {
                "account_id": account(n),
                "occurred_at": f"2025-{month:02d}-15T09:30:00",
                "event": "login",
                "user_id": f"u{n}",
                "quantity": 2,
                "duration_s": 30.5,
            }
            for n in numbers
            for month in (3, 6, 9)
        ],
    }
    tables["tickets"] = [
        {
            "account_id": account(n),
            "ticket_id": f"t{n}",
            "opened_at": "2025-06-01T10:00:00",
            "resolved_at": "2025-06-02T10:00:00",
            "csat": 1 + n % 5,
        }
        for n in numbers
    ]
    tables["surveys"] = [
        {"account_id": account(n), "responded_at": "2025-07-01", "kind": "nps", "rating": n % 11}
        for n in numbers
    ]
    tables["invoices"] = [
        {"account_id": account(n), "issued_at": "2025-08-01", "amount": 100, "currency": "USD"}
        for n in numbers
    ]
    return tables


def write_csv(path: Path, rows: Rows, columns: Sequence[str] | None = None) -> None:
    """Write rows as CSV; columns are those of the first row unless named."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns or list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def company(
    folder: Path, tables: Mapping[str, Rows], extra: str = "", sections: str = ""
) -> Settings:
    """Write the tables and a settings file; return the settings.

    Parameters
    ----------
    extra : str
        TOML before the tables' sections.
    sections : str
        TOML after them, e.g. ``[tables.events.columns]``.
    """
    text = extra
    for name, rows in tables.items():
        write_csv(folder / f"{name}.csv", rows)
        text += f'\n[tables.{name}]\nfile = "{name}.csv"\n'
    (folder / "kenshin.toml").write_text(text + sections, encoding="utf-8")
    return load_settings(folder / "kenshin.toml")


def report(
    folder: Path, tables: Mapping[str, Rows], extra: str = "", sections: str = ""
) -> CheckReport:
    """Return what the check finds in the tables."""
    return examine(company(folder, tables, extra, sections), now=NOW).report


def only(table: str) -> dict[str, list[Row]]:
    """Return the sound tables that are needed to look at one of them."""
    return {t: rows for t, rows in sound().items() if t in ("accounts", "subscriptions", table)}


def changed(table: str, row: int, **values: Any) -> dict[str, list[Row]]:  # noqa: ANN401
    """Return the sound tables around one of them, with values of one row changed."""
    tables = only(table)
    tables[table][row] |= values
    return tables


def without(table: str, *columns: str) -> dict[str, list[Row]]:
    """Return the sound tables around one of them, with columns left out."""
    tables = only(table)
    tables[table] = [{k: v for k, v in row.items() if k not in columns} for row in tables[table]]
    return tables
