"""Pandas at its best: accounts as numbers, events summed up per day once, no loop over rows.

One pass sums events up per account and day; a user's or a feature's day of next use says at which
dates a day is the last one. Each date then reads small tables only.
"""

from datetime import datetime

import numpy as np
import pandas as pd

from benchmarks.features.task import Task, command
from benchmarks.features.wanted import KEYS
from benchmarks.features.ways.pandas_columns import columns
from benchmarks.features.ways.pandas_relations import beside_usage, merged, placed, relations

EVENT_COLUMNS = ["account_id", "occurred_at", "event", "user_id", "quantity", "duration_s"]
WINDOWS = (7, 28, 90, 365)
NEVER = 2**31
DAYS = 4096
FIRST_DAY = 16_801  # 2016-01-01: eleven years of days fit into twelve bits.


def run(task: Task) -> None:
    """Write the snapshot of ``task``."""
    accounts = pd.read_parquet(task.file("accounts"), columns=["account_id"])["account_id"]
    accounts = np.sort(accounts.to_numpy())
    days, users, names = summed(events(task, accounts))

    def read(table: str) -> pd.DataFrame:
        rows = pd.read_parquet(task.file(table))
        return rows.assign(account_id=coded(rows["account_id"], accounts))

    tables = relations(read)
    spells = merged(tables["contracts"], task.observed_until)
    parts = []
    for as_of in task.as_ofs:
        c = (as_of - datetime(1970, 1, 1)).days
        row = beside_usage(tables, spells, as_of, task.observed_until)
        row = row.join([usage(days, c), distinct(users, names, c)])
        parts.append(columns(row, c))
    found = pd.concat(parts, ignore_index=True).sort_values(list(KEYS))
    found["account_id"] = accounts[found["account_id"].to_numpy()]
    found.to_parquet(task.out, compression="zstd", index=False)


def coded(column: pd.Series, accounts: np.ndarray) -> np.ndarray:
    """Return each account's place in ``accounts``."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        places = np.searchsorted(accounts, column.cat.categories.to_numpy().astype(object))
        return places[column.cat.codes.to_numpy()].astype("int32")
    return np.searchsorted(accounts, column.to_numpy()).astype("int32")


def events(task: Task, accounts: np.ndarray) -> pd.DataFrame:
    """Return the events with numbers in place of texts and times."""
    rows = pd.read_parquet(
        task.file("events"),
        columns=[*EVENT_COLUMNS, "recorded_at"],
        read_dictionary=["account_id", "event", "user_id"],
    )
    rows = placed(rows, "occurred_at").drop(columns=["occurred_at", "recorded_at"])
    users, names = rows["user_id"].cat, rows["event"]
    return pd.DataFrame(
        {
            "account_id": coded(rows["account_id"], accounts),
            "day": rows["day"],
            "known": rows["known"],
            "user": users.codes,
            "name": names.cat.codes,
            "login": (names == "login").astype("int32"),
            "quantity": (rows["quantity"] * 1000).round().fillna(0).astype("int64"),
            "ms": (rows["duration_s"] * 1000).round().fillna(0).astype("int64"),
        }
    )


def summed(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return account-days, and the days of users and of event names with the next of each."""
    packed = pack(rows, np.zeros(len(rows), dtype="int64"))
    days = rows[["login", "quantity", "ms"]].groupby(packed, sort=True)
    days = days.sum().assign(events=days.size()).rename(columns={"login": "logins"})
    days = days.assign(**unpack(days.index.to_numpy(), 1))
    days["active"] = (~days.duplicated(["account_id", "day"])).astype("int32")
    users = rows[rows["user"] >= 0]
    return days, last_seen(users, "user"), last_seen(rows, "name")


def pack(rows: pd.DataFrame, codes: np.ndarray) -> np.ndarray:
    """Return account, code, day and lateness of each row as one integer, in this order."""
    late = (rows["known"] - rows["day"] - 1).to_numpy()
    if late.max() >= DAYS or rows["day"].max() - FIRST_DAY >= DAYS:
        raise SystemExit(f"Days and lateness beyond {DAYS} days do not fit into an integer.")
    pair = rows["account_id"].to_numpy().astype("int64") * (int(codes.max()) + 1) + codes
    day = rows["day"].to_numpy().astype("int64") - FIRST_DAY
    return (pair * DAYS + day) * DAYS + late


def unpack(packed: np.ndarray, codes: int) -> dict[str, np.ndarray]:
    """Return the parts of what `pack` returned."""
    day = (packed // DAYS % DAYS + FIRST_DAY).astype("int32")
    known = (day + 1 + packed % DAYS).astype("int32")
    pair = packed // (DAYS * DAYS)
    account = (pair // codes).astype("int32")
    return {"account_id": account, "pair": pair, "day": day, "known": known}


def last_seen(rows: pd.DataFrame, key: str) -> pd.DataFrame:
    """Return the days of each ``key`` with the first date from which a later day is known."""
    codes = rows[key].to_numpy().astype("int64")
    packed = np.sort(pack(rows, codes))
    packed = packed[np.r_[True, packed[1:] // DAYS != packed[:-1] // DAYS]]
    parts = unpack(packed, int(codes.max()) + 1)
    # The least of all later days' dates: a running minimum that starts anew with each pair.
    group = np.cumsum(np.r_[False, parts["pair"][1:] != parts["pair"][:-1]])[::-1]
    lowest = np.minimum.accumulate(group * NEVER + parts["known"][::-1]) - group * NEVER
    same = np.r_[False, group[1:] == group[:-1]]
    until = np.where(same, np.r_[NEVER, lowest[:-1]], NEVER)[::-1]
    return pd.DataFrame(parts | {"until": until})


def usage(days: pd.DataFrame, c: int) -> pd.DataFrame:
    """Return counts and sums per window at ``c``."""
    known = days[days["known"] <= c]
    last = known.groupby("account_id")["day"].max().rename("last_event")
    known = known[known["day"] >= c - 365]
    parts = [last]
    for w in WINDOWS:
        parts.append(_sums(known[known["day"] >= c - w]).add_suffix(f"_{w}d"))
    before = known[(known["day"] >= c - 56) & (known["day"] < c - 28)]
    parts.append(_sums(before).add_suffix("_before"))
    quarter = known[(known["day"] >= c - 180) & (known["day"] < c - 90)]
    parts.append(quarter.groupby("account_id")["events"].sum().rename("events_90d_before"))
    row = pd.concat(parts, axis=1)
    return row.rename(columns={f"active_{w}": f"active_days_{w}" for w in _SPANS})


_SPANS = ("7d", "28d", "90d", "365d", "before")


def _sums(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.groupby("account_id")[["events", "logins", "quantity", "ms", "active"]].sum()


def distinct(users: pd.DataFrame, names: pd.DataFrame, c: int) -> pd.DataFrame:
    """Return how many users and event names were last seen in each window at ``c``."""
    parts = {}
    for label, rows in (("active_users", users), ("distinct_events", names)):
        here = rows[(rows["known"] <= c) & (rows["until"] > c) & (rows["day"] >= c - 365)]
        for w in WINDOWS:
            parts[f"{label}_{w}d"] = here[here["day"] >= c - w].groupby("account_id").size()
    earlier = users[(users["known"] <= c) & (users["day"] >= c - 56) & (users["day"] < c - 28)]
    earlier = earlier.drop_duplicates("pair")
    return pd.DataFrame(parts).join(
        earlier.groupby("account_id").size().rename("active_users_before"), how="outer"
    )


if __name__ == "__main__":
    command(run)
