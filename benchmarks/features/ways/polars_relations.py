"""The small tables at one date with Polars."""

from datetime import datetime

import polars as pl

from benchmarks.features.task import ALLOWED_GAP_DAYS, HORIZON_DAYS, Task

URGENT = ["high", "urgent", "critical"]
INBOUND = ["in", "inbound", "received"]
FOREVER = datetime(9999, 1, 1)
ACCOUNT = "account_id"


def placed(rows: pl.LazyFrame, time: str) -> pl.LazyFrame:
    """Return ``rows`` with ``day`` and ``known``, the first day at whose midnight each counts."""
    day, recorded = day_of(time), day_of("recorded_at")
    return rows.with_columns(day=day, known=pl.max_horizontal(day, recorded) + 1)


def day_of(time: str) -> pl.Expr:
    """Return whole days since 1970."""
    return pl.col(time).dt.date().to_physical()


def relations(task: Task) -> dict[str, pl.LazyFrame]:
    """Return the small tables by name, placed and with the columns that do not change by date."""

    def read(table: str, time: str) -> pl.LazyFrame:
        return placed(pl.scan_parquet(task.file(table)), time)

    tickets = read("tickets", "opened_at").select(
        ACCOUNT,
        "day",
        "known",
        final=day_of("resolved_at"),
        seconds=_seconds("resolved_at") - _seconds("opened_at"),
        urgent=pl.col("priority").str.to_lowercase().is_in(URGENT),
    )
    messages = (
        read("messages", "occurred_at")
        .group_by(ACCOUNT, "day", "known")
        .agg(
            *((pl.col("kind") == kind).sum().alias(kind) for kind in _KINDS),
            inbound=pl.col("direction").str.to_lowercase().is_in(INBOUND).any(),
        )
    )
    surveys = read("surveys", "responded_at").filter(pl.col("rating").is_not_null())
    return {
        "contracts": read("subscriptions", "started_at").with_columns(
            final=day_of("ended_at"), cents=_whole("mrr", 100), renews=day_of("renews_at")
        ),
        "tickets": tickets,
        "surveys": surveys.with_columns(points=_whole("rating", 1000)),
        "messages": messages,
        "invoices": read("invoices", "issued_at").with_columns(
            due=day_of("due_at"), paid=day_of("paid_at"), cents=_whole("amount", 100)
        ),
    }


_KINDS = ("email_sent", "email_open", "email_click", "meeting")


def _whole(name: str, unit: int) -> pl.Expr:
    return (pl.col(name) * unit).round().cast(pl.Int64)


def _seconds(name: str) -> pl.Expr:
    return pl.col(name).dt.epoch("s")


def merged(contracts: pl.LazyFrame, as_of: datetime) -> pl.LazyFrame:
    """Return the spells of ``contracts``, ends from ``as_of`` on not yet known."""
    ended = pl.col("ended_at")
    until = pl.when(ended < as_of).then(ended).otherwise(pl.lit(FOREVER))
    rows = contracts.select(ACCOUNT, "started_at", until=until)
    rows = rows.sort(ACCOUNT, "started_at", "until")
    earlier = pl.col("until").cum_max().shift().over(ACCOUNT)
    fresh = earlier.is_null() | (pl.col("started_at") > earlier.dt.offset_by(_GAP))
    rows = rows.with_columns(spell=fresh.cum_sum())
    return rows.group_by(ACCOUNT, "spell").agg(
        began=pl.col("started_at").min(), until=pl.col("until").max()
    )


_GAP = f"{ALLOWED_GAP_DAYS}d"


