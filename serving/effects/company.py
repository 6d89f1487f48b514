"""A company's accounts before and after a day: who left in each period, and their health."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import sqlalchemy as sa

from features.errors import NotReadyError, SettingsError
from features.settings import Settings
from serving.effects.measured import Life, measured

if TYPE_CHECKING:
    from features.sources import Tables

Json = dict[str, Any]
Means = dict[str, tuple[float, float]]


def effect(
    settings: Settings,
    engine: sa.Engine,
    tables: "Tables",
    start: datetime,
    days: int,
    segment: tuple[str, str] | None,
) -> Json:
    """Return what became of churn and health in ``days`` after ``start`` against ``days`` before.

    Parameters
    ----------
    start : datetime
        The midnight (UTC) from which the process was another.
    segment : (column, value), optional
        Whom it concerned, by a column of the table of accounts; the others are compared with. None:
        everybody, so that there is nobody to compare with.

    Raises
    ------
    NotReadyError
        Where the outcomes of the period after ``start`` are not all known yet.
    SettingsError
        Where no account has that value.
    """
    concerned = None if segment is None else _concerned(tables, *segment)
    found = measured(
        _lives(settings, tables, start, days), _health(settings, engine, start, days), concerned
    )
    return {
        "from": f"{start:%Y-%m-%d}",
        "days": days,
        "segment": None if segment is None else {"column": segment[0], "value": segment[1]},
        **found,
    }


def _concerned(tables: "Tables", column: str, value: str) -> set[str]:
    from features.engines import arrow

    accounts = tables["accounts"]
    if column not in accounts.columns or column == "account_id":
        known = sorted(name for name in accounts.columns if name != "account_id")
        raise SettingsError(
            "a column of the table of accounts", f"'{column}'", f"There is {', '.join(known)}."
        )
    rows = arrow(accounts.select("account_id", value=accounts[column].cast("string")))
    inside = {row["account_id"] for row in rows.to_pylist() if row["value"] == value}
    if not inside:
        values = sorted({str(one) for one in rows["value"].to_pylist() if one is not None})
        raise SettingsError(
            f"a value that accounts have in {column}", f"'{value}'",
            f"There is {', '.join(values[:20])}.",
        )  # fmt: skip
    return inside


def _lives(settings: Settings, tables: "Tables", start: datetime, days: int) -> list[Life]:
    """Return everybody who was a customer when one of the two periods began."""
    from features.labels import column, known_until, labels

    whole = settings.churn.model_copy(update={"lead_days": 0})
    settings = settings.model_copy(update={"churn": whole})
    known = known_until(tables, settings, days)
    if start > known:
        raise NotReadyError(
            f"{days} days after {start:%Y-%m-%d} whose departures are confirmed",
            f"such days only for a change up to {known:%Y-%m-%d}",
            "Give a shorter --days, or wait.",
        )
    told = labels(tables, settings, [start - timedelta(days=days), start], (days,))
    rows: list[Json] = told.select(["account_id", "as_of", column(days)]).to_pylist()
    return [
        Life(row["account_id"], row["as_of"] == start, row[column(days)])
        for row in rows
        if row[column(days)] is not None
    ]


def _health(settings: Settings, engine: sa.Engine, start: datetime, days: int) -> Means:
    """Return the mean health score of each account in both periods, by scores that count.

    Those of an answer check count: issued then, or by a model that cannot have known the outcome.
    """
    from serving.answers import choose, scores_table

    try:
        table = scores_table(engine, choose(settings, engine))
    except NotReadyError:
        return {}
    return means(table, start, timedelta(days=days))


def means(table: pa.Table, start: datetime, length: timedelta) -> Means:
    """Return account → mean score in ``length`` before ``start`` and in as much from it on."""
    sums: dict[tuple[str, bool], list[float]] = defaultdict(list)
    columns = ["account_id", "as_of", "health_score"]
    for row in table.select(columns).to_pylist():
        at, score = row["as_of"], row["health_score"]
        if score is not None and start - length <= at < start + length:
            sums[row["account_id"], at >= start].append(score)
    return _both({key: sum(some) / len(some) for key, some in sums.items()})


def _both(found: Mapping[tuple[str, bool], float]) -> Means:
    return {
        account: (found[account, False], found[account, True])
        for account, after in found
        if after and (account, False) in found
    }
