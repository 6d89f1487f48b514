"""What a training counts of the weeks after its last label is what would have been issued then."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from features.settings import Settings
from training.answer_check.out_of_time import out_of_time

FIRST, WEEKS = datetime(2026, 1, 5), 20
LEFT = FIRST + timedelta(weeks=16)
ACCOUNTS = ("a", "b", "c")


def checked(withheld: dict[str, str] | None = None) -> dict[str, Any]:
    """Return the check of three accounts that are red for good; ``a`` and ``b`` leave."""
    days = [FIRST + timedelta(weeks=n) for n in range(WEEKS)]
    rows = [(account, day) for account in ACCOUNTS for day in days if account == "c" or day < LEFT]
    past = pa.table(
        {
            "account_id": [account for account, _ in rows],
            "as_of": pa.array([day for _, day in rows], pa.timestamp("us")),
        }
    )
    gone = pa.table(
        {"account_id": ["a", "b"], "left_at": pa.array([LEFT, LEFT], pa.timestamp("us"))}
    )
    score, probability = np.full(len(rows), 20.0), np.full(len(rows), 0.6)
    why = None if withheld is None else [withheld.get(account) for account, _ in rows]
    until = FIRST + timedelta(weeks=WEEKS)
    settings = Settings(root=Path("/nowhere"))
    return out_of_time(settings, past, probability, score, gone, until, withheld=why)


def before_leaving(found: dict[str, Any]) -> dict[str, Any]:
    line: dict[str, Any] = next(line for line in found["weeks"] if line["weeks"] == 8)
    return line


def test_a_score_that_would_have_been_withheld_is_no_red() -> None:
    line = before_leaving(checked({"a": "too_young"}))
    assert (line["scored"], line["red"], line["no_data"]) == (2, 1, 1)


def test_without_a_reason_every_row_has_a_score() -> None:
    for found in (checked(), checked({})):
        line = before_leaving(found)
        assert (line["scored"], line["red"], line["no_data"]) == (2, 2, 0)


def test_what_became_of_the_reds_leaves_the_withheld_out() -> None:
    for withheld, red, unknown in (({}, (3, 2), (0, 0)), ({"a": "never_heard_of"}, (2, 1), (1, 1))):
        found = {
            line["band"]: (line["accounts"], line["left"]) for line in checked(withheld)["outcomes"]
        }
        assert found["red"] == red
        assert found.get("no_data", (0, 0)) == unknown
