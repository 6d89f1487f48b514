"""The small tables at one date with pandas: what both pandas ways do alike.

Every function takes a table whose days are placed (`placed`) and returns one row per account, by
``account_id``; the account may be its name or a number that stands for it.
"""

from collections.abc import Callable
from datetime import datetime

import numpy as np
import pandas as pd

from benchmarks.features.task import ALLOWED_GAP_DAYS, HORIZON_DAYS

FOREVER = pd.Timestamp("2200-01-01")
URGENT = ("high", "urgent", "critical")
INBOUND = ("in", "inbound", "received")
GAP = pd.Timedelta(days=ALLOWED_GAP_DAYS)


def day_of(times: pd.Series) -> pd.Series:
    """Return whole days since 1970; a missing time is missing."""
    days = times.to_numpy().astype("datetime64[D]")
    numbers = days.astype("int64").astype("float64")
    return pd.Series(np.where(np.isnat(days), np.nan, numbers), index=times.index)


def placed(rows: pd.DataFrame, time: str) -> pd.DataFrame:
    """Return ``rows`` with ``day`` and ``known``, the first day at whose midnight each counts."""
    day = day_of(rows[time])
    recorded = day_of(rows["recorded_at"]).fillna(day) if "recorded_at" in rows else day
    known = np.maximum(day, recorded) + 1
    return rows.assign(day=day.astype("int32"), known=known.astype("int32"))


