"""A source under the contract's names and types, still with every row."""

import difflib
from dataclasses import dataclass

import duckdb

from features.checks.upstream.watched import Known
from features.checks.violations import Violation
from features.settings import Settings, Source
from features.sources.columns import Mapped, mapped
from features.sources.connection import name
from features.sources.origin import ROW, Origin
from features.tables import TABLES, Column, Kind


@dataclass(frozen=True)
class Typed:
    """One table under canonical names: ``typed.<table>`` holds all its rows.

    Attributes
    ----------
    table : str
    origin : Origin
    columns : tuple of Mapped
        Contract columns first, then an account's own attributes.
    known : Known, optional
        What is known of the rows of the origin without reading them.
    """

    table: str
    origin: Origin
    columns: tuple[Mapped, ...]
    known: Known | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Canonical names of the columns there are."""
        return tuple(m.canonical for m in self.columns)

    @property
    def fallible(self) -> frozenset[str]:
        """Columns whose source can hold something unreadable."""
        return frozenset(m.canonical for m in self.columns if m.unreadable != "false")

    def source_of(self, canonical: str) -> str:
        """Return the name that ``canonical`` has in the source."""
        return next(m.source for m in self.columns if m.canonical == canonical)


def typed(
    con: duckdb.DuckDBPyConnection, settings: Settings, table: str, source: Source, origin: Origin
) -> tuple[Typed | None, list[Violation]]:
    """Return the typed table, or None with the reasons why it cannot be."""
    contract, zone = TABLES[table], settings.company.timezone
    inside = {column.lower(): column for column in origin.columns}
    found: list[Mapped] = []
    faults: list[Violation] = []
    for canonical, column in contract.columns.items():
        wanted = source.columns.get(canonical, canonical)
        here = inside.get(wanted.lower())
        if here is not None:
            found.append(mapped(canonical, column, (here, origin.columns[here]), source, zone))
        elif column.required or canonical in source.columns:
            faults.append(_missing(table, canonical, wanted, list(origin.columns)))
    faults += _unknown_keys(table, source, list(contract.columns))
    if faults:
        return None, faults
    if contract.extra:
        found += _attributes(con, source, origin, found)
    _create(con, table, origin, found)
    return Typed(table, origin, tuple(found)), []


def _missing(table: str, canonical: str, wanted: str, there: list[str]) -> Violation:
    close = difflib.get_close_matches(wanted.lower(), [c.lower() for c in there], n=1, cutoff=0.5)
    names = {column.lower(): column for column in there}
    guess = names[close[0]] if close else None
    hint = f" Did you mean '{guess}'?" if guess else ""
    listed = ", ".join(there[:12]) + (", …" if len(there) > 12 else "")
    return Violation(
        code="K101",
        title="missing column",
        severity="refused",
        table=table,
        column=canonical,
        rows=0,
        example_row=None,
        example_value="",
        sentence=f"The source of {table} has no column '{wanted}' for {canonical}; "
        f"it has {listed}.{hint}",
        fix=f'Name it under [tables.{table}.columns]: {canonical} = "{guess or "…"}".',
    )


def _unknown_keys(table: str, source: Source, known: list[str]) -> list[Violation]:
    faults = []
    for canonical in [*source.columns, *source.values]:
        if canonical in known:
            continue
        close = difflib.get_close_matches(canonical, known, n=1)
        hint = f" Did you mean '{close[0]}'?" if close else ""
        faults.append(
            Violation(
                code="K107",
                title="unknown column in the settings",
                severity="refused",
                table=table,
                column=canonical,
                rows=0,
                example_row=None,
                example_value="",
                sentence=f"The settings map '{canonical}', which no {table} table has.{hint}",
                fix=f"Known are {', '.join(known)}.",
            )
        )
    return faults


def _attributes(
    con: duckdb.DuckDBPyConnection, source: Source, origin: Origin, found: list[Mapped]
) -> list[Mapped]:
    """Return the account attributes beyond the contract: numbers where all values are, or text."""
    used = {m.source for m in found} | {ROW}
    taken = {m.canonical.lower() for m in found}
    extra = [c for c in origin.columns if c not in used and c.lower() not in taken]
    return [
        mapped(c, Column(_kind(con, origin, c)), (c, origin.columns[c]), source, "UTC")
        for c in extra
    ]


def _kind(con: duckdb.DuckDBPyConnection, origin: Origin, column: str) -> Kind:
    duck_type, given = origin.columns[column], name(column)
    if duck_type in ("DATE", "BOOLEAN") or duck_type.startswith("TIMESTAMP"):
        return "text"
    as_number = f"try_cast(CAST({given} AS VARCHAR) AS DOUBLE)"
    (some, all_numbers) = con.execute(
        f"SELECT count({given}) > 0, coalesce(bool_and({as_number} IS NOT NULL), false) "
        f"FROM {origin.relation} WHERE trim(CAST({given} AS VARCHAR)) <> ''"
    ).fetchall()[0]
    return "number" if some and all_numbers else "text"


def _create(
    con: duckdb.DuckDBPyConnection, table: str, origin: Origin, columns: list[Mapped]
) -> None:
    parts = [name(ROW)]
    for m in columns:
        parts.append(f"{m.value} AS {name(m.canonical)}")
        parts.append(f"{m.raw} AS {name('raw ' + m.canonical)}")
        if m.unreadable != "false":
            parts.append(f"{m.unreadable} AS {name('unreadable ' + m.canonical)}")
    copies = _copies(table, columns)
    select = f"SELECT {', '.join(parts)} FROM {origin.relation}"
    con.execute(f"CREATE VIEW typed.{name(table)} AS SELECT *{copies} FROM ({select})")


def _copies(table: str, columns: list[Mapped]) -> str:
    """Return the column that numbers the rows of one key; rows without a key are all the first."""
    if not has_key(table, [m.canonical for m in columns]):
        return ""
    key = ", ".join(name(part) for part in TABLES[table].key)
    whole = " AND ".join(f"{name(part)} IS NOT NULL" for part in TABLES[table].key)
    number = f"row_number() OVER (PARTITION BY {key} ORDER BY {name(ROW)})"
    return f', CASE WHEN {whole} THEN {number} ELSE 1 END AS "copy"'


def has_key(table: str, columns: list[str]) -> bool:
    """Return whether ``table`` has a key and all its columns are there."""
    key = TABLES[table].key
    return bool(key) and all(part in columns for part in key)
