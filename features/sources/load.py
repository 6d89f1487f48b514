"""From settings to clean canonical tables, with the account of everything that was wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import duckdb

from features import erased
from features.checks.company import company_violations
from features.checks.foresight import foresight
from features.checks.gone import gone_accounts
from features.checks.merges import merge_violations
from features.checks.rules import Surroundings
from features.checks.upstream import Delivery, record
from features.checks.violations import CheckReport, Violation
from features.clock import utc_now
from features.engines.light import ibis
from features.engines.stored import Embedded, Lookup, Stored, columns
from features.engines.turns import meanwhile
from features.errors import KenshinError, TableError
from features.settings import Settings
from features.sources.connection import beside
from features.sources.delivered import delivered
from features.sources.erasures import quarantine_without, without_erased
from features.sources.in_place import backend, called, connected, open_source, unchecked
from features.sources.origin import unread_sentence
from features.sources.sifting import Sifted, sift
from features.sources.surroundings import observed_until, surroundings
from features.sources.typed import Typed, typed
from features.tables import TABLES

if TYPE_CHECKING:
    from ibis.backends import BaseBackend

    from features.digests import Digests, Ledger

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Tables:
    """The clean canonical tables of one company.

    Attributes
    ----------
    backend : ibis.backends.BaseBackend
        The engine that holds them, in UTC: the embedded DuckDB, PostgreSQL or Spark.
    tables : mapping of str to ibis.Table
        By canonical name. A table has the contract's columns that its source has; ``accounts``
        also has the company's own attributes, except those that know the future.
    observed_until : datetime
        Exclusive end of what was observed, naive UTC.
    digests : Digests, optional
        The events' days as they are stored, where the events come file by file.
    """

    backend: BaseBackend
    tables: Mapping[str, ibis.Table]
    observed_until: datetime
    digests: Digests | None = None

    def __getitem__(self, table: str) -> ibis.Table:
        """Return the table of that canonical name."""
        return self.tables[table]

    def columns(self, table: str) -> tuple[str, ...]:
        """Return the columns of the table of that canonical name."""
        return columns(self.tables, table)

    def __contains__(self, table: object) -> bool:
        """Return whether the company has that table."""
        return table in self.tables


@dataclass(frozen=True)
class LoadedInput:
    """What was read, and what was wrong with it."""

    tables: Tables
    report: CheckReport


def load_tables(
    settings: Settings,
    progress: Progress | None = None,
    now: datetime | None = None,
    digested: bool = True,
) -> LoadedInput:
    """Return the clean tables of a company.

    Parameters
    ----------
    progress : callable, optional
        Called with the name of each table as its reading starts.
    now : datetime, optional
        Naive UTC; rows from its tomorrow on never count as the last row. Default: the clock.
    digested : bool
        Whether events that come file by file are taken as they are stored; otherwise every row is
        read again. What is found is the same.

    Raises
    ------
    TableError
        Where the input cannot be used; the first reason, and how many more there are.
    """
    loaded = examine(settings, progress, now, digested)
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
    settings: Settings,
    progress: Progress | None = None,
    now: datetime | None = None,
    digested: bool = True,
) -> LoadedInput:
    """Return whatever can be read, with every violation: what `kenshin check` shows."""
    con = connected(settings)
    now = now or utc_now()
    noted = erased.read(settings)
    ledger = _ledger(con, settings, now) if digested else None
    violations: list[Violation] = []
    opened: dict[str, Typed] = {}
    for table in (table for table in TABLES if table in settings.tables):
        if progress is not None:
            progress(table)
        stored = ledger.typed if ledger and table == "events" else None
        here, faults = (stored, []) if stored else _typed(con, settings, table)
        violations += faults
        if here is not None:
            opened[table] = here
    last = {"events": ledger.last(now)} if ledger else {}
    end = observed_until(con, settings, opened, now, last)
    sifted = _all_sifted(con, settings, opened, end, ledger)
    violations += [v for part in sifted.values() for v in part.violations]
    usable = [table for table, part in sifted.items() if part.kept]
    read = {table: part.read for table, part in sifted.items()}
    kept = {table: part.kept for table, part in sifted.items()}
    named = "digests.last_events" if ledger else "main.events"
    missed = unchecked(con, settings, read, kept)

    def compared() -> Delivery | None:
        if missed or not digested:
            return None
        return delivered(beside(con, settings), settings, opened, kept, end, now)

    with meanwhile(compared) as comparing:
        violations += company_violations(con, settings, read, kept, end, named)
        violations += [*merge_violations(con, usable), *gone_accounts(con, settings)]
        leaks, known = foresight(con, usable)
    delivery = comparing.result()
    report = CheckReport(
        violations=_in_order(
            [*violations, *missed, *(delivery.violations if delivery else ()), *leaks]
        ),
        rows_read=read,
        rows_kept=kept,
        quarantine_files={t: p.quarantine_file for t, p in sifted.items() if p.quarantine_file},
        leaking_columns=known,
        delivery=delivery,
    )
    tables = _tables(con, usable, known, end)
    if ledger and "events" in usable:
        tables = replace(tables, digests=ledger.digests)
    with erased.changing(settings):
        tables, left_out = _cleaned(settings, tables, report, noted)
    return LoadedInput(tables, replace(report, left_out=left_out))


def _cleaned(
    settings: Settings, tables: Tables, report: CheckReport, noted: erased.Erased
) -> tuple[Tables, int]:
    """Take who is erased by now out of the tables and the quarantine; remember the delivery.

    Raises
    ------
    NotReadyError
        Where somebody was erased meanwhile: what is to be remembered may be about them.
    """
    forgotten = erased.read(settings)
    tables, gone = without_erased(tables, forgotten)
    quarantine_without(report.quarantine_files.values(), forgotten, gone)
    erased.require_unchanged(settings, noted)
    if report.usable and report.delivery is not None:
        record(report.delivery)
    return tables, len(gone)


def _ledger(con: duckdb.DuckDBPyConnection, settings: Settings, now: datetime) -> Ledger | None:
    from features.digests import open_ledger

    return open_ledger(con, settings, now)


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


def _all_sifted(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    opened: dict[str, Typed],
    end: datetime,
    ledger: Ledger | None,
) -> dict[str, Sifted]:
    """Return what became of each table's rows; stored events are brought up to date meanwhile."""
    tables = list(opened)
    if ledger is None or "events" not in tables[1:]:
        return {table: _sift(con, settings, table, opened, end, ledger) for table in tables}
    found = {tables[0]: _sift(con, settings, tables[0], opened, end, ledger)}
    around = surroundings(con, settings, opened["events"], opened, end)
    others = [table for table in tables[1:] if table != "events"]
    other = beside(con, settings)
    with meanwhile(lambda: ledger.sift(around)) as settling:
        found |= {table: _sift(other, settings, table, opened, end, None) for table in others}
    found["events"] = settling.result()
    opened["events"] = ledger.typed
    return {table: found[table] for table in tables}


def _sift(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    table: str,
    opened: dict[str, Typed],
    end: datetime,
    ledger: Ledger | None,
) -> Sifted:
    around: Surroundings = surroundings(con, settings, opened[table], opened, end)
    if ledger is None or table != "events":
        return sift(con, settings, opened[table], around)
    found = ledger.sift(around)
    opened[table] = ledger.typed
    return found


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
    engine = backend(con)
    hidden = {table: {column for at, column in leaking if at == table} for table in usable}
    if isinstance(engine, Embedded):
        stored = {t: Stored.of(engine, t).without(hidden[t]) for t in usable}
        return Tables(engine, Lookup(stored), end)
    tables = {t: engine.table(called(con, t)).drop(*hidden[t]) for t in usable}
    return Tables(engine, tables, end)