def relations(read: Callable[[str], pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the small tables by name, placed and with the columns that do not change by date."""
    contracts = placed(read("subscriptions"), "started_at")
    contracts["final"] = day_of(contracts["ended_at"])
    contracts["cents"] = (contracts["mrr"] * 100).round()
    tickets = placed(read("tickets"), "opened_at")
    tickets["final"] = day_of(tickets["resolved_at"])
    spent = tickets["resolved_at"].dt.floor("s") - tickets["opened_at"].dt.floor("s")
    tickets["seconds"] = spent.dt.total_seconds()
    surveys = placed(read("surveys"), "responded_at")
    surveys = surveys[surveys["rating"].notna()]
    surveys = surveys.assign(points=(surveys["rating"] * 1000).round())
    messages = placed(read("messages"), "occurred_at")
    messages["inbound"] = messages["direction"].str.lower().isin(INBOUND)
    invoices = placed(read("invoices"), "issued_at")
    for name in ("due", "paid"):
        invoices[name] = day_of(invoices[f"{name}_at"])
    invoices["cents"] = (invoices["amount"] * 100).round()
    return {
        "contracts": contracts,
        "tickets": tickets,
        "surveys": surveys,
        "messages": messages,
        "invoices": invoices,
    }


def beside_usage(
    tables: dict[str, pd.DataFrame], spells: pd.DataFrame, as_of: datetime, until: datetime
) -> pd.DataFrame:
    """Return the live accounts at ``as_of`` with the label and all that the small tables tell."""
    c = (as_of - datetime(1970, 1, 1)).days
    row = live(tables["contracts"], as_of)
    row["churned"] = churned(row, spells, as_of, until)
    row["as_of"] = as_of
    parts = [
        terms(tables["contracts"], c),
        tickets(tables["tickets"], c),
        surveys(tables["surveys"], c),
        messages(tables["messages"], c),
        invoices(tables["invoices"], c),
    ]
    return row.join(parts)


def live(contracts: pd.DataFrame, as_of: datetime) -> pd.DataFrame:
    """Return the accounts with a running contract: ``began`` and ``tenure`` in days."""
    recorded = contracts.get("recorded_at", contracts["started_at"])
    rows = contracts[(contracts["started_at"] < as_of) & (recorded.isna() | (recorded < as_of))]
    spells = merged(rows, as_of)
    running = spells[spells["until"] == FOREVER].set_index("account_id")
    seconds = (as_of - running["began"].dt.floor("s")) // pd.Timedelta(seconds=1)
    return pd.DataFrame({"began": running["began"], "tenure": seconds // 86400})


def merged(contracts: pd.DataFrame, as_of: datetime) -> pd.DataFrame:
    """Return the spells of ``contracts``, ends from ``as_of`` on not yet known."""
    rows = contracts[["account_id", "started_at"]].assign(
        until=contracts["ended_at"].where(contracts["ended_at"] < as_of, FOREVER)
    )
    rows = rows.sort_values(["account_id", "started_at", "until"])
    latest = rows.groupby("account_id")["until"].cummax()
    earlier = latest.groupby(rows["account_id"]).shift()
    fresh = earlier.isna() | (rows["started_at"] > earlier + GAP)
    rows["spell"] = fresh.cumsum()
    spells = rows.groupby(["account_id", "spell"])
    return spells.agg(began=("started_at", "min"), until=("until", "max")).reset_index()


def churned(
    accounts: pd.DataFrame, spells: pd.DataFrame, as_of: datetime, observed_until: datetime
) -> pd.Series:
    """Return the label of the live accounts; null where it is not known yet."""
    horizon = pd.Timedelta(days=HORIZON_DAYS)
    unknown = as_of + horizon + GAP > observed_until
    covering = spells[(spells["began"] < as_of) & (spells["until"] >= as_of)]
    until = covering.set_index("account_id")["until"].reindex(accounts.index)
    left = (until < observed_until - GAP) & (until < as_of + horizon)
    return left.astype("boolean").mask(until.isna() | unknown)


def terms(contracts: pd.DataFrame, c: int) -> pd.DataFrame:
    """Return what runs at ``c``, and what was paid 90 days before."""
    known = contracts[contracts["known"] <= c]
    rows = known[known["final"].isna() | (known["final"] >= c)]
    order = ["account_id", "started_at", "cents", "plan", "renews_at", "seats", "term_months"]
    upward = [True, False, False, True, True, True, True, True, True]
    rows = rows.sort_values([*order, "auto_renew", "currency"], ascending=upward)
    by_account = rows.groupby("account_id")
    first = rows.drop_duplicates("account_id").set_index("account_id")
    then = known[(known["day"] < c - 90) & (known["final"].isna() | (known["final"] >= c - 90))]
    renews = day_of(first["renews_at"]) - c
    return pd.DataFrame(
        {
            "seats": by_account["seats"].sum(min_count=1),
            "cents": by_account["cents"].sum(min_count=1),
            "plan": first["plan"],
            "term_months": first["term_months"].astype("float64"),
            "auto_renew": first["auto_renew"].astype("float64"),
            "days_to_renewal": renews.where(renews >= 0),
        }
    ).join(then.groupby("account_id")["cents"].sum(min_count=1).rename("cents_before"))


def tickets(rows: pd.DataFrame, c: int) -> pd.DataFrame:
    """Return counts, ages and resolutions."""
    rows = rows[rows["known"] <= c]
    done = rows["final"] < c
    urgent = rows["priority"].str.lower().isin(URGENT)
    in90, in365 = rows["day"] >= c - 90, rows["day"] >= c - 365
    before = (rows["day"] >= c - 180) & ~in90
    return pd.DataFrame(
        {
            "last_ticket": rows.groupby("account_id")["day"].max(),
            "tickets_28d": _size(rows[rows["day"] >= c - 28]),
            "tickets_90d": _size(rows[in90]),
            "tickets_365d": _size(rows[in365]),
            "tickets_before": _size(rows[before]),
            "tickets_open": _size(rows[~done]),
            "oldest": rows[~done].groupby("account_id")["day"].min(),
            "resolved_90d": _size(rows[in90 & done]),
            "resolved_365d": _size(rows[in365 & done]),
            "seconds": rows[in365 & done].groupby("account_id")["seconds"].sum(),
            "urgent_tickets_90d": _size(rows[in90 & urgent]),
        }
    )


def surveys(rows: pd.DataFrame, c: int) -> pd.DataFrame:
    """Return the answers, the latest two of NPS among them."""
    rows = rows[rows["known"] <= c]
    nps = rows[rows["kind"].str.lower() == "nps"]
    nps = nps.sort_values(["account_id", "responded_at", "points"], ascending=[True, False, True])
    place = nps.groupby("account_id").cumcount()
    year = nps[nps["day"] >= c - 365].groupby("account_id")["points"]
    return pd.DataFrame(
        {
            "answers": _size(rows[rows["day"] >= c - 365]),
            "newest": nps[place == 0].set_index("account_id")["points"],
            "before_newest": nps[place == 1].set_index("account_id")["points"],
            "last_nps": nps.groupby("account_id")["day"].max(),
            "nps_sum": year.sum(),
            "nps_answers": year.size(),
        }
    )


def messages(rows: pd.DataFrame, c: int) -> pd.DataFrame:
    """Return counts per kind and window, and when the customer was last heard."""
    rows = rows[rows["known"] <= c]
    kind, in90 = rows["kind"], rows["day"] >= c - 90
    in28, before = rows["day"] >= c - 28, (rows["day"] >= c - 180) & ~in90
    return pd.DataFrame(
        {
            "last_inbound": rows[rows["inbound"]].groupby("account_id")["day"].max(),
            "sent_28d": _size(rows[in28 & (kind == "email_sent")]),
            "opened_28d": _size(rows[in28 & (kind == "email_open")]),
            "sent_90d": _size(rows[in90 & (kind == "email_sent")]),
            "opened_90d": _size(rows[in90 & (kind == "email_open")]),
            "clicked_90d": _size(rows[in90 & (kind == "email_click")]),
            "opened_before": _size(rows[before & (kind == "email_open")]),
            "meetings_90d": _size(rows[in90 & (kind == "meeting")]),
        }
    )


def invoices(rows: pd.DataFrame, c: int) -> pd.DataFrame:
    """Return what is due, late and unpaid."""
    rows = rows[rows["known"] <= c]
    paid, due, year = rows["paid"] < c, rows["due"] < c, rows["day"] >= c - 365
    overdue = due & ~paid
    late = due & (~paid | (rows["paid"] > rows["due"]))
    by_account = rows[overdue].groupby("account_id")
    return pd.DataFrame(
        {
            "overdue": by_account["due"].min(),
            "overdue_cents": by_account["cents"].sum(),
            "unpaid_cents": rows[~paid].groupby("account_id")["cents"].sum(),
            "due_365d": _size(rows[year & due]),
            "late_365d": _size(rows[year & late]),
        }
    )


def _size(rows: pd.DataFrame) -> pd.Series:
    return rows.groupby("account_id").size()
