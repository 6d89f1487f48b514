"""What the champion scored last: the snapshot, the scores, and the run before."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from features import snapshots
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
        As issued; withheld scores are left out.
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
    query = sa.select(scores.c.churn_probability).where(
        scores.c.run_id == run["run_id"], scores.c.churn_probability.is_not(None)
    )
    with engine.connect() as connection:
        probability = np.array(connection.execute(query).scalars().all(), dtype=np.float64)
    return Current(
        as_of=run["as_of"],
        snapshot_id=run["snapshot_id"],
        table=snapshots.read_by_id(settings, run["snapshot_id"]).table,
        probability=probability,
        accounts_before=before["accounts"] if before is not None else None,
    )
