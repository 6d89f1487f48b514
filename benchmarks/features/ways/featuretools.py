"""Featuretools with cut-off times: one run per window, for the features that it can express.

Runs in an environment of its own. Which accounts live, and for how long, comes from pandas.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import featuretools as ft
import pandas as pd
from featuretools.primitives import Count, Max, Mean, NumUnique, Sum

from benchmarks.features.task import Task, command
from benchmarks.features.wanted import EXPRESSIBLE, KEYS
from benchmarks.features.ways.pandas_relations import (
    INBOUND,
    URGENT,
    day_of,
    live,
    placed,
)

ZERO_UNLESS = ("days_since_", "nps_")
HOUR_S = 3600


def run(task: Task) -> None:
    """Write the snapshot of ``task``, of `EXPRESSIBLE` only."""
    cutoffs = _cutoffs(task)
    of = _Run(_entity_set(task), cutoffs[["account_id", "time"]])
    row = cutoffs.set_index(["account_id", "time"])
    for days in (7, 28, 90, 365):
        row = row.join(of.window(days).add_suffix(f"_{days}d"))
    row = row.join(of.window(28, skip=28).add_suffix("_before28"))
    row = row.join(of.window(90, skip=90).add_suffix("_before90"))
    row = row.join(of.ever())
    row = row.reset_index().rename(columns={"time": "as_of"})
    found = _columns(row).sort_values(list(KEYS))
    found.to_parquet(task.out, compression="zstd", index=False)


def _cutoffs(task: Task) -> pd.DataFrame:
    contracts = placed(pd.read_parquet(task.file("subscriptions")), "started_at")
    parts = [live(contracts, as_of).assign(time=as_of) for as_of in task.as_ofs]
    return pd.concat(parts).reset_index()[["account_id", "time", "tenure"]]


def _entity_set(task: Task) -> ft.EntitySet:
    entities = ft.EntitySet("company")
    accounts = pd.read_parquet(task.file("accounts"), columns=["account_id"])
    entities.add_dataframe(accounts, "accounts", index="account_id")
    events = pd.read_parquet(task.file("events"))
    events["date"] = events["day"] = day_of(events["occurred_at"]).astype("int64")
    events["date"] = events["date"].astype("category")
    _add(entities, "events", events, "occurred_at", "date", "event", "user_id")
    tickets = pd.read_parquet(task.file("tickets"))
    tickets["day"] = day_of(tickets["opened_at"]).astype("int64")
    tickets["urgent"] = tickets["priority"].str.lower().isin(URGENT).astype("int64")
    _add(entities, "tickets", tickets[["account_id", "opened_at", "day", "urgent"]], "opened_at")
    surveys = pd.read_parquet(task.file("surveys"))
    surveys = surveys[surveys["rating"].notna()]
    _add(entities, "surveys", surveys, "responded_at", "kind")
    messages = pd.read_parquet(task.file("messages"))
    inbound = messages["direction"].str.lower().isin(INBOUND)
    messages["heard"] = day_of(messages["occurred_at"]).where(inbound)
    _add(entities, "messages", messages, "occurred_at", "kind")
    return entities


def _add(
    entities: ft.EntitySet, name: str, rows: pd.DataFrame, time: str, *categories: str
) -> None:
    rows = rows.reset_index(drop=True).reset_index(names="row")
    kinds = dict.fromkeys(categories, "Categorical")
    entities.add_dataframe(rows, name, index="row", time_index=time, logical_types=kinds)
    entities.add_relationship("accounts", "account_id", name, "account_id")


@dataclass(frozen=True)
class _Run:
    """Featuretools' answers for one entity set and its cut-offs."""

    entities: ft.EntitySet
    cutoffs: pd.DataFrame

    def window(self, days: int, skip: int = 0) -> pd.DataFrame:
        """Return what happened in ``[c - skip - days, c - skip)``."""
        features = {
            "events": self._count("events"),
            "active_days": self._of("events", "date", NumUnique),
            "distinct_events": self._of("events", "event", NumUnique),
            "active_users": self._of("events", "user_id", NumUnique),
            "quantity": self._of("events", "quantity", Sum),
            "seconds": self._of("events", "duration_s", Sum),
            "logins": self._count("events", "event", "login"),
            "tickets": self._count("tickets"),
            "urgent_tickets": self._of("tickets", "urgent", Sum),
            "survey_answers": self._count("surveys"),
            "nps_mean": self._of("surveys", "rating", Mean, "kind", "nps"),
            "sent": self._count("messages", "kind", "email_sent"),
            "opened": self._count("messages", "kind", "email_open"),
            "clicked": self._count("messages", "kind", "email_click"),
            "meetings": self._count("messages", "kind", "meeting"),
        }
        return self._calculated(features, timedelta(days=skip), f"{days} days")

    def ever(self) -> pd.DataFrame:
        """Return the last days of all that is known."""
        features = {
            "last_event": self._of("events", "day", Max),
            "last_ticket": self._of("tickets", "day", Max),
            "last_inbound": self._of("messages", "heard", Max),
        }
        return self._calculated(features, timedelta(0), None)

    def _calculated(
        self, features: dict[str, ft.Feature], skip: timedelta, training_window: str | None
    ) -> pd.DataFrame:
        cutoffs = self.cutoffs.assign(time=self.cutoffs["time"] - skip)
        found = ft.calculate_feature_matrix(
            [feature.rename(name) for name, feature in features.items()],
            self.entities,
            cutoff_time=cutoffs,
            training_window=training_window,
            include_cutoff_time=False,
            cutoff_time_in_index=True,
        )
        found = found.reset_index()
        found["time"] = found["time"] + skip
        return found.set_index(["account_id", "time"]).astype("float64")

    def _count(self, table: str, column: str | None = None, value: str | None = None) -> ft.Feature:
        return self._of(table, "row", Count, column, value)

    def _of(
        self,
        table: str,
        column: str,
        primitive: type,
        by: str | None = None,
        value: str | None = None,
    ) -> ft.Feature:
        rows = self.entities[table].ww
        where = None if by is None else ft.Feature(rows[by]) == value
        return ft.Feature(
            rows[column], parent_dataframe_name="accounts", primitive=primitive, where=where
        )


