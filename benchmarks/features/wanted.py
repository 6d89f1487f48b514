"""The features that every way computes, by their names in the catalogue."""

USAGE = (
    *(f"events_{w}d" for w in (7, 28, 90, 365)),
    *(f"active_days_{w}d" for w in (7, 28, 90, 365)),
    *(f"distinct_events_{w}d" for w in (7, 28, 90, 365)),
    *(f"active_users_{w}d" for w in (7, 28, 90, 365)),
    *(f"quantity_{w}d" for w in (7, 28, 90, 365)),
    "events_28d_vs_prev_28d",
    "events_90d_vs_prev_90d",
    "active_days_28d_vs_prev_28d",
    "active_users_28d_vs_prev_28d",
    "quantity_28d_vs_prev_28d",
    "days_since_last_event",
    "logins_per_week_28d",
    "logins_per_week_90d",
    "logins_28d_vs_prev_28d",
    "hours_per_week_28d",
    "hours_per_week_90d",
    "hours_per_active_day_28d",
    "seats_in_use_28d",
    "events_per_user_28d",
)
SATISFACTION = (
    "nps_latest",
    "nps_change",
    "days_since_nps",
    "nps_mean_365d",
    "survey_answers_365d",
)
SUPPORT = (
    "tickets_28d",
    "tickets_90d",
    "tickets_365d",
    "tickets_90d_vs_prev_90d",
    "days_since_ticket",
    "tickets_open",
    "oldest_open_ticket_days",
    "tickets_resolved_share_90d",
    "resolution_hours_365d",
    "urgent_tickets_90d",
)
CONTRACT = (
    "tenure_months",
    "plan",
    "days_to_renewal",
    "term_months",
    "auto_renew",
    "mrr",
    "mrr_change_90d",
    "seats",
)
ENGAGEMENT = (
    "email_open_rate_28d",
    "email_open_rate_90d",
    "email_click_rate_90d",
    "email_opens_90d_vs_prev_90d",
    "meetings_90d",
    "days_since_inbound",
)
PAYMENT = ("overdue_days", "overdue_amount", "unpaid_amount", "late_share_365d")

WANTED: tuple[str, ...] = (*USAGE, *SATISFACTION, *SUPPORT, *CONTRACT, *ENGAGEMENT, *PAYMENT)
"""In the order of the columns; `LABEL` follows them."""
LABEL = "churned"
TEXTS = ("plan",)
"""The columns that hold text; all others are float64, missing as null."""
KEYS = ("as_of", "account_id")
COLUMNS: tuple[str, ...] = ("account_id", "as_of", *WANTED, LABEL)
"""What each way writes, sorted by `KEYS`."""
_STATES = (
    "seats_in_use_28d",
    *("nps_latest", "nps_change", "days_since_nps"),
    *("tickets_open", "oldest_open_ticket_days", "tickets_resolved_share_90d"),
    "resolution_hours_365d",
)
EXPRESSIBLE: tuple[str, ...] = tuple(
    name for name in (*USAGE, *SATISFACTION, *SUPPORT, *ENGAGEMENT) if name not in _STATES
)
"""Of `WANTED` what Featuretools' primitives say: no contracts, and nothing that changes later."""
