"""From settings to clean canonical tables, with the account of everything that was wrong."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import duckdb
import ibis
from ibis.backends.duckdb import Backend

from features.checks.company import company_violations
from features.checks.foresight import foresight
from features.checks.merges import merge_violations
from features.checks.rules import Surroundings
from features.checks.violations import CheckReport, Violation
from features.clock import utc_now
from features.errors import KenshinError, TableError
from features.settings import Settings
from features.sources.connection import connect
from features.sources.origin import open_source, unread_sentence
from features.sources.sifting import Sifted, sift
from features.sources.surroundings import observed_until, surroundings
from features.sources.typed import Typed, typed
from features.tables import TABLES

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Tables:
    """The clean canonical tables of one company.

    Attributes
    ----------
    backend : ibis.backends.duckdb.Backend
        The embedded DuckDB that holds them, in UTC.
    tables : dict of str to ibis.Table
        By canonical name. A table has the contract's columns that its source has; ``accounts``
        also has the company's own attributes, except those that know the future.
    observed_until : datetime
        Exclusive end of what was observed, naive UTC.
    """

    backend: Backend
    tables: dict[str, ibis.Table]
    observed_until: datetime

    def __getitem__(self, table: str) -> ibis.Table:
        """Return the table of that canonical name."""
        return self.tables[table]

    def __contains__(self, table: object) -> bool:
        """Return whether the company has that table."""
        return table in self.tables


@dataclass(frozen=True)
class LoadedInput:
    """What was read, and what was wrong with it."""

    tables: Tables
    report: CheckReport


def load_tables(
    settings: Settings, progress: Progress | None = None, now: datetime | None = None
) -> LoadedInput:
    """Return the clean tables of a company.

    Parameters
    ----------
    progress : callable, optional
        Called with the name of each table as its reading starts.
    now : datetime, optional
        Naive UTC; rows from its tomorrow on never count as the last row. Default: the clock.

    Raises
    ------
    TableError
        Where the input cannot be used; the first reason, and how many more there are.
    """
    loaded = examine(settings, progress, now)
    refused = loaded.report.refused
    if refused:
        more = len(refused) - 1
        rest = f" ({more} more: run `kenshin check`)" if more else ""
        raise TableError(
            f"usable tables: {refused[0].title} ({refused[0].code})",
            refused[0].sentence.rstrip("."),
            refused[0].fix + rest,
        )
    return loaded


def examine(
    settings: Settings, progress: Progress | None = None, now: datetime | None = None
) -> LoadedInput:
    """Return whatever can be read, with every violation: what `kenshin check` shows."""
    con = connect(settings)
    violations: list[Violation] = []
    opened: dict[str, Typed] = {}
    for table in (table for table in TABLES if table in settings.tables):
        if progress is not None:
            progress(table)
        here, faults = _typed(con, settings, table)
        violations += faults
        if here is not None:
            opened[table] = here
    end = observed_until(con, settings, opened, now or utc_now())
    sifted = {table: _sift(con, settings, opened[table], opened, end) for table in opened}
    violations += [v for part in sifted.values() for v in part.violations]
    usable = [table for table, part in sifted.items() if part.kept]
    read = {table: part.read for table, part in sifted.items()}
    kept = {table: part.kept for table, part in sifted.items()}
    violations += company_violations(con, settings, read, kept, end)
    violations += merge_violations(con, usable)
    leaks, known = foresight(con, usable)
    report = CheckReport(
        violations=_in_order([*violations, *leaks]),
        rows_read=read,
        rows_kept=kept,
        quarantine_files={t: p.quarantine_file for t, p in sifted.items() if p.quarantine_file},
        leaking_columns=known,
    )
    return LoadedInput(_tables(con, usable, known, end), report)


def _typed(
    con: duckdb.DuckDBPyConnection, settings: Settings, table: str
) -> tuple[Typed | None, list[Violation]]:
    source = settings.tables[table]
    try:
        origin = open_source(con, settings, table, source)
    except KenshinError as error:
        return None, [
            Violation(
                code="K100",
                title="source cannot be read",
                severity="refused",
                table=table,
                column="",
                rows=0,
                example_row=None,
                example_value="",
                sentence=unread_sentence(error),
                fix=error.fix,
            )
        ]
    return typed(con, settings, table, source, origin)


def _sift(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    table: Typed,
    opened: dict[str, Typed],
    end: datetime,
) -> Sifted:
    around: Surroundings = surroundings(con, settings, table, opened, end)
    return sift(con, settings, table, around)


def _in_order(violations: list[Violation]) -> tuple[Violation, ...]:
    tables, severities = list(TABLES), ["refused", "quarantined", "warning"]

    def place(violation: Violation) -> tuple[int, int]:
        table = violation.table
        at = tables.index(table) if table in tables else -1
        return at, severities.index(violation.severity)

    return tuple(sorted(violations, key=place))


def _tables(
    con: duckdb.DuckDBPyConnection,
    usable: list[str],
    leaking: frozenset[tuple[str, str]],
    end: datetime,
) -> Tables:
    backend = ibis.duckdb.from_connection(con)
    tables = {}
    for table in usable:
        hidden = [column for at, column in leaking if at == table]
        tables[table] = backend.table(table).drop(*hidden)
    return Tables(backend, tables, end)
