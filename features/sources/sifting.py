"""Holding the rows of one table against its rules, and parting the good from the bad."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from features.checks.rules import RowRule, Surroundings, row_rules
from features.checks.violations import Severity, Violation
from features.settings import Settings
from features.sources.connection import name, text
from features.sources.origin import ROW
from features.sources.rates import converted
from features.sources.typed import Typed, has_key
from features.tables import TABLES

MATERIALISED_ROWS = 5_000_000
"""Up to so many rows a clean table is kept in memory; larger Parquet files stay views."""

_SEVERITY: dict[str, Severity] = {
    "quarantine": "quarantined",
    "blank": "warning",
    "keep": "warning",
}
_FATE = {
    "quarantine": "Those rows are kept out.",
    "blank": "There the value counts as missing.",
    "keep": "They are kept.",
}


@dataclass(frozen=True)
class Sifted:
    """What became of one table's rows."""

    read: int
    kept: int
    violations: tuple[Violation, ...]
    quarantine_file: Path | None


def sift(
    con: duckdb.DuckDBPyConnection, settings: Settings, table: Typed, around: Surroundings
) -> Sifted:
    """Create the clean table ``main.<table>`` and return what was kept out, and why.

    One pass counts every rule; only the rules that fired are looked at again.
    """
    copies = has_key(table.table, list(table.names)) and _repeated(con, table.table)
    rules = row_rules(table.table, table.names, table.fallible, replace(around, copies=copies))
    return part(con, settings, table, _seen(table, around), rules)


