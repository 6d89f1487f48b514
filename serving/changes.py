"""Why a score moved: the customer, the data, the model or the settings."""

import numpy as np
from pydantic import BaseModel, ConfigDict

from serving.instant import Instant
from serving.store.scores import StoredRow, numbers
from training.reasons import round_points


class Change(BaseModel):
    """The move since the score before; the four parts sum to ``delta`` in whole points."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    since: Instant
    """``as_of`` of the score before."""
    delta: int
    by_customer: int
    """Values that moved."""
    by_data: int
    """Values that became missing or stopped being missing."""
    by_model: int
    by_settings: int


def change(
    row: StoredRow, run: StoredRow, before: StoredRow, run_before: StoredRow
) -> Change | None:
    """Return how the score moved since ``before``, or None where one of the two is withheld.

    A new model version or new settings make all points another measure, so that the move is put
    down to them as a whole; with both equal it is the customer's and the data's.
    """
    if row["health_score"] is None or before["health_score"] is None:
        return None
    delta = int(row["health_score"] - before["health_score"])
    parts = {"by_customer": 0, "by_data": 0, "by_model": 0, "by_settings": 0}
    if (
        run["model_version"] != run_before["model_version"]
        or run["feature_names"] != run_before["feature_names"]
    ):
        parts["by_model"] = delta
    elif run["settings_version"] != run_before["settings_version"]:
        parts["by_settings"] = delta
    else:
        parts["by_data"] = _by_data(row, before, delta)
        parts["by_customer"] = delta - parts["by_data"]
    return Change(since=before["as_of"], delta=delta, **parts)


def _by_data(row: StoredRow, before: StoredRow, delta: int) -> int:
    """Return the whole points of features whose value appeared or disappeared."""
    flipped = np.isnan(numbers(row["values"])) != np.isnan(numbers(before["values"]))
    if not flipped.any():
        return 0
    moved = numbers(row["points"]) - numbers(before["points"])
    by_data = float(moved[flipped].sum())
    by_customer = row["health_score_exact"] - before["health_score_exact"] - by_data
    return int(round_points([by_data, by_customer], delta)[0])