def _columns(row: pd.DataFrame) -> pd.DataFrame:
    known = row.columns
    counted = [n for n in known if n not in ("account_id", "as_of", "tenure")]
    counted = [n for n in counted if not n.startswith(("last_", "nps_"))]
    row[counted] = row[counted].fillna(0.0)
    c = (row["as_of"] - datetime(1970, 1, 1)) // pd.Timedelta(days=1)
    found = {
        "logins_per_week_28d": row["logins_28d"] / 4,
        "logins_per_week_90d": row["logins_90d"] / (90 / 7),
        "hours_per_week_28d": row["seconds_28d"] / (HOUR_S * 4),
        "hours_per_week_90d": row["seconds_90d"] / (HOUR_S * 90 / 7),
        "hours_per_active_day_28d": _share(row["seconds_28d"] / HOUR_S, row["active_days_28d"]),
        "events_per_user_28d": _share(row["events_28d"], row["active_users_28d"]),
        "days_since_last_event": c - row["last_event"],
        "days_since_ticket": c - row["last_ticket"],
        "days_since_inbound": c - row["last_inbound"],
        "email_open_rate_28d": _share(row["opened_28d"], row["sent_28d"]).clip(upper=1),
        "email_open_rate_90d": _share(row["opened_90d"], row["sent_90d"]).clip(upper=1),
        "email_click_rate_90d": _share(row["clicked_90d"], row["sent_90d"]).clip(upper=1),
        "email_opens_90d_vs_prev_90d": _change(row, "opened", 90),
    }
    for name in ("events", "active_days", "active_users", "quantity", "logins"):
        found[f"{name}_28d_vs_prev_28d"] = _change(row, name, 28)
    for name in ("events", "tickets"):
        found[f"{name}_90d_vs_prev_90d"] = _change(row, name, 90)
    return row.assign(**found)[["account_id", "as_of", *EXPRESSIBLE]]


def _share(part: pd.Series, whole: pd.Series) -> pd.Series:
    return part / whole.where(whole != 0)


def _change(row: pd.DataFrame, name: str, days: int) -> pd.Series:
    before = row[f"{name}_before{days}"]
    before = before.where(before != 0)
    change = (row[f"{name}_{days}d"] - before) / before
    return change.where(row["tenure"] >= 2 * days)


if __name__ == "__main__":
    command(run)
