"""The portfolio's list as plain cells."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from serving.pages.roster import BANDS, Moves, Roster
from serving.store.scores import StoredRow


def csv_rows(
    roster: Roster, moves: Moves, places: NDArray[np.intp], held: Mapping[str, StoredRow]
) -> list[list[Any]]:
    """Return the accounts at ``places`` as plain cells, money and probability unrounded."""
    rows = []
    for at in places.tolist():
        text = {name: roster.text[name][at] for name in roster.text}
        numbers = (
            roster.score[at],
            moves.change[at],
            roster.probability[at],
            roster.arr[at],
            roster.loss[at],
            roster.renewal_days[at],
            roster.scorecard[at],
        )
        rows.append(
            [
                roster.account_id[at],
                text["name"],
                text["name_en"],
                BANDS[roster.band[at]],
                *(None if math.isnan(number) else float(number) for number in numbers),
                text["plan"],
                text["industry"],
                text["owner"],
                *_override(held.get(roster.account_id[at])),
            ]
        )
    return rows


CSV_HEADER = (
    "account_id",
    "name",
    "name_en",
    "band",
    "health_score",
    "change",
    "churn_probability",
    "arr",
    "expected_loss",
    "days_to_renewal",
    "scorecard_score",
    "plan",
    "industry",
    "owner",
    "override_band",
    "override_until",
)


def _override(held: StoredRow | None) -> tuple[str | None, str | None]:
    return (None, None) if held is None else (held["band"], held["until"].isoformat())
