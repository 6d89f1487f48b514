"""Accounts that stored snapshots know and no table has any more."""

import duckdb
import pyarrow.parquet as pq

from features.checks.violations import Violation
from features.settings import Settings

MOST_ROWS = 5_000_000
"""Stored snapshots are looked through from the newest on, up to so many rows."""


def gone_accounts(con: duckdb.DuckDBPyConnection, settings: Settings) -> list[Violation]:
    """Return a warning where accounts of stored snapshots are in no table any more.

    The snapshots stay as they were issued; what is built anew does not have those accounts, so that
    past cohorts would be told by those that were kept.
    """
    known = con.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'known'").fetchall()
    files = _files(settings)
    if settings.data.engine != "duckdb" or not known or not files:
        return []
    gone, first, day = con.execute(
        "SELECT count(DISTINCT s.account_id), min(s.account_id), "
        "strftime(arg_min(s.as_of, s.account_id), '%Y-%m-%d') "
        "FROM read_parquet(?, union_by_name = true) s "
        "WHERE NOT EXISTS (SELECT 1 FROM typed.known k WHERE k.account_id = s.account_id)",
        [files],
    ).fetchall()[0]
    if not gone:
        return []
    return [
        Violation(
            code="K308",
            title="account gone from every table",
            severity="warning",
            table="accounts",
            column="account_id",
            rows=gone,
            example_row=None,
            example_value=str(first),
            sentence=f"{gone:,} accounts of stored snapshots are in no table any more, for example "
            f"{first} of {day}. Stored snapshots keep them; whatever is built anew does not, so "
            "past cohorts are told by those that were kept.",
            fix="Bring them back with their contracts, unless they were erased on purpose.",
        )
    ]


def _files(settings: Settings) -> list[str]:
    """Return the stored snapshots last written, the newest first, up to `MOST_ROWS` rows."""
    chosen: list[str] = []
    rows = 0
    folders = (settings.workspace / "snapshots").glob("*/current")
    for current in sorted(folders, key=lambda path: path.parent.name, reverse=True):
        file = current.parent / current.read_text(encoding="ascii").strip() / "data.parquet"
        if not file.is_file():
            continue
        rows += pq.read_metadata(file).num_rows
        if rows > MOST_ROWS and chosen:
            break
        chosen.append(str(file))
    return chosen
