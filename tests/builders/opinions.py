"""What people say of the accounts of a company drawn at random, some of it by knowing the end."""

from datetime import timedelta
from random import Random
from typing import Any

from tests.builders.company import DAYS, START, Rows

Row = dict[str, Any]


def opinions_of(rows: Rows, seed: int) -> list[Row]:
    """Return opinions that tell who left: red of those, green of the others.

    They are stated before, at and long after anything happened, and recorded late as often as not.
    """
    draw = Random(seed)
    end = START + timedelta(days=DAYS)
    stayed = {
        row["account_id"]
        for row in rows["subscriptions"]
        if row["ended_at"] is None or row["ended_at"] >= end
    }
    found = []
    for row in rows["accounts"]:
        word = "green" if row["account_id"] in stayed else "red"
        for _ in range(draw.randrange(1, 12)):
            at = START + timedelta(days=draw.randrange(DAYS), hours=draw.choice((0, 9)))
            late = timedelta(days=draw.choice((0, 1, 40)))
            found.append(
                {
                    "account_id": row["account_id"],
                    "stated_at": at,
                    "opinion": word,
                    "by": draw.choice(("hana", "ken", None)),
                    "note": draw.choice(("they leave", None)),
                    "recorded_at": draw.choice((None, at + late)),
                }
            )
    return found
