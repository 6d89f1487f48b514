"""The wanted columns out of counts and sums, with Polars."""

import polars as pl

from benchmarks.features.ways.pandas_columns import HOUR_MS, ZERO

_RENAMED = {
    **{f"active_{w}d": f"active_days_{w}d" for w in (7, 28, 90, 365)},
    "active_before": "active_days_before",
}


def columns(row: pl.LazyFrame, c: int) -> pl.LazyFrame:
    """Return the wanted columns at day ``c`` from all that was counted there, by account."""
    row = row.rename(_RENAMED).with_columns(pl.col(ZERO).fill_null(0).cast(pl.Float64))
    return row.with_columns(**_usage(c)).with_columns(**_business(c))


def _usage(c: int) -> dict[str, pl.Expr]:
    quantity = {f"quantity_{w}d": pl.col(f"quantity_{w}d") / 1000 for w in (7, 28, 90, 365)}
    before = pl.col("quantity_before") / 1000
    return quantity | {
        "events_28d_vs_prev_28d": _change("events_28d", "events_before", 56),
        "events_90d_vs_prev_90d": _change("events_90d", "events_90d_before", 180),
        "active_days_28d_vs_prev_28d": _change("active_days_28d", "active_days_before", 56),
        "active_users_28d_vs_prev_28d": _change("active_users_28d", "active_users_before", 56),
        "quantity_28d_vs_prev_28d": _old_enough(
            (pl.col("quantity_28d") / 1000 - before) / _divisor(before), 56
        ),
        "logins_28d_vs_prev_28d": _change("logins_28d", "logins_before", 56),
        "days_since_last_event": _since("last_event", c),
        "logins_per_week_28d": pl.col("logins_28d") / 4,
        "logins_per_week_90d": pl.col("logins_90d") / (90 / 7),
        "hours_per_week_28d": pl.col("ms_28d") / (HOUR_MS * 4),
        "hours_per_week_90d": pl.col("ms_90d") / (HOUR_MS * 90 / 7),
        "hours_per_active_day_28d": _share("ms_28d", "active_days_28d") / HOUR_MS,
        "seats_in_use_28d": _share("active_users_28d", "seats"),
        "events_per_user_28d": _share("events_28d", "active_users_28d"),
    }


def _business(c: int) -> dict[str, pl.Expr]:
    ahead = (pl.col("renews") - c).cast(pl.Float64)
    cents, earlier = pl.col("cents"), _divisor(pl.col("cents_before"))
    return {
        "nps_latest": pl.col("newest") / 1000,
        "nps_change": (pl.col("newest") - pl.col("before_newest")) / 1000,
        "days_since_nps": _since("last_nps", c),
        "nps_mean_365d": _share("nps_sum", "nps_answers") / 1000,
        "survey_answers_365d": pl.col("answers"),
        "tickets_90d_vs_prev_90d": _change("tickets_90d", "tickets_before", 180),
        "days_since_ticket": _since("last_ticket", c),
        "oldest_open_ticket_days": _since("oldest", c),
        "tickets_resolved_share_90d": _share("resolved_90d", "tickets_90d"),
        "resolution_hours_365d": _share("seconds", "resolved_365d") / 3600,
        "tenure_months": pl.col("tenure") / 30.4375,
        "days_to_renewal": pl.when(ahead >= 0).then(ahead),
        "term_months": pl.col("term_months").cast(pl.Float64),
        "auto_renew": pl.col("auto_renew").cast(pl.Float64),
        "mrr": cents / 100,
        "mrr_change_90d": (cents - pl.col("cents_before")) / earlier,
        "seats": pl.col("seats").cast(pl.Float64),
        "email_open_rate_28d": _share("opened_28d", "sent_28d").clip(upper_bound=1),
        "email_open_rate_90d": _share("opened_90d", "sent_90d").clip(upper_bound=1),
        "email_click_rate_90d": _share("clicked_90d", "sent_90d").clip(upper_bound=1),
        "email_opens_90d_vs_prev_90d": _change("opened_90d", "opened_before", 180),
        "days_since_inbound": _since("last_inbound", c),
        "overdue_days": _since("overdue", c).fill_null(0.0),
        "overdue_amount": pl.col("overdue_cents") / 100,
        "unpaid_amount": pl.col("unpaid_cents") / 100,
        "late_share_365d": _share("late_365d", "due_365d"),
    }


def _divisor(value: pl.Expr) -> pl.Expr:
    return pl.when(value != 0).then(value)


def _share(part: str, whole: str) -> pl.Expr:
    return pl.col(part) / _divisor(pl.col(whole))


def _since(day: str, c: int) -> pl.Expr:
    return (c - pl.col(day)).cast(pl.Float64)


def _change(now: str, before: str, tenure: int) -> pl.Expr:
    earlier = _divisor(pl.col(before))
    return _old_enough((pl.col(now) - earlier) / earlier, tenure)


def _old_enough(value: pl.Expr, tenure: int) -> pl.Expr:
    return pl.when(pl.col("tenure") >= tenure).then(value)
