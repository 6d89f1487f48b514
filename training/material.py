"""What a training starts from: snapshots with labels, or one flat table."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pyarrow as pa

from features import identities, snapshots, windows
from features import labels as labelling
from features.checks import CheckReport
from features.errors import KenshinError
from features.flat import load_flat
from features.progress import Progress
from features.settings import Settings
from features.snapshots import Snapshot
from features.sources import LoadedInput, Tables, load_tables
from training import carded, foresight, horizons
from training.choice import Choice, choose


class ShortHistoryError(KenshinError):
    """What was observed is shorter than one label window."""


@dataclass(frozen=True)
class Material:
    """Rows, outcomes and the means to look at later weeks.

    Attributes
    ----------
    snapshot : Snapshot
    labels : pa.Table or None
        None where the snapshot carries its own ``churned``.
    history : callable or None
        Returns the weekly snapshots from an instant to the end of what was observed.
    departures : pa.Table or None
    departures_until : datetime or None
        Exclusive end up to which departures are confirmed.
    report : CheckReport
        What was wrong with the input.
    groups : dict of str to str
        Account → the group of accounts that were ever merged with it.
    choice : Choice or None
        Which accounts these are; None where they are all.
    """

    snapshot: Snapshot
    labels: pa.Table | None
    history: Callable[[datetime], Snapshot] | None
    departures: pa.Table | None
    departures_until: datetime | None
    report: CheckReport
    choice: Choice | None = None
    groups: dict[str, str] = field(default_factory=dict)


def material(settings: Settings, progress: Progress, leaks_stop: bool = False) -> Material:
    """Return what the settings' tables, or their flat table, give for training.

    Parameters
    ----------
    leaks_stop : bool
        Whether columns and features that know the future are looked for, as before a training.

    Raises
    ------
    LeakError
        Where something knows the future and nobody said why it may be passed over.
    """
    if settings.flat is not None:
        flat = load_flat(settings)
        if leaks_stop:
            foresight.require_none_in_columns(flat.report, settings)
        snapshot = Snapshot(flat.table, flat.features)
        return Material(snapshot, None, None, None, None, flat.report)
    progress("reading tables", 0, 1)
    loaded = load_tables(settings)
    if leaks_stop:
        foresight.require_none(loaded.tables, loaded.report, settings, progress)
    try:
        dates = training_dates(settings, loaded.tables)
    except ShortHistoryError as error:
        return _first_day(settings, loaded, error, progress)
    tables, choice = choose(loaded.tables, settings, dates)
    snapshot = snapshots.build(tables, settings, dates, progress)
    progress("labels", 0, 1)
    further = horizons.wanted(settings.churn.horizon_days)
    outcomes = labelling.labels(tables, settings, dates, further)

    def history(start: datetime) -> Snapshot:
        return snapshots.build(tables, settings, weeks(start, tables.observed_until), progress)

    gap = settings.churn.allowed_gap_days if settings.churn.source != "inactivity" else 0
    return Material(
        snapshot=snapshot,
        labels=outcomes,
        history=history,
        departures=labelling.departures(tables, settings),
        departures_until=tables.observed_until - timedelta(days=gap),
        report=loaded.report,
        groups=identities.groups(identities.merges(tables)),
        choice=choice,
    )


def _first_day(
    settings: Settings, loaded: LoadedInput, error: ShortHistoryError, progress: Progress
) -> Material:
    """Return the accounts as they are now, for a scorecard, which needs no outcome.

    Raises
    ------
    ShortHistoryError
        Where the company has no scorecard.
    """
    tables = loaded.tables
    latest = windows.midnight(tables.observed_until)
    snapshot = snapshots.build(tables, settings, [latest], progress)
    if carded.given(snapshot.features, settings) is None:
        raise error
    keys = snapshot.table.select(["account_id", "as_of"])
    unknown = keys.append_column("churned", pa.nulls(keys.num_rows, pa.bool_()))
    return Material(snapshot, unknown, None, None, None, loaded.report)


def training_dates(settings: Settings, tables: Tables) -> list[datetime]:
    """Return the instants with settled labels: the regular ones and the test dates asked for.

    Raises
    ------
    ShortHistoryError
        Where what was observed is shorter than one label window.
    """
    known = labelling.known_until(tables, settings)
    regular = snapshots.as_of_dates(settings, tables, until=known)
    given = settings.training
    if given.train is not None:
        first, last = (_naive(date) for date in given.train)
        regular = [date for date in regular if first <= date <= last]
    tests = [_naive(date) for date in given.test]
    if not regular:
        raise ShortHistoryError(
            f"history longer than one label window ({settings.churn.horizon_days} days)",
            f"outcomes known up to {known:%Y-%m-%d}, before the first snapshot",
            "Bring a longer history, or shorten [churn].horizon_days.",
        )
    return sorted({*regular, *tests})


def weeks(start: datetime, end: datetime) -> list[datetime]:
    """Return every midnight a week apart from the first one in ``[start, end]``."""
    first = datetime(start.year, start.month, start.day)
    first += timedelta(days=1) if first < start else timedelta()
    return [first + timedelta(weeks=n) for n in range((end - first).days // 7 + 1)]


def _naive(date: datetime) -> datetime:
    return date.replace(tzinfo=None)