def _repeated(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Return whether a key occurs twice; to number the copies of each takes several times that."""
    key = ", ".join(f"t.{name(column)}" for column in TABLES[table].key)
    whole = " AND ".join(f"t.{name(column)} IS NOT NULL" for column in TABLES[table].key)
    rows, keys = con.execute(
        f"SELECT count(*), count(DISTINCT {key}) FROM typed.{name(table)} t WHERE {whole}"
    ).fetchall()[0]
    return bool(rows > keys)


def part(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    table: Typed,
    seen: str,
    rules: Sequence[RowRule],
) -> Sifted:
    """Create the clean table from the rows of ``seen``, a FROM clause, that break no rule."""
    total, bad, counts, as_they_are = _counted(con, table, seen, rules)
    fired = [(rule, count) for rule, count in zip(rules, counts, strict=True) if count]
    violations = [_violation(con, table, seen, rule, count, total) for rule, count in fired]
    if table.origin.unread:
        violations.insert(0, unread(table, total))
    broken = [rule for rule, _ in fired]
    file = _quarantine(con, settings, table, seen, broken)
    _clean(con, settings, table, _needed(table, seen, broken), broken, total, as_they_are)
    return Sifted(total + table.origin.unread, total - bad, tuple(violations), file)


def _seen(table: Typed, around: Surroundings) -> str:
    """Return the FROM clause: every row, its account and its subscription."""
    seen = f"typed.{name(table.table)} t"
    if around.accounts and table.table != "accounts":
        seen += " LEFT JOIN typed.known k ON k.account_id = t.account_id"
    if around.subscription_births:
        seen += " LEFT JOIN typed.begun b ON b.subscription_id = t.subscription_id"
    return seen


def _needed(table: Typed, seen: str, rules: Sequence[RowRule]) -> str:
    """Return as much of ``seen`` as the rules look at: a clean table joins nothing."""
    beyond = any("k." in rule.condition or "b." in rule.condition for rule in rules)
    return seen if beyond else f"typed.{name(table.table)} t"


def _counted(
    con: duckdb.DuckDBPyConnection, table: Typed, seen: str, rules: Sequence[RowRule]
) -> tuple[int, int, list[int], frozenset[str]]:
    """Return the rows, the bad rows, the rows that break each rule, and the texts as they are.

    The last are the text columns whose every value is what the source has, nothing trimmed or
    replaced: a view over a large file need not do it again in every query.
    """
    out = " OR ".join(f"({r.condition})" for r in rules if r.action == "quarantine") or "false"
    counts = [f"count(*) FILTER (WHERE {rule.condition})" for rule in rules]
    texts = [m.canonical for m in table.columns if m.column.kind == "text"]
    texts = texts if table.table in TABLES else []
    changed = [f"bool_or(t.{name(c)} IS DISTINCT FROM t.{name('raw ' + c)})" for c in texts]
    select = ", ".join(["count(*)", f"count(*) FILTER (WHERE {out})", *counts, *changed])
    total, bad, *each = con.execute(f"SELECT {select} FROM {seen}").fetchall()[0]
    same = [c for c, differs in zip(texts, each[len(rules) :], strict=True) if not differs]
    return total, bad, each[: len(rules)], frozenset(same)


def _violation(
    con: duckdb.DuckDBPyConnection, table: Typed, seen: str, rule: RowRule, count: int, total: int
) -> Violation:
    raw = f"t.{name('raw ' + rule.column)}"
    index, value = _only(
        con.execute(
            f"SELECT min(t.{name(ROW)}), arg_min(coalesce({raw}, ''), t.{name(ROW)}) "
            f"FROM {seen} WHERE {rule.condition}"
        )
    )
    return violation(table, rule, count, total, index, value)


def violation(
    table: Typed, rule: RowRule, count: int, total: int, index: int, value: object
) -> Violation:
    """Return what is said about ``count`` rows of ``total`` that break ``rule``.

    Parameters
    ----------
    index : int
        The first such row, counted from 0 in the order of the source.
    value : object
        What the source has there.
    """
    row, shown = table.origin.row(index), str(value)[:80]
    file = table.origin.file(index)
    place = f"row {row:,} of {file}" if file else f"row {row:,}"
    source = table.source_of(rule.column)
    column = rule.column if source == rule.column else f"{rule.column} ({source})"
    sentence = (
        f"{count:,} of {total:,} rows of {table.table} ({100 * count / total:.1f} %) "
        f"{rule.phrase}; the first is {place}: {column} = '{shown}'. {_FATE[rule.action]}"
    )
    severity = _SEVERITY[rule.action]
    return Violation(
        code=rule.code,
        title=rule.title,
        severity=severity,
        table=table.table,
        column=column,
        rows=count,
        example_row=row,
        example_value=shown,
        sentence=sentence,
        fix=rule.fix,
    )


def unread(table: Typed, total: int) -> Violation:
    """Return what is said about the lines that are no rows, beside ``total`` rows."""
    part = next(part for part in table.origin.parts if part.unread)
    lines, first = table.origin.unread, part.unread[0]
    return Violation(
        code="K106",
        title="line that is no row",
        severity="quarantined",
        table=table.table,
        column="",
        rows=lines,
        example_row=first,
        example_value="",
        sentence=f"{lines:,} of {total + lines:,} lines of {table.table} do not have the header's "
        f"number of values; the first is row {first:,} of {part.file}. Those lines are kept out.",
        fix="Quote values that hold the separator, or write the line anew.",
    )


def _quarantine(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    table: Typed,
    seen: str,
    rules: Sequence[RowRule],
) -> Path | None:
    """Write the rows kept out, with their codes; return the file, or None where there are none."""
    folder = settings.workspace / "quarantine"
    file = folder / f"{table.table}.parquet"
    out = [rule for rule in rules if rule.action == "quarantine"]
    parts = []
    if out:
        parts.append(_bad_rows(table, seen, out))
    if table.origin.unread:
        parts.append(
            "SELECT CAST(line AS BIGINT) AS row, 'K106' AS violation, csv_line AS line "
            f"FROM raw.{name(table.table + ' unread')}"
        )
    if not parts:
        file.unlink(missing_ok=True)
        return None
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f"{table.table}.part"
    con.execute(
        f"COPY ({' UNION ALL BY NAME '.join(parts)}) TO {text(str(partial))} (FORMAT parquet)"
    )
    partial.replace(file)
    return file


def _bad_rows(table: Typed, seen: str, rules: Sequence[RowRule]) -> str:
    codes = ", ".join(f"CASE WHEN {rule.condition} THEN '{rule.code}' END" for rule in rules)
    broken = " OR ".join(f"({rule.condition})" for rule in rules)
    wanted = ", ".join(
        f"CAST(r.{name(column)} AS VARCHAR) AS {name(column)}" for column in table.origin.columns
    )
    first = table.origin.first_row
    return (
        f"SELECT t.{name(ROW)} + {first} AS row, concat_ws(',', {codes}) AS violation, {wanted} "
        f"FROM {seen} JOIN {table.origin.relation} r ON r.{name(ROW)} = t.{name(ROW)} "
        f"WHERE {broken}"
    )


def _clean(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    table: Typed,
    seen: str,
    rules: Sequence[RowRule],
    total: int,
    as_they_are: frozenset[str],
) -> None:
    blanks = [(rule.column, rule) for rule in rules if rule.action == "blank"]
    chosen = []
    for column in table.names:
        value = f"t.{name('raw ' + column if column in as_they_are else column)}"
        if "currency" in table.names:
            value = converted(settings, table.table, column, value)
        gone = " OR ".join(
            f"({rule.condition})"
            for named, rule in blanks
            if _blanked(named, rule, table.table) == column
        )
        blanked = f"CASE WHEN {gone} THEN NULL ELSE {value} END" if gone else value
        chosen.append(f"{blanked} AS {name(column)}")
    out = " OR ".join(f"({rule.condition})" for rule in rules if rule.action == "quarantine")
    where = f" WHERE ({out}) IS NOT TRUE" if out else ""
    kind = "TABLE" if total <= MATERIALISED_ROWS else "VIEW"
    con.execute(
        f"CREATE {kind} main.{name(table.table)} AS SELECT {', '.join(chosen)} FROM {seen}{where}"
    )


def _blanked(column: str, rule: RowRule, table: str) -> str:
    """Return the column whose value counts as missing: of a foreign currency, the money."""
    return "mrr" if rule.code in ("K303", "K306") and table == "subscriptions" else column


def _only(cursor: duckdb.DuckDBPyConnection) -> tuple[Any, ...]:
    row: tuple[Any, ...] = cursor.fetchall()[0]
    return row
