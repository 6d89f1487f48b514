"""The events of a batch without the accounts that were erased: of them nothing is stored again."""

import duckdb

from features.digests.batches import UNREAD
from features.erased import Erased
from features.sources.connection import name, text

_EVERY = f"typed.{name('events with the erased')}"


def leave_out(con: duckdb.DuckDBPyConnection, erased: Erased) -> None:
    """Let ``typed.events``, and the lines that are no rows, hold nothing of erased accounts."""
    if not erased.subjects:
        return
    con.execute(f"DROP VIEW IF EXISTS {_EVERY}")
    ids = con.execute("SELECT DISTINCT account_id FROM typed.events").fetchall()
    gone = sorted(erased.among(account for (account,) in ids))
    if not gone:
        return
    listed = ", ".join(map(text, gone))
    con.execute(f"ALTER VIEW typed.events RENAME TO {name('events with the erased')}")
    con.execute(
        f"CREATE VIEW typed.events AS SELECT * FROM {_EVERY} "
        f"WHERE account_id IS NULL OR account_id NOT IN ({listed})"
    )
    for account in gone:
        con.execute(f"DELETE FROM {UNREAD} WHERE contains(csv_line, {text(account)})")
