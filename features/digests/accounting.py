"""What is wrong with all rows, from what was found in each file: as if all were read again."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from features.checks.rules import RowRule
from features.checks.violations import Violation
from features.digests.digesting import key
from features.digests.segment import Found, Segment
from features.settings import Settings
from features.sources.connection import name, text
from features.sources.origin import Origin, Part
from features.sources.sifting import Sifted, unread, violation
from features.sources.typed import Typed

Placed = Sequence[tuple[Segment, Found]]
"""The files in the order in which a source's rows are counted."""


def sifted(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    table: Typed,
    rules: Sequence[RowRule],
    placed: Placed,
) -> Sifted:
    """Return what reading all files together would have found, and write the quarantine file."""
    begins = _begins(placed)
    first_row = 1 if placed[0][1].file.parquet else 2
    table = Typed(table.table, _origin(table, placed, begins, first_row), table.columns)
    total = sum(found.rows for _, found in placed)
    bad = sum(found.bad for _, found in placed)
    violations = [said for rule in rules for said in _said(table, rule, placed, begins, total)]
    if table.origin.unread:
        violations.insert(0, unread(table, total))
    kept_out = bad or table.origin.unread
    file = _quarantine(con, settings, table, placed, begins) if kept_out else None
    if file is None:
        (settings.workspace / "quarantine" / "events.parquet").unlink(missing_ok=True)
    return Sifted(total + table.origin.unread, total - bad, tuple(violations), file)


def _begins(placed: Placed) -> list[int]:
    begins, at = [], 0
    for _, found in placed:
        begins.append(at)
        at += found.rows
    return begins


def _origin(table: Typed, placed: Placed, begins: Sequence[int], first_row: int) -> Origin:
    parts = tuple(
        Part(Path(found.file.path).name, begin, found.unread)
        for (_, found), begin in zip(placed, begins, strict=True)
        if not found.file.parquet
    )
    return Origin(table.origin.relation, table.origin.columns, first_row, parts)


def _said(
    table: Typed, rule: RowRule, placed: Placed, begins: Sequence[int], total: int
) -> list[Violation]:
    """Return the violation of one rule, or nothing where no row breaks it."""
    hits = [
        (begin, found.rules[key(rule)])
        for (_, found), begin in zip(placed, begins, strict=True)
        if key(rule) in found.rules
    ]
    if not hits:
        return []
    begin, (_, index, value) = hits[0]
    return [violation(table, rule, sum(hit[0] for _, hit in hits), total, begin + index, value)]


def _quarantine(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    table: Typed,
    placed: Placed,
    begins: Sequence[int],
) -> Path:
    """Write the rows kept out of all files, numbered as in the whole source; return the file."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE places (segment VARCHAR, file INTEGER, begins BIGINT)"
    )
    con.executemany(
        "INSERT INTO temp.places VALUES (?, ?, ?)",
        [(s.name, one.number, begin) for (s, one), begin in zip(placed, begins, strict=True)],
    )
    folder = settings.workspace / "quarantine"
    folder.mkdir(parents=True, exist_ok=True)
    partial, file = folder / "events.part", folder / "events.parquet"
    parts = [_rejected(table, placed), _unread(placed)]
    query = " UNION ALL BY NAME ".join(part for part in parts if part)
    con.execute(f"COPY ({query}) TO {text(str(partial))} (FORMAT parquet)")
    partial.replace(file)
    return file


def _rejected(table: Typed, placed: Placed) -> str:
    segments = {s.name: s for s, _ in placed if s.part("rejected").exists()}
    if not segments:
        return ""
    # Without rows, but with every column: a file may lack one that others have.
    every = ", ".join(f"CAST(NULL AS VARCHAR) AS {name(c)}" for c in table.origin.columns)
    queries = [f"SELECT CAST(NULL AS BIGINT) AS row, '' AS violation, {every} WHERE false"]
    for segment in segments.values():
        there = {column.lower() for column in segment.columns}
        wanted = [f"r.{name(c)}" for c in table.origin.columns if c.lower() in there]
        queries.append(
            f'SELECT p.begins + r."place in the file" + {table.origin.first_row} AS row, '
            f"r.violation, {', '.join(wanted)} "
            f"FROM read_parquet({text(str(segment.part('rejected')))}) r JOIN temp.places p "
            f'ON p.segment = {text(segment.name)} AND p.file = r."file of the row"'
        )
    return " UNION ALL BY NAME ".join(queries)


def _unread(placed: Placed) -> str:
    files = _having(placed, "unread")
    if not files:
        return ""
    return (
        "SELECT CAST(u.line AS BIGINT) AS row, 'K106' AS violation, csv_line AS line "
        "FROM (SELECT parse_path(filename)[-2] AS segment, * "
        f"FROM read_parquet([{files}], filename = true)) u "
        "JOIN temp.places p ON p.segment = u.segment AND p.file = u.file"
    )


def _having(placed: Placed, part: str) -> str:
    segments = {segment.folder for segment, _ in placed if segment.part(part).exists()}
    return ", ".join(text(str(folder / f"{part}.parquet")) for folder in sorted(segments))
