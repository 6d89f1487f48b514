"""What the champion scored last: the snapshot, the scores, and the run before."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from features import erased, snapshots
from features.errors import NotReadyError
from features.settings import Settings
from serving.drift.observed import Floats
from serving.store.schema import scores
from serving.store.scores import latest_run


@dataclass(frozen=True)
class Current:
    """The latest issued run.

    Attributes
    ----------
    table : pa.Table
        Its snapshot, one row per account.
    probability : ndarray of shape (n_scored,)
        As issued; withheld scores are left out. Of a scorecard without probabilities the share
        of 100 points that is lost, which its reference is of as well.
    accounts_before : int or None
        Accounts of the issued run before it.
    """

    as_of: datetime
    snapshot_id: str
    table: pa.Table
    probability: Floats
    accounts_before: int | None


def current(settings: Settings, engine: sa.Engine, model_version: str) -> Current:
    """Return the latest issued run, which must be the champion's.

    Raises
    ------
    NotReadyError
        Where nothing has been scored yet, or another model scored last: its scores cannot be
        compared with this reference.
    """
    run = latest_run(engine, "issued")
    if run is None:
        raise NotReadyError("scores to look at", "none", "Run `kenshin score`.")
    if run["model_version"] != model_version:
        raise NotReadyError(
            f"scores by the champion {model_version}",
            f"scores by {run['model_version']}",
            "Run `kenshin score`.",
        )
    before = latest_run(engine, "issued", before=run["as_of"])
    return Current(
        as_of=run["as_of"],
        snapshot_id=run["snapshot_id"],
        table=snapshots.read_by_id(settings, erased.held_in(settings, run["snapshot_id"])).table,
        probability=_watched(engine, run["run_id"]),
        accounts_before=before["accounts"] if before is not None else None,
    )


def _watched(engine: sa.Engine, run_id: str) -> Floats:
    """Return the probabilities of a run, or the points lost where it has none."""
    lost = 1.0 - scores.c.health_score_exact / 100.0
    for column in (scores.c.churn_probability, lost):
        query = sa.select(column).where(scores.c.run_id == run_id, column.is_not(None))
        with engine.connect() as connection:
            found = connection.execute(query).scalars().all()
        if found:
            return np.array(found, dtype=np.float64)
    return np.empty(0)
