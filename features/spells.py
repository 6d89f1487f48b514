"""Unbroken customer relationships: when they began, and whether they ended.

A spell joins all contracts of an account whose gaps are no longer than ``allowed_gap_days``; a
change of plan is therefore no departure, and a return after a longer gap begins a new spell.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from features import identities, windows
from features.engines.light import ibis
from features.errors import TableError
from features.recipe import Recipe
from features.settings import Settings
from features.windows import Expression

if TYPE_CHECKING:
    from features.sources import Tables


END = Recipe("end", {})
"""The one row of `windows.cuts` that is the end of what was observed."""


def spells(tables: Tables, settings: Settings) -> ibis.Table:
    """Return every spell as all the data tell it.

    Returns
    -------
    ibis.Table
        ``account_id``, ``spell`` (1, 2, … per account), ``started_at``, ``ended_at`` (null while
        it runs), ``confirmed`` (the end is certain: a return within the allowed gap would have
        been observed).
    """
    lived = identities.as_lived(tables, settings)
    end = windows.cuts([tables.observed_until], END)
    if settings.churn.source == "inactivity":
        found = _silences(lived, settings, end)
        confirmed = found.ended_at <= found.as_of - ibis.interval(days=1)
    else:
        contracts = _contracts(lived, settings, end, as_known=False)
        found = _merge(identities.united(contracts, tables), settings)
        gap = ibis.interval(days=settings.churn.allowed_gap_days)
        confirmed = found.ended_at < found.as_of - gap
    found = found.mutate(confirmed=confirmed.coalesce(False))
    return found.select("account_id", "spell", "started_at", "ended_at", "confirmed")


def running(tables: Tables, settings: Settings, dates: ibis.Table) -> ibis.Table:
    """Return the spells that run at each cut-off, from what was known then.

    Parameters
    ----------
    dates : ibis.Table
        ``as_of`` and ``c``, see `windows.cuts`.

    Returns
    -------
    ibis.Table
        ``c``, ``as_of``, ``account_id``, ``started_at``, ``start_day``, ``tenure_days`` (whole
        days), ``past_spells`` (earlier ones); one row per account and cut-off, those younger than
        ``minimum_tenure_days`` left out.
    """
    if settings.churn.source == "inactivity":
        found = _active(tables, settings, dates)
    elif settings.churn.source == "churns":
        found = _unended(_contracts(tables, settings, dates, as_known=True), settings)
    else:
        found = _under_contract(_table(tables, "subscriptions", settings), settings, dates)
    seconds = found.as_of.delta(found.started_at, unit="second")
    found = found.mutate(
        start_day=windows.day_of(found.started_at), tenure_days=seconds // (24 * 60 * 60)
    )
    found = found.filter(found.tenure_days >= settings.churn.minimum_tenure_days)
    found = identities.valid(found, tables)
    return found.select(
        "c", "as_of", "account_id", "started_at", "start_day", "tenure_days", "past_spells"
    )


def _under_contract(contracts: ibis.Table, settings: Settings, dates: ibis.Table) -> ibis.Table:
    """Return the spells whose contracts run at each cut-off.

    Which contracts join into a spell depends only on those begun earlier, so it is the same at
    every cut-off and found once; only accounts with a contract recorded at a later cut-off than it
    began for are looked at cut-off by cut-off.
    """
    if "recorded_at" not in contracts.columns:
        return _found_once(contracts, settings, dates)
    behind = [contracts.started_at < dates.as_of, contracts.recorded_at >= dates.as_of]
    late = contracts.join(dates, behind).select(late="account_id").distinct()
    one_by_one = contracts.semi_join(late, contracts.account_id == late.late)
    one_by_one = _unended(_known_at(one_by_one, dates), settings)
    at_once = contracts.anti_join(late, contracts.account_id == late.late)
    at_once = _found_once(at_once, settings, dates)
    return ibis.union(at_once, one_by_one.select(*at_once.columns))


def _found_once(contracts: ibis.Table, settings: Settings, dates: ibis.Table) -> ibis.Table:
    rows = _numbered(
        contracts.select("account_id", "started_at", "ended_at"), ["account_id"], settings
    )
    so_far = ibis.window(
        group_by="account_id", order_by=["started_at", "until"], preceding=(None, 0)
    )
    starts = (rows.fresh == 1).ifelse(rows.started_at, ibis.null(rows.started_at.type()))
    rows = rows.mutate(began=starts.max().over(so_far))
    runs = [rows.started_at < dates.as_of, rows.ended_at.isnull() | (rows.ended_at >= dates.as_of)]
    rows = rows.join(dates, runs)
    found = rows.group_by(["c", "as_of", "account_id"]).aggregate(
        started_at=rows.began.min(), past_spells=(rows.spell.min() - 1).cast("int64")
    )
    return found


def _unended(contracts: ibis.Table, settings: Settings) -> ibis.Table:
    merged = _merge(contracts, settings)
    found = merged.filter(merged.ended_at.isnull())
    return found.mutate(past_spells=(merged.spell - 1).cast("int64"))


def _contracts(
    tables: Tables, settings: Settings, dates: ibis.Table, *, as_known: bool
) -> ibis.Table:
    """Return each contract per cut-off: started before it, the end null unless before it too."""
    subscriptions = _table(tables, "subscriptions", settings)
    if settings.churn.source == "churns":
        rows = _by(subscriptions, dates, "started_at", as_known=as_known)
        return _ended_by_churns(tables, settings, rows, dates, as_known=as_known)
    return _known_at(subscriptions, dates, as_known=as_known)


def _known_at(subscriptions: ibis.Table, dates: ibis.Table, *, as_known: bool = True) -> ibis.Table:
    rows = _by(subscriptions, dates, "started_at", as_known=as_known)
    ended = (rows.ended_at < rows.as_of).ifelse(rows.ended_at, ibis.null("timestamp(6)"))
    return rows.select("c", "as_of", "account_id", "started_at", ended_at=ended)


def _ended_by_churns(
    tables: Tables, settings: Settings, rows: ibis.Table, dates: ibis.Table, *, as_known: bool
) -> ibis.Table:
    """Return the contracts with the first churn after their start as their end."""
    churns = _by(_table(tables, "churns", settings), dates, "churned_at", as_known=as_known)
    keys = ["c", "as_of", "account_id", "started_at"]
    own = [name for name in (identities.ORIGIN,) if name in rows.columns]
    both = own if own and identities.ORIGIN in churns.columns else []
    churns = churns.select(
        c2="c", account2="account_id", ended_at="churned_at", **{f"{name} 2": name for name in both}
    )
    starts = rows.select(*keys, *own).distinct()
    later = starts.left_join(
        churns,
        [
            starts.c == churns.c2,
            starts.account_id == churns.account2,
            churns.ended_at > starts.started_at,
            *(starts[name] == churns[f"{name} 2"] for name in both),
        ],
    )
    ended = later.group_by([*keys, *own]).aggregate(ended_at=later.ended_at.min())
    return ended.select(*keys, "ended_at")


def _by(rows: ibis.Table, dates: ibis.Table, time: str, *, as_known: bool) -> ibis.Table:
    conditions: list[Expression] = [rows[time] < dates.as_of]
    if as_known and "recorded_at" in rows.columns:
        conditions.append(rows.recorded_at.isnull() | (rows.recorded_at < dates.as_of))
    return rows.join(dates, conditions)


def _table(tables: Tables, name: str, settings: Settings) -> ibis.Table:
    """Return a table that the churn source needs; accounts stand in for absent subscriptions."""
    if name in tables:
        return tables[name]
    accounts = tables["accounts"]
    if name == "subscriptions" and settings.churn.source == "churns":
        if "created_at" in accounts.columns:
            own = [name for name in (identities.ORIGIN,) if name in accounts.columns]
            return accounts.filter(accounts.created_at.notnull()).select(
                "account_id", *own, started_at="created_at"
            )
        raise TableError(
            "when each account began",
            "neither a table subscriptions nor a column created_at in accounts",
            "Map one of them in kenshin.toml.",
        )
    raise TableError(
        f"a table {name} for churn source '{settings.churn.source}'",
        "none",
        f"Map [tables.{name}] in kenshin.toml or choose another [churn].source.",
    )


def _merge(contracts: ibis.Table, settings: Settings) -> ibis.Table:
    """Return the spells of the contracts, per cut-off and account, numbered from 1."""
    contracts = _numbered(contracts, ["c", "account_id"], settings)
    merged = contracts.group_by(["c", "as_of", "account_id", "spell"]).aggregate(
        started_at=contracts.started_at.min(), until=contracts.until.max()
    )
    return merged.mutate(ended_at=merged.until.nullif(_forever())).drop("until")


def _numbered(contracts: ibis.Table, group: list[str], settings: Settings) -> ibis.Table:
    """Return the contracts with ``until``, ``fresh``, 1 where a spell begins, and its number."""
    order = ["started_at", "until"]
    contracts = contracts.mutate(until=contracts.ended_at.coalesce(_forever()))
    before = ibis.window(group_by=group, order_by=order, preceding=(None, 1))
    contracts = contracts.mutate(earlier=contracts.until.max().over(before))
    gap = ibis.interval(days=settings.churn.allowed_gap_days)
    fresh = contracts.earlier.isnull() | (contracts.started_at > contracts.earlier + gap)
    contracts = contracts.mutate(fresh=fresh.cast("int64"))
    so_far = ibis.window(group_by=group, order_by=order, preceding=(None, 0))
    return contracts.mutate(spell=contracts.fresh.sum().over(so_far).cast("int64"))


def _forever() -> Expression:
    return ibis.timestamp(datetime(9999, 1, 1))


def activity(tables: Tables, settings: Settings) -> ibis.Table:
    """Return the events that count as activity: all, or those named in the settings."""
    events = _table(tables, "events", settings)
    names = activity_names(settings)
    return events if names is None else events.filter(events.event.isin(names))


def activity_names(settings: Settings) -> tuple[str, ...] | None:
    """Return the events that count as activity by name; None is all of them."""
    named = settings.churn.source == "inactivity" and settings.churn.activity_events
    return settings.churn.activity_events if named else None


def activity_days(tables: Tables, settings: Settings) -> ibis.Table:
    """Return each account's active days with ``known``, the cut-off from which each counts."""
    if tables.digests is not None:
        return tables.digests.activity_days()
    rows = windows.placed(activity(tables, settings), "occurred_at")
    return rows.group_by(["account_id", "day"]).aggregate(known=rows.known.min())