def live(contracts: pl.LazyFrame, as_of: datetime) -> pl.LazyFrame:
    """Return the accounts with a running contract, and their tenure in days."""
    recorded = pl.col("recorded_at")
    known = contracts.filter(
        (pl.col("started_at") < as_of) & (recorded.is_null() | (recorded < as_of))
    )
    running = merged(known, as_of).filter(pl.col("until") == FOREVER)
    now = pl.lit(as_of).dt.epoch("s")
    return running.select(ACCOUNT, tenure=(now - _seconds("began")) // 86400)


def label(rows: pl.LazyFrame, spells: pl.LazyFrame, as_of: datetime, task: Task) -> pl.LazyFrame:
    """Return who of ``rows`` left; null where it is not known yet."""
    days = (task.observed_until - as_of).total_seconds() / 86400
    if days < HORIZON_DAYS + ALLOWED_GAP_DAYS:
        return rows.select(ACCOUNT, churned=pl.lit(None, dtype=pl.Boolean))
    end = pl.lit(as_of).dt.offset_by(f"{HORIZON_DAYS}d")
    confirmed = pl.col("until") < pl.lit(task.observed_until).dt.offset_by(f"-{_GAP}")
    spells = spells.filter((pl.col("began") < as_of) & (pl.col("until") >= as_of))
    return spells.select(ACCOUNT, churned=confirmed & (pl.col("until") < end))


def _terms(contracts: pl.LazyFrame, c: int) -> pl.LazyFrame:
    known = contracts.filter(pl.col("known") <= c)
    final = pl.col("final")
    rows = known.filter(final.is_null() | (final >= c))
    order = ["cents", "plan", "renews_at", "seats", "term_months", "auto_renew", "currency"]
    rows = rows.sort("started_at", *order, descending=[True, True, *[False] * 6], nulls_last=True)
    first = pl.col("plan", "term_months", "auto_renew", "renews").first()
    now = rows.group_by(ACCOUNT, maintain_order=True).agg(
        first, pl.col("seats").sum(), pl.col("cents").sum()
    )
    then = known.filter((pl.col("day") < c - 90) & (final.is_null() | (final >= c - 90)))
    then = then.group_by(ACCOUNT).agg(cents_before=pl.col("cents").sum())
    return now.join(then, on=ACCOUNT, how="left")


def _tickets(rows: pl.LazyFrame, c: int) -> pl.LazyFrame:
    day, done = pl.col("day"), (pl.col("final") < c).fill_null(False)
    in90, in365 = day >= c - 90, day >= c - 365
    return (
        rows.filter(pl.col("known") <= c)
        .group_by(ACCOUNT)
        .agg(
            last_ticket=day.max(),
            tickets_28d=(day >= c - 28).sum(),
            tickets_90d=in90.sum(),
            tickets_365d=in365.sum(),
            tickets_before=((day >= c - 180) & ~in90).sum(),
            tickets_open=(~done).sum(),
            oldest=day.filter(~done).min(),
            resolved_90d=(in90 & done).sum(),
            resolved_365d=(in365 & done).sum(),
            seconds=pl.col("seconds").filter(in365 & done).sum(),
            urgent_tickets_90d=(in90 & pl.col("urgent")).sum(),
        )
    )


def _surveys(rows: pl.LazyFrame, c: int) -> pl.LazyFrame:
    year, nps = pl.col("day") >= c - 365, pl.col("kind").str.to_lowercase() == "nps"
    points = pl.col("points")
    newest = points.filter(nps)
    return (
        rows.filter(pl.col("known") <= c)
        .sort("responded_at", "points", descending=[True, False])
        .group_by(ACCOUNT, maintain_order=True)
        .agg(
            answers=year.sum(),
            newest=newest.first(),
            before_newest=newest.slice(1, 1).first(),
            last_nps=pl.col("day").filter(nps).max(),
            nps_sum=points.filter(nps & year).sum(),
            nps_answers=(nps & year).sum(),
        )
    )


def _messages(rows: pl.LazyFrame, c: int) -> pl.LazyFrame:
    day = pl.col("day")
    in28, in90 = day >= c - 28, day >= c - 90
    return (
        rows.filter(pl.col("known") <= c)
        .group_by(ACCOUNT)
        .agg(
            last_inbound=day.filter(pl.col("inbound")).max(),
            sent_28d=pl.col("email_sent").filter(in28).sum(),
            opened_28d=pl.col("email_open").filter(in28).sum(),
            sent_90d=pl.col("email_sent").filter(in90).sum(),
            opened_90d=pl.col("email_open").filter(in90).sum(),
            clicked_90d=pl.col("email_click").filter(in90).sum(),
            opened_before=pl.col("email_open").filter((day >= c - 180) & ~in90).sum(),
            meetings_90d=pl.col("meeting").filter(in90).sum(),
        )
    )


def _invoices(rows: pl.LazyFrame, c: int) -> pl.LazyFrame:
    paid = (pl.col("paid") < c).fill_null(False)
    due = (pl.col("due") < c).fill_null(False)
    year, cents = pl.col("day") >= c - 365, pl.col("cents")
    late = due & (~paid | (pl.col("paid") > pl.col("due")))
    return (
        rows.filter(pl.col("known") <= c)
        .group_by(ACCOUNT)
        .agg(
            overdue=pl.col("due").filter(due & ~paid).min(),
            overdue_cents=cents.filter(due & ~paid).sum(),
            unpaid_cents=cents.filter(~paid).sum(),
            due_365d=(due & year).sum(),
            late_365d=(late & year).sum(),
        )
    )


SMALL = (
    ("contracts", _terms),
    ("tickets", _tickets),
    ("surveys", _surveys),
    ("messages", _messages),
    ("invoices", _invoices),
)
"""The small tables with what is computed of each at a date."""
