"""From the rows of a batch to a segment: checked by the rules of every table, then summed up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from features import windows
from features.checks.rules import RowRule, Surroundings, row_rules
from features.checks.upstream.sampling import day_of
from features.digests.batches import FILE_BITS, UNREAD, Batch
from features.digests.queries import kept, parts_of
from features.digests.rollups import rolled_up
from features.digests.segment import ORDER, Found, Segment
from features.engines.compiled import Compiled
from features.engines.light import ibis
from features.sources.connection import copy_to, name, text
from features.sources.origin import ROW
from features.sources.typed import Typed

_FILE = f"(t.{name(ROW)} >> {FILE_BITS})"
_PLACE = f"(t.{name(ROW)} & ((1::BIGINT << {FILE_BITS}) - 1))"
_PRIME = 2**61 - 1


@dataclass(frozen=True)
class Meaning:
    """What the sums mean beyond the rows.

    Attributes
    ----------
    activity : tuple of str or None
        Events that count as use; None for all.
    named : tuple of str
        Events with account-day columns of their own.
    """

    activity: tuple[str, ...] | None
    named: tuple[str, ...]


def rules_of(table: Typed, around: Surroundings) -> list[RowRule]:
    """Return the rules that events are held against."""
    return row_rules("events", table.names, table.fallible, around)


def key(rule: RowRule) -> str:
    """Return what a rule is called in a segment."""
    return f"{rule.code} {rule.column}"


def digest(
    con: duckdb.DuckDBPyConnection,
    table: Typed,
    around: Surroundings,
    meaning: Meaning,
    batch: Batch,
    folder: Path,
    compiled: Compiled,
) -> Segment:
    """Write the parts of a segment into ``folder`` and return what was found.

    Its queries are kept in ``compiled``, as the same are written for every day that arrives.
    ``typed.events`` is the batch's; the verdicts and the days are not known here.
    """
    seen = "typed.events t"
    if around.accounts:
        seen += " LEFT JOIN typed.known k ON k.account_id = t.account_id"
    rules = rules_of(table, around)
    counted = _counted(con, seen, rules)
    fired = [rule for n, rule in enumerate(rules) if any(row[n] for *_, row in counted.values())]
    first = {key(rule): _first(con, seen, rule) for rule in fired}
    _rejected(con, table, seen, [r for r in fired if r.action == "quarantine"], folder)
    _unread(con, folder)
    _clean(con, table, seen, fired, compiled)
    events = _written(con, meaning, folder, compiled)
    _accounts(con, folder)
    every = rolled_up(con, folder)
    sound = _sound(con)
    known, unread = _known(con), _lines(con)
    con.execute("DROP TABLE temp.digesting")
    found = []
    for number, file in enumerate(batch.files):
        rows, bad, each = counted.get(number, (0, 0, [0] * len(rules)))
        broken = {
            key(rule): [count, *first[key(rule)][number]]
            for rule, count in zip(rules, each, strict=True)
            if count
        }
        found.append(
            Found(
                file,
                number,
                rows,
                bad,
                tuple(unread.get(number, ())),
                broken,
                known=known.get(number, {}),
                sound=sound.get(number, {}),
            )
        )
    return Segment(folder, dict(table.origin.columns), tuple(found), events, every=every)


def days(con: duckdb.DuckDBPyConnection) -> dict[int, dict[str, str]]:
    """Return by file the last time of each UTC day in ``typed.events``."""
    rows = con.execute(
        f"SELECT {_FILE}, CAST(CAST(t.occurred_at AS DATE) AS VARCHAR), max(t.occurred_at) "
        "FROM typed.events t WHERE t.occurred_at IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2"
    ).fetchall()
    found: dict[int, dict[str, str]] = {}
    for file, day, last in rows:
        found.setdefault(file, {})[day] = last.isoformat()
    return found


def _counted(
    con: duckdb.DuckDBPyConnection, seen: str, rules: Sequence[RowRule]
) -> dict[int, tuple[int, int, list[int]]]:
    """Return by file the rows, the rows kept out, and the rows that break each rule."""
    out = " OR ".join(f"({r.condition})" for r in rules if r.action == "quarantine") or "false"
    counts = ", ".join(f"count(*) FILTER (WHERE {rule.condition})" for rule in rules)
    rows = con.execute(
        f"SELECT {_FILE}, count(*), count(*) FILTER (WHERE {out}), {counts} FROM {seen} GROUP BY 1"
    ).fetchall()
    return {file: (total, bad, list(each)) for file, total, bad, *each in rows}


def _first(con: duckdb.DuckDBPyConnection, seen: str, rule: RowRule) -> dict[int, tuple[int, str]]:
    """Return by file the first row that breaks the rule, and what it has there."""
    raw = f"t.{name('raw ' + rule.column)}"
    rows = con.execute(
        f"SELECT {_FILE}, min({_PLACE}), arg_min(coalesce({raw}, ''), t.{name(ROW)}) "
        f"FROM {seen} WHERE {rule.condition} GROUP BY 1"
    ).fetchall()
    return {file: (index, str(value)) for file, index, value in rows}


def _rejected(
    con: duckdb.DuckDBPyConnection,
    table: Typed,
    seen: str,
    rules: Sequence[RowRule],
    folder: Path,
) -> None:
    if not rules:
        return
    codes = ", ".join(f"CASE WHEN {rule.condition} THEN '{rule.code}' END" for rule in rules)
    broken = " OR ".join(f"({rule.condition})" for rule in rules)
    wanted = ", ".join(
        f"CAST(r.{name(column)} AS VARCHAR) AS {name(column)}" for column in table.origin.columns
    )
    copy_to(
        con,
        f'SELECT CAST({_FILE} AS INTEGER) AS "file of the row", {_PLACE} AS "place in the file", '
        f"concat_ws(',', {codes}) AS violation, {wanted} "
        f"FROM {seen} JOIN {table.origin.relation} r ON r.{name(ROW)} = t.{name(ROW)} "
        f"WHERE {broken}",
        folder / "rejected.parquet",
    )


def _unread(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    if con.execute(f"SELECT 1 FROM {UNREAD} LIMIT 1").fetchall():
        copy_to(con, f"SELECT * FROM {UNREAD}", folder / "unread.parquet")


def _lines(con: duckdb.DuckDBPyConnection) -> dict[int, list[int]]:
    rows = con.execute(f"SELECT DISTINCT file, line FROM {UNREAD} ORDER BY 1, 2").fetchall()
    found: dict[int, list[int]] = {}
    for file, line in rows:
        found.setdefault(file, []).append(line)
    return found


def _clean(
    con: duckdb.DuckDBPyConnection,
    table: Typed,
    seen: str,
    fired: Sequence[RowRule],
    compiled: Compiled,
) -> None:
    """Create ``temp.digesting``: the sound rows with their file, ``day`` and ``known``."""
    chosen = [f"CAST({_FILE} AS INTEGER) AS file"]
    for column in table.names:
        gone = [r.condition for r in fired if r.action == "blank" and r.column == column]
        value = f"t.{name(column)}"
        if gone:
            value = f"CASE WHEN {' OR '.join(f'({g})' for g in gone)} THEN NULL ELSE {value} END"
        chosen.append(f"{value} AS {name(column)}")
    out = " OR ".join(f"({r.condition})" for r in fired if r.action == "quarantine")
    where = f" WHERE ({out}) IS NOT TRUE" if out else ""
    # Only rules that fired on what other tables say need those tables.
    of = seen if any("k." in rule.condition for rule in fired) else "typed.events t"
    con.execute(f"CREATE TEMP VIEW sound AS SELECT {', '.join(chosen)} FROM {of}{where}")

    def placed(rows: ibis.Table) -> list[ibis.Table]:
        return [windows.placed(rows, "occurred_at")]

    [query] = kept(con, compiled, "sound", None, placed)
    con.execute(f"CREATE TEMP TABLE digesting AS {query}")
    con.execute("DROP VIEW temp.sound")


def _written(
    con: duckdb.DuckDBPyConnection, meaning: Meaning, folder: Path, compiled: Compiled
) -> tuple[str, ...]:
    """Write the rows and their sums; return the names of the events."""
    parts = ("rows", "account_days", "event_days", "user_days")
    queries = kept(
        con,
        compiled,
        "digesting",
        repr(meaning),
        lambda rows: parts_of(rows, meaning.activity, meaning.named),
    )
    for part, query in zip(parts, queries, strict=True):
        copy_to(con, f"SELECT * FROM ({query}) {ORDER[part]}", folder / f"{part}.parquet")
    names = con.execute(
        f"SELECT DISTINCT event FROM read_parquet({text(str(folder / 'event_days.parquet'))}) "
        "ORDER BY 1"
    ).fetchall()
    return tuple(event for (event,) in names)


def _accounts(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write when each account was seen first, per file and over all, bad rows included."""
    copy_to(
        con,
        f"SELECT CAST({_FILE} AS INTEGER) AS file, account_id, min(occurred_at) AS first "
        "FROM typed.events t WHERE account_id IS NOT NULL GROUP BY ALL " + ORDER["accounts"],
        folder / "accounts.parquet",
    )
    firsts(con, folder)


