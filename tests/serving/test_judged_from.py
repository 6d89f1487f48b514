"""From when on nothing of a model or a scorecard was fitted."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import pytest

from serving.judged_from import ALWAYS, judged_from
from serving.replays.definitions import OfBundle
from training.bundle import Bundle

LEARNED = {
    "out_of_time": False,
    "scorecard": {"stage": "learned"},
    "lead_days": 0,
    "horizon_days": 90,
    "train": {"to": "2026-03-01"},
    "test": {"from": "2025-06-01", "to": "2026-03-01"},
}
PRIOR = LEARNED | {"scorecard": {"stage": "prior"}}


@dataclass(frozen=True)
class Card:
    """As much of a scorecard's bundle as tells since when its scores are honest."""

    evaluation: dict[str, Any]
    kind: str = "scorecard"
    version: str = "v7"


@pytest.mark.parametrize(
    ("evaluation", "begins"),
    [
        ({"test": {"from": "2026-07-01T00:00:00"}}, datetime(2026, 7, 1)),
        ({"out_of_time": False, "scorecard": {"stage": "prior"}}, datetime.min),
        (
            {"out_of_time": False, "scorecard": {"stage": "learned"}, "lead_days": 0,
             "horizon_days": 90, "train": {"to": "2026-03-01"}},
            datetime(2026, 5, 30),
        ),
        ({"out_of_time": False, "lead_days": 0, "horizon_days": 90, "train": {"to": None}}, None),
        ({}, None),
    ],
    ids=["a model", "rules as given", "learned rules", "a table without time", "unknown"],
)  # fmt: skip
def test_replays_count_only_where_nothing_was_fitted(
    evaluation: dict[str, Any], begins: datetime | None
) -> None:
    assert judged_from(evaluation) == begins


@pytest.mark.parametrize(
    ("evaluation", "begins"),
    [(PRIOR, ALWAYS), (LEARNED, datetime(2026, 5, 30))],
    ids=["rules as given", "learned rules"],
)
def test_a_replay_counts_a_learned_scorecard_only_where_it_was_not_fitted(
    evaluation: dict[str, Any], begins: datetime
) -> None:
    assert OfBundle(cast(Bundle, Card(evaluation))).honest_from == begins
