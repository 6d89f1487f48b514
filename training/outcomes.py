"""What became of each row by several horizons, in the order of the rows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.labels import column
from training import intervals
from training.frames import Frame
from training.horizons import Renewals

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Instants = npt.NDArray[np.datetime64]

NEAR = np.timedelta64(7, "D")
"""An end within so many days of the renewal date, before or after, belongs to it."""
STEP_ENDS = 30
"""Ends with a known renewal date below which none is said to belong to it."""


@dataclass(frozen=True)
class Outcomes:
    """Outcomes of rows.

    Attributes
    ----------
    by : mapping of int to ndarray of shape (n,)
        Horizon in days → 1 left within it, 0 did not, NaN unknown.
    left_at : ndarray of shape (n,), datetime64[us]
        Confirmed end of the relationship; NaT where there is none.
    """

    by: Mapping[int, Floats]
    left_at: Instants

    def where(self, keep: Bools) -> "Outcomes":
        """Return the rows where ``keep`` (n,) is true."""
        return replace(
            self,
            by={days: known[keep] for days, known in self.by.items()},
            left_at=self.left_at[keep],
        )


def outcomes(rows: Frame, labels: pa.Table, headline: int, horizons: tuple[int, ...]) -> Outcomes:
    """Return the outcomes of ``rows`` from `features.labels.labels` told for ``horizons``."""
    place = _places(rows, labels)
    by = {headline: rows.churned}
    for days in horizons:
        if column(days) in labels.column_names:
            told = pc.cast(labels.column(column(days)), pa.float64())
            by[days] = told.to_numpy(zero_copy_only=False)[place]
    left_at = pc.cast(labels.column("left_at"), pa.timestamp("us"))
    return Outcomes(by, left_at.to_numpy(zero_copy_only=False)[place])


def accounts(account_ids: npt.NDArray[np.object_], chosen: Bools) -> int:
    """Return how many accounts the chosen rows are of."""
    return len(np.unique(account_ids[chosen].astype(str)))


def renewals(rows: Frame, known: Outcomes, until: np.datetime64) -> Renewals:
    """Return how many ends lay near the renewal date known at the last row before them.

    Parameters
    ----------
    until : datetime64
        Rows up to this instant count.
    """
    if "fact_renews_at" not in rows.facts.column_names:
        return Renewals(0, 0, step=False)
    dates = pc.cast(rows.facts.column("fact_renews_at"), pa.timestamp("us"))
    renews = dates.to_numpy(zero_copy_only=False).astype("datetime64[us]")
    ended = (rows.churned == 1) & ~np.isnat(known.left_at) & (rows.as_of <= until)
    order = np.flatnonzero(ended)[np.argsort(rows.as_of[ended], kind="stable")]
    ends = dict(zip(rows.account_ids[order].tolist(), order.tolist(), strict=True))
    last = np.array([at for at in ends.values() if not np.isnat(renews[at])], dtype=np.int64)
    near = int((np.abs(known.left_at[last] - renews[last]) <= NEAR).sum())
    low, _ = intervals.wilson(near, len(last))
    return Renewals(len(last), near, step=len(last) >= STEP_ENDS and float(low) > 0.5)


def _places(rows: Frame, labels: pa.Table) -> npt.NDArray[np.int64]:
    """Return for each row its position in ``labels``, which has every one of them."""
    keys = pa.table(
        {
            "account_id": pa.array(rows.account_ids, pa.string()),
            "as_of": pa.array(rows.as_of, pa.timestamp("us")),
            "row": np.arange(len(rows)),
        }
    )
    told = pa.table(
        {
            "account_id": pc.cast(labels.column("account_id"), pa.string()),
            "as_of": pc.cast(labels.column("as_of"), pa.timestamp("us")),
            "place": np.arange(labels.num_rows),
        }
    )
    joined = keys.join(told, keys=["account_id", "as_of"], join_type="inner")
    place = np.empty(len(rows), dtype=np.int64)
    place[joined["row"].to_numpy()] = joined["place"].to_numpy()
    return place
