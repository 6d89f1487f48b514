"""Pandas as people write it: for every date filter the events, for every window group them."""

from datetime import datetime

import pandas as pd

from benchmarks.features.task import Task, command
from benchmarks.features.wanted import KEYS
from benchmarks.features.ways.pandas_columns import columns
from benchmarks.features.ways.pandas_relations import beside_usage, merged, placed, relations

WINDOWS = (7, 28, 90, 365)


def run(task: Task) -> None:
    """Write the snapshot of ``task``."""
    events = placed(pd.read_parquet(task.file("events")), "occurred_at")
    events["quantity"] = (events["quantity"] * 1000).round()
    events["ms"] = (events["duration_s"] * 1000).round()
    tables = relations(lambda table: pd.read_parquet(task.file(table)))
    spells = merged(tables["contracts"], task.observed_until)
    parts = []
    for as_of in task.as_ofs:
        c = (as_of - datetime(1970, 1, 1)).days
        row = beside_usage(tables, spells, as_of, task.observed_until)
        parts.append(columns(row.join(usage(events, c)), c))
    found = pd.concat(parts, ignore_index=True).sort_values(list(KEYS))
    found.to_parquet(task.out, compression="zstd", index=False)


def usage(events: pd.DataFrame, c: int) -> pd.DataFrame:
    """Return counts and sums per window at ``c``."""
    known = events[events["known"] <= c]
    parts = [known.groupby("account_id")["day"].max().rename("last_event")]
    for days in WINDOWS:
        parts.append(window(known[known["day"] >= c - days]).add_suffix(f"_{days}d"))
    before = known[(known["day"] >= c - 56) & (known["day"] < c - 28)]
    parts.append(window(before).add_suffix("_before"))
    quarter = known[(known["day"] >= c - 180) & (known["day"] < c - 90)]
    parts.append(quarter.groupby("account_id").size().rename("events_90d_before"))
    return pd.concat(parts, axis=1)


def window(rows: pd.DataFrame) -> pd.DataFrame:
    """Return what each account did in one window."""
    found = rows.groupby("account_id").agg(
        events=("event", "size"),
        active_days=("day", "nunique"),
        distinct_events=("event", "nunique"),
        active_users=("user_id", "nunique"),
        quantity=("quantity", "sum"),
        ms=("ms", "sum"),
    )
    logins = rows[rows["event"] == "login"].groupby("account_id").size()
    return found.assign(logins=logins)


if __name__ == "__main__":
    command(run)
