"""The wanted columns out of counts and sums, with pandas."""

import numpy as np
import pandas as pd

from benchmarks.features.wanted import COLUMNS

HOUR_MS = 3_600_000
ZERO = (
    *(f"{n}_{w}d" for n in ("events", "active_days", "distinct_events") for w in (7, 28, 90, 365)),
    *(f"{n}_{w}d" for n in ("active_users", "quantity") for w in (7, 28, 90, 365)),
    *(f"{n}_before" for n in ("events", "active_days", "active_users", "quantity", "logins")),
    *("events_90d_before", "logins_28d", "logins_90d", "ms_28d", "ms_90d"),
    *("tickets_28d", "tickets_90d", "tickets_365d", "tickets_before", "tickets_open"),
    *("resolved_90d", "resolved_365d", "urgent_tickets_90d", "answers", "nps_answers"),
    *("sent_28d", "opened_28d", "sent_90d", "opened_90d", "clicked_90d", "opened_before"),
    *("meetings_90d", "overdue_cents", "unpaid_cents", "due_365d", "late_365d"),
)
"""What is zero for an account without rows."""


def columns(row: pd.DataFrame, c: int) -> pd.DataFrame:
    """Return the wanted columns at day ``c`` from all that was counted there, by account."""
    row = row.astype({name: "float64" for name in row if _counts(row[name])})
    row[list(ZERO)] = row[list(ZERO)].fillna(0.0)
    found = _usage(row, c) | _business(row, c)
    named = pd.DataFrame(found).reset_index()
    for name in COLUMNS:
        if name not in named:
            named[name] = row[name].to_numpy()
    return named[list(COLUMNS)]


def _counts(column: pd.Series) -> bool:
    return column.dtype.kind in "iuf"


def _usage(row: pd.DataFrame, c: int) -> dict[str, pd.Series]:
    quantity = {f"quantity_{w}d": row[f"quantity_{w}d"] / 1000 for w in (7, 28, 90, 365)}
    return quantity | {
        "events_28d_vs_prev_28d": _change(row, "events_28d", "events_before", 56),
        "events_90d_vs_prev_90d": _change(row, "events_90d", "events_90d_before", 180),
        "active_days_28d_vs_prev_28d": _change(row, "active_days_28d", "active_days_before", 56),
        "active_users_28d_vs_prev_28d": _change(row, "active_users_28d", "active_users_before", 56),
        "quantity_28d_vs_prev_28d": _change(row, "quantity_28d", "quantity_before", 56),
        "logins_28d_vs_prev_28d": _change(row, "logins_28d", "logins_before", 56),
        "days_since_last_event": c - row["last_event"],
        "logins_per_week_28d": row["logins_28d"] / 4,
        "logins_per_week_90d": row["logins_90d"] / (90 / 7),
        "hours_per_week_28d": row["ms_28d"] / (HOUR_MS * 4),
        "hours_per_week_90d": row["ms_90d"] / (HOUR_MS * 90 / 7),
        "hours_per_active_day_28d": _share(row["ms_28d"] / HOUR_MS, row["active_days_28d"]),
        "seats_in_use_28d": _share(row["active_users_28d"], row["seats"]),
        "events_per_user_28d": _share(row["events_28d"], row["active_users_28d"]),
    }


def _business(row: pd.DataFrame, c: int) -> dict[str, pd.Series]:
    before = row["cents_before"].replace(0, np.nan)
    return {
        "nps_latest": row["newest"] / 1000,
        "nps_change": (row["newest"] - row["before_newest"]) / 1000,
        "days_since_nps": c - row["last_nps"],
        "nps_mean_365d": _share(row["nps_sum"] / 1000, row["nps_answers"]),
        "survey_answers_365d": row["answers"],
        "tickets_90d_vs_prev_90d": _change(row, "tickets_90d", "tickets_before", 180),
        "days_since_ticket": c - row["last_ticket"],
        "oldest_open_ticket_days": c - row["oldest"],
        "tickets_resolved_share_90d": _share(row["resolved_90d"], row["tickets_90d"]),
        "resolution_hours_365d": _share(row["seconds"] / 3600, row["resolved_365d"]),
        "tenure_months": row["tenure"] / 30.4375,
        "mrr": row["cents"] / 100,
        "mrr_change_90d": (row["cents"] - before) / before,
        "email_open_rate_28d": _share(row["opened_28d"], row["sent_28d"]).clip(upper=1),
        "email_open_rate_90d": _share(row["opened_90d"], row["sent_90d"]).clip(upper=1),
        "email_click_rate_90d": _share(row["clicked_90d"], row["sent_90d"]).clip(upper=1),
        "email_opens_90d_vs_prev_90d": _change(row, "opened_90d", "opened_before", 180),
        "days_since_inbound": c - row["last_inbound"],
        "overdue_days": (c - row["overdue"]).fillna(0.0),
        "overdue_amount": row["overdue_cents"] / 100,
        "unpaid_amount": row["unpaid_cents"] / 100,
        "late_share_365d": _share(row["late_365d"], row["due_365d"]),
    }


def _share(part: pd.Series, whole: pd.Series) -> pd.Series:
    return part / whole.replace(0, np.nan)


def _change(row: pd.DataFrame, now: str, before: str, tenure: int) -> pd.Series:
    earlier = row[before].replace(0, np.nan)
    return ((row[now] - earlier) / earlier).where(row["tenure"] >= tenure)
