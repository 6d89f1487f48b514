"""Hand-made timelines of scores, departures and actions for answer checks."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import pyarrow as pa

MONDAY = datetime(2026, 1, 5)
NUMBER = {"red": 40.0, "yellow": 70.0, "green": 90.0, "no_data": None}
SHORT = {"r": "red", "y": "yellow", "g": "green", "-": "no_data"}


def week(number: float) -> datetime:
    """Return the instant so many weeks after the first Monday."""
    return MONDAY + timedelta(weeks=number)


def weekly(lines: Mapping[str, str], **columns: str | datetime) -> pa.Table:
    """Return weekly scores: ``"ggr"`` is green, green, red; a blank is no row at all."""
    rows = [
        {"account_id": account, "as_of": week(place), "band": SHORT[mark],
         "health_score": NUMBER[SHORT[mark]], **columns}
        for account, marks in lines.items()
        for place, mark in enumerate(marks)
        if mark != " "
    ]  # fmt: skip
    fixed = [("account_id", pa.string()), ("as_of", pa.timestamp("us")), ("band", pa.string()),
             ("health_score", pa.float64())]  # fmt: skip
    more = [(name, pa.string() if isinstance(value, str) else pa.timestamp("us"))
            for name, value in columns.items()]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=pa.schema([*fixed, *more]))


def gone(left: Mapping[str, datetime] | Sequence[tuple[str, datetime]]) -> pa.Table:
    """Return departures."""
    return _dated(left, "left_at")


def acted(done: Mapping[str, datetime] | Sequence[tuple[str, datetime]]) -> pa.Table:
    """Return actions."""
    return _dated(done, "performed_at")


def _dated(rows: Mapping[str, datetime] | Sequence[tuple[str, datetime]], name: str) -> pa.Table:
    pairs = list(rows.items() if isinstance(rows, Mapping) else rows)
    accounts = pa.array([account for account, _ in pairs], pa.string())
    return pa.table({"account_id": accounts, name: pa.array([at for _, at in pairs],
                                                            pa.timestamp("us"))})  # fmt: skip