def firsts(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write when each account was seen first in the whole segment."""
    copy_to(
        con,
        "SELECT account_id, min(first) AS first "
        f"FROM read_parquet({text(str(folder / 'accounts.parquet'))}) GROUP BY 1 ORDER BY 1",
        folder / "firsts.parquet",
    )


def _known(con: duckdb.DuckDBPyConnection) -> dict[int, dict[str, list[int]]]:
    columns = [
        column
        for (column,) in con.execute(
            "SELECT column_name FROM (DESCRIBE temp.digesting) WHERE column_name <> 'file'"
        ).fetchall()
    ]
    values = ", ".join(name(column) for column in columns)
    rows = con.execute(
        f"SELECT file, known, count(*), CAST(sum(CAST(hash({values}) AS HUGEINT)) % {_PRIME} "
        "AS BIGINT) FROM temp.digesting GROUP BY 1, 2 ORDER BY 1, 2"
    ).fetchall()
    found: dict[int, dict[str, list[int]]] = {}
    for file, known, count, summed in rows:
        found.setdefault(file, {})[str(known)] = [count, summed]
    return found


def _sound(con: duckdb.DuckDBPyConnection) -> dict[int, dict[str, list[Any]]]:
    """Return by file and day how many rows are sound, and the time of the first."""
    rows = con.execute(
        f"SELECT file, {day_of('occurred_at')}, count(*), min(occurred_at) "
        "FROM temp.digesting GROUP BY 1, 2 ORDER BY 1, 2"
    ).fetchall()
    found: dict[int, dict[str, list[Any]]] = {}
    for file, day, count, first in rows:
        found.setdefault(file, {})[str(day)] = [count, first.isoformat()]
    return found
