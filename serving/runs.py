"""Scoring a company: which dates, from which snapshot, into the store."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from features import erased, snapshots, windows
from features.errors import NotReadyError
from features.progress import Progress
from features.settings import Settings
from features.snapshots import files
from serving import scoring
from serving.drift.feeds import calendars, stale_feeds
from serving.store import scores
from serving.store.schema import scores as _scores
from serving.store.scores import Kind

if TYPE_CHECKING:
    from features.flat import FlatTable
    from features.sources import Tables
    from training.bundle import Bundle

WEEK = timedelta(weeks=1)

ROWS_AT_ONCE = 1_000_000
"""Rows of snapshots that are built together; more dates than that are built in turns."""


@dataclass(frozen=True)
class Stored:
    """One run as it is in the store."""

    run_id: str
    kind: Kind
    as_of: datetime
    snapshot_id: str
    model_version: str
    accounts: int
    bands: dict[str, int]
    new: bool
    """False where the same inputs had been scored already."""


def score_tables(
    settings: Settings,
    engine: sa.Engine,
    bundle: "Bundle",
    tables: "Tables",
    now: datetime,
    as_of: datetime | None = None,
    weeks: int = 0,
    progress: Progress | None = None,
) -> list[Stored]:
    """Score a company's tables at ``as_of`` and replay the ``weeks`` weekly dates before it.

    Parameters
    ----------
    now : datetime
        Naive UTC.
    as_of : datetime, optional
        A midnight; default: today's, or the end of what was observed where that is earlier.

    Returns
    -------
    list of Stored
        Replays oldest first, then the issued run. A date that was issued is not replayed.

    Raises
    ------
    NotReadyError
        Where no account is live at ``as_of``.
    """
    latest = windows.midnight(min(now, tables.observed_until))
    day = windows.require_midnights([as_of or latest])[0]
    replayed = _replay_dates(engine, day, weeks)
    accounts = max(1, int(tables["accounts"].count().execute()))
    stored: list[Stored] = []
    steps = len(replayed) + 1
    known = calendars(tables)
    for dates in _in_turns([*replayed, day], max(1, ROWS_AT_ONCE // accounts)):
        built = snapshots.build(tables, settings, dates)
        for part in _by_date(built):
            kind: Kind = "issued" if _as_of(part) == day else "replay"
            stale = stale_feeds(known, _as_of(part))
            stored.append(save(settings, engine, bundle, part, kind, now, stale))
            if progress:
                progress(f"Scored {stored[-1].as_of:%Y-%m-%d}", len(stored), steps)
    if not stored or stored[-1].as_of != day:
        raise NotReadyError(
            f"at least one live account on {day:%Y-%m-%d}",
            "none",
            "Give --as-of with a day on which accounts are customers.",
        )
    return stored


def score_flat(
    settings: Settings,
    engine: sa.Engine,
    bundle: "Bundle",
    flat: "FlatTable",
    now: datetime,
    as_of: datetime | None = None,
    dates: int = 0,
) -> list[Stored]:
    """Score a flat table at its latest date (or ``as_of``) and replay up to ``dates`` before it.

    A table without dates is scored as of today's midnight.

    Raises
    ------
    NotReadyError
        Where the table has no rows at ``as_of``.
    """
    table = _dated(flat.table, as_of or windows.midnight(now))
    known = sorted(set(table["as_of"].drop_null().to_pylist()))
    day = as_of or (known[-1] if known else windows.midnight(now))
    if day not in known:
        raise NotReadyError(
            f"rows of {day:%Y-%m-%d} in the flat table",
            f"the latest are of {known[-1]:%Y-%m-%d}" if known else "none",
            "Give --as-of with a date of the table.",
        )
    before = [date for date in known if date < day and not _issued(engine, date)]
    wanted = [*(before[-dates:] if dates else []), day]
    chosen = table.filter(pc.is_in(table["as_of"], pa.array(wanted, pa.timestamp("us"))))
    snapshot = snapshots.Snapshot(chosen, flat.features)
    return [
        save(settings, engine, bundle, part, "issued" if _as_of(part) == day else "replay", now)
        for part in _by_date(snapshot)
    ]


def _dated(table: pa.Table, day: datetime) -> pa.Table:
    """Return a flat table without its label; where no row has a date, all are of ``day``."""
    if "churned" in table.column_names:
        table = table.drop_columns(["churned"])
    if not table.num_rows or table["as_of"].null_count < table.num_rows:
        return table
    instants = pa.array([day] * table.num_rows, pa.timestamp("us"))
    return table.set_column(table.column_names.index("as_of"), "as_of", instants)


def save(
    settings: Settings,
    engine: sa.Engine,
    bundle: "Bundle",
    snapshot: snapshots.Snapshot,
    kind: Kind,
    now: datetime,
    stale: Mapping[str, float] | None = None,
) -> Stored:
    """Keep a snapshot of one date, score it, store the run; nothing changes when it was stored.

    Who was erased since the tables were read is left out; until all is stored, nobody is erased.
    """
    with erased.changing(settings):
        kept = snapshots.without_erased(settings, snapshot)
        if not kept.table.num_rows:
            raise NotReadyError(
                "an account on that day", "only such as were erased meanwhile", "Run it again."
            )
        return _saved(settings, engine, bundle, kept, kind, now, stale)


def _saved(
    settings: Settings,
    engine: sa.Engine,
    bundle: "Bundle",
    snapshot: snapshots.Snapshot,
    kind: Kind,
    now: datetime,
    stale: Mapping[str, float] | None,
) -> Stored:
    manifest = files.write(snapshot, settings)[0]
    earlier = bands_before(engine, manifest.as_of)
    run, rows = scoring.score(
        settings, bundle, snapshot.table, manifest.snapshot_id, kind, now, earlier, stale
    )
    new = scores.save_run(engine, run, rows)
    return Stored(
        run_id=run["run_id"],
        kind=kind,
        as_of=manifest.as_of,
        snapshot_id=manifest.snapshot_id,
        model_version=bundle.version,
        accounts=len(rows),
        bands=dict(Counter(row["band"] for row in rows)),
        new=new,
    )


def bands_before(engine: sa.Engine, as_of: datetime) -> dict[str, tuple[str, datetime]]:
    """Return account → (band, since when) in the last run before ``as_of``."""
    run = scores.latest_run(engine, kind=None, before=as_of)
    if run is None:
        return {}
    query = sa.select(_scores.c.account_id, _scores.c.band, _scores.c.band_since).where(
        _scores.c.run_id == run["run_id"]
    )
    with engine.connect() as connection:
        return {account: (band, since) for account, band, since in connection.execute(query)}


def _replay_dates(engine: sa.Engine, day: datetime, weeks: int) -> list[datetime]:
    dates = (day - WEEK * back for back in range(weeks, 0, -1))
    return [date for date in dates if not _issued(engine, date)]


def _issued(engine: sa.Engine, date: datetime) -> bool:
    return scores.run_at(engine, date, "issued") is not None


def _in_turns(dates: Sequence[datetime], at_once: int) -> Iterator[Sequence[datetime]]:
    for start in range(0, len(dates), at_once):
        yield dates[start : start + at_once]


def _by_date(snapshot: snapshots.Snapshot) -> Iterable[snapshots.Snapshot]:
    """Return a snapshot's dates one by one, oldest first; a date without accounts is no run."""
    for date in sorted(set(snapshot.table["as_of"].to_pylist())):
        same = snapshot.table.filter(pc.equal(snapshot.table["as_of"], pa.scalar(date)))
        yield snapshots.Snapshot(same.combine_chunks(), snapshot.features)


def _as_of(snapshot: snapshots.Snapshot) -> datetime:
    first: datetime = snapshot.table["as_of"][0].as_py()
    return first
