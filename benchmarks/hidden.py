"""The hidden state of a simulated company's accounts, drawn again from its plan."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from features.simulator import CompanyPlan
from features.simulator.causes import CAUSES
from features.simulator.company import lives
from features.simulator.plan import grid_of
from training.frames import Frame

Floats = npt.NDArray[np.float64]
Objects = npt.NDArray[np.object_]

NOT_YET = -1.0
"""In place of a state: the spell has not begun."""


@dataclass(frozen=True)
class Hidden:
    """What the records do not say, of the rows of a frame.

    Attributes
    ----------
    states : ndarray of shape (n, causes)
        The state that each cause was in on the day before ``as_of``.
    probability : ndarray of shape (n,)
        The truth's own: its forecast at ``as_of`` from those states and every parameter.
    cause : ndarray of shape (n,), object
        The leading cause; None where there is none.
    """

    states: Floats
    probability: Floats
    cause: Objects


def hidden(plan: CompanyPlan, folder: Path, rows: Frame) -> Hidden:
    """Return the hidden state of every row; the truth must be told for each instant."""
    day = rows.as_of.astype("datetime64[D]").astype(np.int64) - grid_of(plan).first_day
    states = np.full((len(rows), len(CAUSES)), NOT_YET)
    for population, spells in lives(plan):
        place = {population.account_id[a]: a for a in np.unique(spells.account)}
        account = np.array([place.get(name, -1) for name in rows.account_ids.tolist()])
        here = np.flatnonzero(account >= 0)
        width = np.int64(1) << 20
        keys = spells.account * width + spells.start
        spell = np.searchsorted(keys, account[here] * width + day[here], side="left") - 1
        week = (day[here] - 1) // 7
        states[here] = np.stack([found[spell, week] for found in spells.states], axis=1)
    probability, cause = _told(folder, rows)
    return Hidden(states, probability, cause)


def _told(folder: Path, rows: Frame) -> tuple[Floats, Objects]:
    """Return the true probability and the leading cause of every row."""
    truth = pq.read_table(folder / "truth.parquet")
    truth = truth.set_column(0, "account_id", truth["account_id"].cast(pa.string()))
    asked = pa.table(
        {
            "account_id": pa.array(rows.account_ids.astype(str)),
            "as_of": pa.array(rows.as_of.astype("datetime64[us]")),
            "place": np.arange(len(rows)),
        }
    )
    cause = pa.array(truth["leading_cause"].to_pylist(), pa.string())
    truth = truth.set_column(3, "leading_cause", cause)
    found = asked.join(truth, keys=["account_id", "as_of"], join_type="inner").sort_by("place")
    if found.num_rows != len(rows):
        raise ValueError(f"a truth for {len(rows)} rows expected, {found.num_rows} found")
    causes = np.array(found["leading_cause"].to_pylist(), dtype=object)
    return found["churn_probability"].to_numpy(), causes
