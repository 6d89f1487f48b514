"""One delivery held against those before it and against its own past."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import duckdb

from features.checks.upstream.again import measured_again, unchanged
from features.checks.upstream.arrivals import (
    doubled_lately,
    kept_out,
    nothing_new,
    silences,
    volumes,
)
from features.checks.upstream.breaks import breaks
from features.checks.upstream.clocks import clocks, shifted_lately
from features.checks.upstream.findings import finding
from features.checks.upstream.measuring import Measured, measure
from features.checks.upstream.profile import TableProfile
from features.checks.upstream.sampling import SAMPLE_TABLE
from features.checks.upstream.store import Remembered, note_acceptance, recall, remember
from features.checks.upstream.structure import structure
from features.checks.upstream.values import values
from features.checks.upstream.watched import WatchedTable
from features.checks.violations import Severity, Violation
from features.settings import Settings


@dataclass(frozen=True)
class Delivery:
    """What a load brought, as far as it could be measured.

    Attributes
    ----------
    settings : Settings
    at : datetime
        When it was loaded, naive UTC.
    profiles : dict of str to TableProfile
    violations : tuple of Violation
        Codes K7xx only.
    known : frozenset of (code, table, column)
        Breaks inside the data, among ``violations`` or accepted before.
    inside : dict of str to tuple of Violation
        By table: those breaks, to be said again while the table stays as it is.
    """

    settings: Settings
    at: datetime
    profiles: dict[str, TableProfile]
    violations: tuple[Violation, ...]
    known: frozenset[tuple[str, str, str]]
    inside: dict[str, tuple[Violation, ...]]


def inspect(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    tables: Sequence[WatchedTable],
    kept: dict[str, int],
    end: datetime,
    at: datetime,
) -> Delivery:
    """Return the delivery with everything in which it is not like those before.

    Parameters
    ----------
    tables : sequence of WatchedTable
        Every source that could be opened.
    kept : dict of str to int
        Rows that passed the row checks, by table.
    end : datetime
        Exclusive end of what was observed.
    at : datetime
        The present instant, naive UTC.
    """
    past = recall(settings)
    measured: list[Measured] = []
    violations: list[Violation] = []
    inside: dict[str, tuple[Violation, ...]] = {}
    for table in tables:
        latest, rows = past.latest.get(table.table), kept.get(table.table, 0)
        if latest is not None and unchanged(table, latest, end):
            now = measured_again(table, latest, rows, end)
            violations += _again(con, now, latest, past)
            inside[table.table] = past.inside.get(table.table, ())
        else:
            now = measure(con, table, rows, end)
            violations += _since(con, now, past)
            inside[table.table] = _within(con, now, latest)
        measured.append(now)
    con.execute(f"DROP TABLE IF EXISTS {SAMPLE_TABLE}")
    found = [violation for said in inside.values() for violation in said]
    violations += [v for v in found if _key(v) not in past.known]
    stale = nothing_new(measured, list(past.latest.values()), past.taken_at, at)
    violations += [stale] if stale is not None else []
    filled = {now.profile.table: now.profile for now in measured if now.watched.columns}
    known = past.known | {_key(v) for v in found}
    return Delivery(settings, at, filled, _single(violations), known, inside)


def _again(
    con: duckdb.DuckDBPyConnection, now: Measured, latest: TableProfile, past: Remembered
) -> Iterable[Violation]:
    """Return what can be wrong with a table that is byte for byte the latest good one."""
    accepted = past.accepted.get(now.watched.table, latest)
    changed = [*silences(now, latest), *kept_out(now, latest)]
    if accepted != latest and accepted.mapping == now.watched.mapping:
        changed += [*structure(con, now, accepted), *values(now, accepted, is_latest=False)]
    return changed


def _since(con: duckdb.DuckDBPyConnection, now: Measured, past: Remembered) -> Iterable[Violation]:
    """Return what changed since the latest delivery and since the accepted one."""
    latest = past.latest.get(now.watched.table)
    accepted = past.accepted.get(now.watched.table)
    if latest is None or accepted is None:
        return []
    if latest.mapping != now.watched.mapping:
        found = "is read by other settings than before, so its delivery is a first one"
        fix = "Nothing; from the next delivery on it is compared again."
        return [finding(now, "K720", "", found, severity="warning", fix=fix)]
    changed = _compared(con, now, latest, is_latest=True)
    if accepted != latest:
        changed += _compared(con, now, accepted, is_latest=False)
    return changed


def _compared(
    con: duckdb.DuckDBPyConnection, now: Measured, before: TableProfile, *, is_latest: bool
) -> list[Violation]:
    changed = [*structure(con, now, before), *values(now, before, is_latest=is_latest)]
    if now.watched.columns:
        changed += [*volumes(con, now, before), *clocks(now, before)]
    return changed


def _within(
    con: duckdb.DuckDBPyConnection, now: Measured, latest: TableProfile | None
) -> tuple[Violation, ...]:
    """Return what broke inside the delivery itself."""
    before = latest if latest is not None and latest.mapping == now.watched.mapping else None
    return (
        *breaks(con, now),
        *silences(now, before),
        *doubled_lately(con, now),
        *shifted_lately(con, now),
    )


def _key(violation: Violation) -> tuple[str, str, str]:
    return violation.code, violation.table, violation.column


def _single(violations: Iterable[Violation]) -> tuple[Violation, ...]:
    """Return one violation per code, table and column, the most severe."""
    ranks: dict[Severity, int] = {"refused": 0, "quarantined": 1, "warning": 2}
    chosen: dict[tuple[str, str, str], Violation] = {}
    for violation in violations:
        there = chosen.get(_key(violation))
        if there is None or ranks[violation.severity] < ranks[there.severity]:
            chosen[_key(violation)] = violation
    return tuple(chosen.values())


def record(delivery: Delivery) -> None:
    """Move the latest profiles on; a table seen for the first time, or mapped anew, is accepted."""
    past = recall(delivery.settings)
    accepted, latest = dict(past.accepted), dict(past.latest)
    for table, profile in delivery.profiles.items():
        known = latest.get(table)
        if known is None or known.mapping != profile.mapping:
            accepted[table] = profile
        latest[table] = profile
    inside = {
        table: tuple(v for v in said if v.code != "K707") for table, said in delivery.inside.items()
    }
    moved = replace(
        past,
        accepted=accepted,
        latest=latest,
        taken_at=delivery.at.isoformat(),
        inside={**past.inside, **inside},
    )
    remember(delivery.settings, moved)


def accept(delivery: Delivery, by: str, reason: str) -> tuple[Violation, ...]:
    """Make the delivery the new normal, note who did so, and return what was accepted."""
    past = recall(delivery.settings)
    accepted = {**past.accepted, **delivery.profiles}
    latest = {**past.latest, **delivery.profiles}
    note_acceptance(delivery.settings, delivery.at.isoformat(), by, reason, delivery.violations)
    taken = delivery.at.isoformat()
    inside = {**past.inside, **delivery.inside}
    remember(delivery.settings, Remembered(accepted, latest, delivery.known, taken, inside))
    return delivery.violations
