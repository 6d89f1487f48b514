"""The answer check of a model on a period it was not fitted on, as training makes it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.settings import Settings
from training import scale
from training.answer_check.beside import beside
from training.answer_check.report import BANDS, answer_check
from training.answer_check.rules import Rules
from training.answer_check.timelines import timelines

Floats = npt.NDArray[np.float64]
SEGMENTS = {
    "fact_plan": "plan",
    "fact_size": "size",
    "fact_industry": "industry",
    "fact_started_at": "customer_since",
}
"""Facts of a snapshot → segment columns of an answer check."""


def out_of_time(
    settings: Settings,
    past: pa.Table,
    probability: Floats,
    score: Floats,
    departures: pa.Table,
    until: datetime | None,
    by_card: Floats | None = None,
    withheld: Sequence[str | None] | None = None,
) -> dict[str, Any]:
    """Return the answer check on scores of snapshots after the last label that was used.

    Parameters
    ----------
    past : pa.Table
        Weekly snapshots with their facts, n rows.
    probability, score : ndarray of shape (n,)
        What the model says of them; the score unrounded.
    by_card : ndarray of shape (n,), optional
        What the scorecard says of them, NaN where it says nothing; compared in ``beside``.
    withheld : sequence of str or None, of length n, optional
        Why a row would have no score; None where it has one. Without it every row has one.
    """
    known = np.array([why is None for why in withheld or [None] * len(score)], dtype=bool)
    columns = _scores(settings, past, probability, score, known)
    facts = [name for name in past.column_names if name.startswith("fact_")]
    lines, rules = timelines(pa.table(columns)), Rules.of(settings)
    found = answer_check(
        lines, departures, rules, facts=past.select(["account_id", *facts]), until=until
    )
    if by_card is None or until is None or not found["left"]:
        return found
    keys = {name: columns[name] for name in ("account_id", "as_of")}
    scored = pa.table({**keys, "health_score": pa.array(by_card)})
    card = timelines(scored, settings.bands.red, settings.bands.green)
    side = beside(lines, card, departures, rules, name="scorecard", until=until)
    return found | {"beside": [side]}


def _scores(
    settings: Settings,
    past: pa.Table,
    probability: Floats,
    score: Floats,
    known: npt.NDArray[np.bool_],
) -> dict[str, Any]:
    """Return what was said of each row, n long; of those not ``known`` that nothing was."""
    bands = [
        scale.band(value, settings.bands) if has_score else BANDS[-1]
        for value, has_score in zip(score, known, strict=True)
    ]
    said = {
        "band": pa.array(bands, pa.string()),
        "health_score": pa.array(np.where(known, score, np.nan)),
        "churn_probability": pa.array(np.where(known, probability, np.nan)),
    }
    segments = {SEGMENTS[name]: past[name] for name in SEGMENTS if name in past.column_names}
    return {name: past[name] for name in ("account_id", "as_of")} | said | segments
