"""The history a replay runs over: its dates, what was issued then, and the rows of each date."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import pyarrow.parquet as pq
import sqlalchemy as sa

from features import erased, snapshots, windows
from features.errors import SettingsError
from features.progress import Progress
from features.settings import Settings
from features.snapshots import Snapshot, files
from serving.replays.definitions import Said
from serving.store import scores
from serving.store.code_points import by_code_point
from serving.store.schema import scores as _scores
from serving.store.scores import StoredRow

if TYPE_CHECKING:
    from features.sources import Tables

Source = Literal["stored", "built"]


@dataclass(frozen=True)
class Dated:
    """The rows of one date and where they came from."""

    as_of: datetime
    snapshot: Snapshot
    source: Source


def issued_runs(engine: sa.Engine) -> dict[datetime, StoredRow]:
    """Return date → the run that was issued for it, the first where there are several."""
    return {run["as_of"]: run for run in reversed(scores.runs(engine, "issued"))}


def dates(
    issued: Sequence[datetime], first: datetime, last: datetime, every: str
) -> list[datetime]:
    """Return the dates of a rhythm in ``[first, last]``, in step with what was issued.

    Days and weeks are counted back from the latest issued date in the period, else from its end,
    so that a weekly replay meets the weekly scores; months begin on their first days.

    Examples
    --------
    >>> [f"{day:%m-%d}" for day in dates([], datetime(2026, 1, 1), datetime(2026, 1, 20), "week")]
    ['01-06', '01-13', '01-20']

    Raises
    ------
    SettingsError
        Where the period ends before it begins.
    """
    first, last = windows.require_midnights([first])[0], windows.require_midnights([last])[0]
    if last < first:
        raise SettingsError(
            "a period that ends after it begins", f"{first:%Y-%m-%d} to {last:%Y-%m-%d}",
            "Swap --from and --to.",
        )  # fmt: skip
    if every == "month":
        return snapshots.regular(every, first, last)
    anchor = max((date for date in issued if first <= date <= last), default=last)
    step = {"day": 1, "week": 7}.get(every) or int(every.removesuffix("d"))
    before, after = (anchor - first).days // step, (last - anchor).days // step
    return [anchor + timedelta(days=step * n) for n in range(-before, after + 1)]


def rows_at(
    settings: Settings,
    tables: "Tables",
    asked: Sequence[datetime],
    issued: dict[datetime, StoredRow],
    needs: Sequence[str],
    progress: Progress,
) -> Iterator[Dated]:
    """Yield the rows of each date, ascending; dates at which nobody was a customer are left out.

    What a score was issued from is read where it is still there, else what was stored last for the
    date; where neither exists, or a needed column is not in it, the date is built, and not kept.
    """
    found = {date: _stored(settings, date, issued.get(date), needs) for date in asked}
    absent = [date for date in asked if found[date] is None]
    built = snapshots.build_each(tables, settings, absent, progress) if absent else iter(())
    for place, date in enumerate(asked):
        kept = found[date]
        source: Source = "built" if kept is None else "stored"
        snapshot = next(built) if kept is None else files.as_on_disk(kept)
        if kept is not None:
            progress(f"{date:%Y-%m-%d}", place, len(asked))
        if snapshot.table.num_rows:
            yield Dated(date, snapshot, source)


def _stored(
    settings: Settings, date: datetime, run: StoredRow | None, needs: Sequence[str]
) -> Path | None:
    """Return the folder of the date's snapshot that has all that is needed, None without one."""
    day = settings.workspace / "snapshots" / date.date().isoformat()
    current = files.current(settings, date)
    candidates = (
        [day / erased.held_in(settings, str(run["snapshot_id"]))] if run is not None else []
    )
    candidates += [current.folder] if current is not None else []
    for folder in candidates:
        data = folder / "data.parquet"
        if data.exists() and set(needs) <= set(pq.read_schema(data).names):
            return folder
    return None


def as_issued(engine: sa.Engine, run: StoredRow) -> Said:
    """Return what was issued, as it stands in the log."""
    query = (
        sa.select(
            _scores.c.account_id,
            _scores.c.band,
            _scores.c.health_score_exact,
            _scores.c.churn_probability,
            _scores.c.top_reasons,
        )
        .where(_scores.c.run_id == run["run_id"])
        .order_by(by_code_point(_scores.c.account_id))
    )
    with engine.connect() as connection:
        found = connection.execute(query).all()
    account, band, score, probability, reasons = zip(*found, strict=True) if found else [()] * 5
    return Said(
        account=np.array(account, dtype=object),
        band=np.array(band, dtype=object),
        score=np.array(score, dtype=np.float64),
        probability=np.array(probability, dtype=np.float64),
        reason=np.array([some[0] if some else None for some in reasons], dtype=object),
    )
