"""Who left, and when: the answers to which snapshots are matched."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

from features import identities, spells, windows
from features.engines import arrow
from features.settings import Settings

if TYPE_CHECKING:
    from features.sources import Tables


def labels(tables: "Tables", settings: Settings, as_ofs: Sequence[datetime]) -> pa.Table:
    """Return whether each live account left in ``[as_of + lead, as_of + lead + horizon)``.

    Returns
    -------
    pa.Table
        ``account_id``, ``as_of``, ``churned`` and ``left_at``, sorted by (as_of, account_id); one
        row per account of the snapshot at ``as_of``. ``churned`` is null, never false, where the
        window plus the allowed gap runs past ``observed_until`` (for all accounts of that
        ``as_of``, those already seen to leave included, so that no base rate is bent), and where
        the account was gone before the window began. ``left_at`` is the confirmed end of the
        spell that ran at ``as_of``, null where there is none.
    """
    as_ofs = windows.require_midnights(as_ofs)
    dates = windows.cuts(as_ofs)
    then = identities.unfolded(tables, settings)
    live = spells.running(then, settings, dates).select("c", "as_of", "account_id")
    live = identities.shown(live, then)
    if settings.churn.source == "inactivity":
        found = _silent(tables, settings, _with_end(tables, settings, live))
    else:
        found = _left(tables, settings, _with_end(tables, settings, live))
    found = found.select("account_id", "as_of", "churned", "left_at")
    return arrow(found.order_by("as_of", "account_id"))


def departures(tables: "Tables", settings: Settings) -> pa.Table:
    """Return every confirmed end of a spell: ``account_id``, ``left_at``, sorted by both.

    Of merged accounts only the surviving one departs; a merge itself is no end.
    """
    ended = spells.spells(tables, settings)
    ended = identities.of_survivors(ended.filter(ended.confirmed), tables)
    ended = ended.select("account_id", left_at="ended_at")
    return arrow(ended.order_by("account_id", "left_at"))


def known_until(tables: "Tables", settings: Settings) -> datetime:
    """Return the last ``as_of`` whose labels are known."""
    churn = settings.churn
    days = churn.lead_days + churn.horizon_days
    if churn.source != "inactivity":
        days += churn.allowed_gap_days
    return windows.midnight(tables.observed_until - timedelta(days=days))


def _with_end(tables: "Tables", settings: Settings, live: ibis.Table) -> ibis.Table:
    """Return ``live`` with the spell that covers each ``as_of`` in all the data, or nulls."""
    all_spells = spells.spells(tables, settings).rename(account2="account_id")
    joined = live.left_join(
        all_spells,
        [
            live.account_id == all_spells.account2,
            all_spells.started_at < live.as_of,
            all_spells.ended_at.isnull() | (all_spells.ended_at >= live.as_of),
        ],
    )
    left_at = joined.confirmed.ifelse(joined.ended_at, ibis.null(joined.ended_at.type()))
    return joined.mutate(left_at=left_at)


def _left(tables: "Tables", settings: Settings, rows: ibis.Table) -> ibis.Table:
    lead = ibis.interval(days=settings.churn.lead_days)
    end = ibis.interval(days=settings.churn.lead_days + settings.churn.horizon_days)
    unknown = (rows.as_of > ibis.timestamp(known_until(tables, settings))) | (
        rows.account2.isnull() | (rows.left_at < rows.as_of + lead).coalesce(False)
    )
    churned = (rows.left_at < rows.as_of + end).coalesce(False)
    return rows.mutate(churned=unknown.ifelse(ibis.null("boolean"), churned))


def _silent(tables: "Tables", settings: Settings, rows: ibis.Table) -> ibis.Table:
    """Return the rows with ``churned``: no activity in the window, where it is all observed."""
    lived = identities.as_lived(tables, settings)
    days = spells.activity_days(lived, settings).select(account3="account_id", active="day")
    lead, horizon = settings.churn.lead_days, settings.churn.horizon_days
    seen = rows.select("c", "account_id").join(
        days,
        [
            ibis._.account_id == days.account3,
            days.active >= ibis._.c + lead,
            days.active < ibis._.c + lead + horizon,
        ],
    )
    seen = seen.select(c3="c", account3="account_id").distinct()
    rows = rows.left_join(seen, [rows.c == seen.c3, rows.account_id == seen.account3])
    unknown = rows.as_of > ibis.timestamp(known_until(tables, settings))
    return rows.mutate(churned=unknown.ifelse(ibis.null("boolean"), rows.account3.isnull()))
