"""A company of two accounts whose snapshots are kept up, and a process that can be killed at it."""

from pathlib import Path

from features.settings import Settings
from features.snapshots import keep_up, upkeep
from features.sources import Tables
from tests.builders.tables import at, make_tables

MONTHS = [at("2024-03-01"), at("2024-04-01"), at("2024-05-01"), at("2024-06-01")]
END = at("2024-06-01")
Row = dict[str, object]


def use(day: str, recorded: str | None = None, account: str = "a") -> Row:
    late = at(recorded) if recorded else None
    return {"account_id": account, "occurred_at": at(day, "09:00"), "event": "use",
            "recorded_at": late}  # fmt: skip


USES = [use("2024-01-10"), use("2024-02-20", account="b"), use("2024-05-10")]


def tables(*more: Row, **given: list[Row]) -> Tables:
    rows: dict[str, list[Row]] = {
        "accounts": [{"account_id": "a", "industry": "x"}, {"account_id": "b", "industry": "y"}],
        "subscriptions": [
            {"account_id": "a", "started_at": at("2024-01-01"), "ended_at": None},
            {"account_id": "b", "started_at": at("2024-01-01"), "ended_at": None},
        ],
        "events": [*USES, *more],
        **given,
    }
    return make_tables(END, 1, **rows)


def keep_up_one_by_one(root: Path) -> None:
    """Build and write one instant after the other, as a company larger than a turn does."""
    upkeep.ROWS_AT_ONCE = 1
    keep_up(tables(), Settings(root=root), MONTHS)
