"""What the other tables say against the rows of a file: unknown accounts, and rows too early."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

import duckdb

from features.checks.rules import Surroundings
from features.digests.segment import Found, Segment
from features.sources.connection import text

Verdicts = dict[tuple[str, int], str]
"""By segment and number of the file; files without are beyond reproach."""


def verdicts(
    con: duckdb.DuckDBPyConnection, around: Surroundings, segments: Sequence[Segment]
) -> Verdicts:
    """Return a name for all that rules about other tables find in each file.

    Two equal names mean equal rows kept out: the accounts of the file that are unknown or were
    born after their first row there, and the end of observation where rows lie beyond it.
    """
    against = _accounts(con, around, segments) if around.accounts and segments else {}
    for segment in segments:
        for found in segment.found:
            if around.observed_until is not None and _beyond(found, around.observed_until):
                at = (segment.name, found.number)
                against[at] = f"{against.get(at, '')} until {around.observed_until.isoformat()}"
    return {at: sha256(said.encode()).hexdigest()[:16] for at, said in against.items()}


def _beyond(found: Found, end: datetime) -> bool:
    return any(datetime.fromisoformat(last) >= end for last in found.days.values())


def _accounts(
    con: duckdb.DuckDBPyConnection, around: Surroundings, segments: Sequence[Segment]
) -> Verdicts:
    # Nearly always nobody is suspected, and the small summary is all that is read.
    con.execute(
        "CREATE OR REPLACE TEMP TABLE suspected AS SELECT f.account_id, k.born, "
        "k.account_id IS NULL AS unknown "
        f"FROM (SELECT account_id, min(first) AS first FROM {_read(segments, 'firsts')} "
        "GROUP BY 1) f LEFT JOIN typed.known k ON k.account_id = f.account_id "
        "WHERE k.account_id IS NULL OR f.first < k.born"
    )
    if not con.execute("SELECT 1 FROM temp.suspected LIMIT 1").fetchall():
        return {}
    rows = con.execute(
        "SELECT parse_path(filename)[-2], file, "
        "md5(string_agg(account_id || ' ' || coalesce(CAST(born AS VARCHAR), 'unknown'), ',' "
        "ORDER BY account_id)) "
        f"FROM {_read(segments, 'accounts')} JOIN temp.suspected USING (account_id) "
        "WHERE unknown OR first < born GROUP BY 1, 2"
    ).fetchall()
    return {(segment, file): said for segment, file, said in rows}


def _read(segments: Sequence[Segment], part: str) -> str:
    files = ", ".join(text(str(segment.part(part))) for segment in segments)
    return f"read_parquet([{files}], filename = true)"