def _active(tables: Tables, settings: Settings, dates: ibis.Table) -> ibis.Table:
    """Return the accounts with an event in ``[as_of − active_within_days, as_of)``.

    Their relationship starts at the first day of activity known at the cut-off: silence ends no
    contract, so there are no past spells.
    """
    days = activity_days(tables, settings)
    latest = windows.last_seen(days, [])
    latest = windows.seen_at(latest, dates, reach=settings.churn.active_within_days)
    latest = latest.select("c", "as_of", "account_id")
    sooner = ibis.window(group_by="account_id", order_by=["known", "day"], preceding=(None, 1))
    lows = days.mutate(earliest=days.day.min().over(sooner))
    lows = lows.filter(lows.earliest.isnull() | (lows.day < lows.earliest))
    firsts = windows.at_cuts(lows.drop("earliest"), dates)
    firsts = firsts.group_by(["c", "account_id"]).aggregate(first=firsts.day.min())
    found = latest.join(firsts, ["c", "account_id"])
    return found.mutate(started_at=_midnight(found.first), past_spells=ibis.literal(0, "int64"))


def _silences(tables: Tables, settings: Settings, end: ibis.Table) -> ibis.Table:
    """Return runs of activity with the ``end`` of what was observed.

    A run ends when ``horizon_days`` have passed without any.
    """
    days = activity_days(tables, settings)
    limit = settings.churn.horizon_days
    order = ibis.window(group_by="account_id", order_by="day")
    days = days.mutate(gap=days.day - days.day.lag().over(order))
    days = days.mutate(fresh=(days.gap.isnull() | (days.gap > limit)).cast("int64"))
    so_far = ibis.window(group_by="account_id", order_by="day", preceding=(None, 0))
    days = days.mutate(spell=days.fresh.sum().over(so_far).cast("int64"))
    runs = days.group_by(["account_id", "spell"]).aggregate(
        first=days.day.min(), final=days.day.max()
    )
    runs = runs.cross_join(end)
    ended = _midnight(runs.final + limit)
    ended = (ended < runs.as_of).ifelse(ended, ibis.null(ended.type()))
    return runs.mutate(started_at=_midnight(runs.first), ended_at=ended).drop("first", "final")


def _midnight(day: Expression) -> Expression:
    """Return the midnight that begins day number ``day``."""
    return ibis.timestamp(windows.EPOCH) + day.as_interval("D")
