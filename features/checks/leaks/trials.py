"""The company as it would have looked at a cut-off, four ways changed after it.

``after`` has nothing of what happened after the cut-off, ``poison`` has extreme rows then, ``late``
lacks what had happened but was not recorded, ``tie`` has rows added at the very instant.
An honest feature has the same value in all four.
"""

from collections.abc import Sequence
from datetime import datetime

import duckdb

from features.sources.connection import name, text
from features.tables import TABLES

TRIALS = ("after", "late", "tie", "poison")
ENDS = {"subscriptions": ("ended_at",), "tickets": ("resolved_at",), "invoices": ("paid_at",)}
"""Columns that are filled only when something ends, later than the row began."""
_EXTREME = {"number": "1e12", "integer": "CAST(1000000 AS BIGINT)"}


def changed(
    con: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str], cuts: Sequence[datetime]
) -> str:
    """Return SQL for all changed copies of ``sample.<table>``, one per trial and cut-off.

    The account of a copy is ``trial|number|account``, and its plan likewise, so that accounts have
    their peers within their own copy.
    """
    con.execute("CREATE OR REPLACE TABLE sample.cuts (number BIGINT, cut TIMESTAMP)")
    con.executemany("INSERT INTO sample.cuts VALUES (?, ?)", list(enumerate(cuts)))
    parts = [_part(table, list(columns), trial) for trial in TRIALS]
    added = [_added(table, list(columns), trial) for trial in ("tie", "poison")]
    return " UNION ALL ".join(part for part in [*parts, *added] if part)


def _part(table: str, columns: list[str], trial: str) -> str:
    """Return SQL for the rows that stay in a trial."""
    time = TABLES[table].time
    where = "true"
    if table == "accounts":
        values = {column: name(column) for column in columns}
        return _copy(values, table, trial, where)
    if trial == "after":
        where = f"{name(time or '')} <= cut"
    if trial == "late":
        if "recorded_at" not in columns:
            return _copy({c: name(c) for c in columns}, table, trial, where)
        where = f"NOT ({name(time or '')} < cut AND coalesce(recorded_at >= cut, false))"
    values = {column: name(column) for column in columns}
    if trial != "late":
        values |= _hidden(table, columns, trial)
    return _copy(values, table, trial, where)


def _hidden(table: str, columns: list[str], trial: str) -> dict[str, str]:
    """Return the ends, unknown or elsewhere where they lie after the cut-off, or at it."""
    later = "cut + INTERVAL 400 DAY" if trial == "poison" else "NULL"
    compared = "=" if trial == "tie" else ">"
    ends = [end for end in ENDS.get(table, ()) if end in columns]
    values = {end: f"CASE WHEN {end} {compared} cut THEN {later} ELSE {end} END" for end in ends}
    if table == "tickets" and ends and "csat" in columns:
        values["csat"] = f"CASE WHEN resolved_at {compared} cut THEN NULL ELSE csat END"
    return values


def _added(table: str, columns: list[str], trial: str) -> str:
    """Return SQL for rows like the known ones, at the cut-off or extreme and later."""
    time = TABLES[table].time
    if table == "accounts" or time is None:
        return ""
    values = {column: name(column) for column in columns}
    values[time] = "cut" if trial == "tie" else "cut + INTERVAL 1 DAY"
    if "recorded_at" in columns:
        values["recorded_at"] = "NULL"
    if trial == "poison":
        contract = TABLES[table].columns
        for column in columns:
            kind = contract[column].kind if column in contract else ""
            if kind in _EXTREME:
                values[column] = _EXTREME[kind]
        if "user_id" in columns:
            values["user_id"] = "'nobody ' || account_id"
    recent = f"{name(time)} < cut AND {name(time)} >= cut - INTERVAL 400 DAY"
    return _copy(values, table, trial, recent)


def _copy(values: dict[str, str], table: str, trial: str, where: str) -> str:
    mark = f"{text(trial)} || '|' || number || '|' || "
    values = {**values, "account_id": mark + "account_id"}
    if "plan" in values and table == "subscriptions":
        values["plan"] = mark + "plan"
    chosen = ", ".join(f"{value} AS {name(column)}" for column, value in values.items())
    return f"SELECT {chosen} FROM sample.{name(table)} CROSS JOIN sample.cuts WHERE {where}"
