"""What is known of a segment without reading its rows: last days, a sample, rows by day.

Made once with the segment, which never changes. The last day of each account, user and event is
all that a window which ends at the cut-off asks for; days are read only where a window ends
earlier, where some row counts only later, or where a file of the segment no longer counts.
"""

from collections.abc import Iterable
from pathlib import Path

import duckdb

from features.checks.upstream.sampling import in_sample, one_in
from features.sources.connection import copy_to, name, text

PLACE = "place in the segment"
"""Which row of ``rows`` a row of the sample is, from 0."""

_KEYS = {
    "last_days": ("account_days", "account_id", "events > 0"),
    "last_users": ("user_days", "account_id, user_id", "true"),
    "last_events": ("event_days", "account_id, event", "true"),
}
LASTS = tuple(_KEYS)
"""The Parquet files with the last day of each account with use, of each user, of each event:
the key, ``day``, and ``known``, the cut-off from which all of its days count."""


def rolled_up(con: duckdb.DuckDBPyConnection, folder: Path) -> int:
    """Write the last days and the sample of a segment; return of how many rows one is in it."""
    for last in LASTS:
        query = f"SELECT * FROM ({last_days(last, folder)}) ORDER BY {_KEYS[last][1]}"
        copy_to(con, query, folder / f"{last}.parquet")
    rows = text(str(folder / "rows.parquet"))
    ((count,),) = con.execute(f"SELECT count(*) FROM read_parquet({rows})").fetchall()
    every = one_in(count)
    copy_to(
        con,
        f"SELECT * RENAME (file_row_number AS {name(PLACE)}) "
        f"FROM read_parquet({rows}, file_row_number = true) "
        f"WHERE {in_sample('file_row_number', every)} ORDER BY file_row_number",
        folder / "sample.parquet",
    )
    return every


def last_days(last: str, folder: Path, gone: Iterable[int] = ()) -> str:
    """Return SQL for one of `LASTS` from the days, without the files that are gone."""
    part, keys, where = _KEYS[last]
    out = ", ".join(map(str, gone)) or "-1"
    return (
        f"SELECT {keys}, max(day) AS day, max(known) AS known "
        f"FROM read_parquet({text(str(folder / f'{part}.parquet'))}) "
        f"WHERE {where} AND file NOT IN ({out}) GROUP BY ALL"
    )
