"""Who left, and when: the answers to which snapshots are matched."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa

from features import identities, spells, windows
from features.engines import arrow
from features.engines.asking import Makers, Place, asked
from features.engines.light import ibis
from features.given import given, rows_of
from features.recipe import Recipe
from features.settings import Settings
from features.windows import Expression

if TYPE_CHECKING:
    from features.sources import Tables


def labels(
    tables: Tables,
    settings: Settings,
    as_ofs: Sequence[datetime],
    horizons: Sequence[int] = (),
) -> pa.Table:
    """Return whether each live account left in ``[as_of + lead, as_of + lead + horizon)``.

    Parameters
    ----------
    horizons : sequence of int
        Further horizons in days, each told in a column of its own (`column`) by the same rules.
        Where churn is a silence of ``horizon_days``, a longer horizon asks whether one was over
        by then; a shorter one cannot hold it, and its answers are unknown.

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
    others = sorted(set(horizons) - {settings.churn.horizon_days})
    until = {
        days: known_until(tables, settings, days) for days in (settings.churn.horizon_days, *others)
    }

    def rows() -> ibis.Table:
        live = _live(tables, settings, windows.cuts(as_ofs, Recipe("dates", {})))
        settled = given(Recipe("settled", {}), **_settled(as_ofs, until))
        rows = _with_end(tables, settings, live.join(settled, live.c == settled["settled c"]))
        if settings.churn.source == "inactivity":
            found = _silent(tables, settings, rows, others)
        else:
            found = _left(settings, rows, others)
        found = found.select("account_id", "as_of", "churned", "left_at", *map(column, others))
        return found.order_by("as_of", "account_id")

    makers = {
        "dates": lambda: rows_of(windows.instants(as_ofs)),
        "settled": lambda: rows_of(_settled(as_ofs, until)),
    }
    told = _asked(tables, settings, ["labels", others], rows, makers)
    kinds = {"account_id": pa.string(), "as_of": pa.timestamp("us"), "left_at": pa.timestamp("us")}
    return told.cast(pa.schema([(name, kinds.get(name, pa.bool_())) for name in told.column_names]))


def _live(tables: Tables, settings: Settings, dates: ibis.Table) -> ibis.Table:
    """Return who lives at each cut-off: ``c``, ``as_of``, ``account_id``."""
    then = identities.unfolded(tables, settings)
    live = spells.running(then, settings, dates).select("c", "as_of", "account_id")
    return identities.shown(live, then)


def _settled(as_ofs: Sequence[datetime], until: Mapping[int, datetime]) -> dict[str, list[int]]:
    """Return for each cut-off whether its window is all observed, 1 or 0, by horizon."""
    found = {"settled c": [windows.day_number(as_of) for as_of in as_ofs]}
    for days, last in until.items():
        found[_is_settled(days)] = [int(as_of <= last) for as_of in as_ofs]
    return found


def _is_settled(days: int) -> str:
    return f"settled {days}"


def _asked(
    tables: Tables,
    settings: Settings,
    said: Sequence[object],
    rows: Callable[[], ibis.Table],
    makers: Makers,
) -> pa.Table:
    """Return the rows of a query about spells, kept between runs where it names no account."""
    if "identities" in tables:
        return arrow(rows())
    places: list[Place] = [(tables.tables, table) for table in tables.tables]
    if tables.digests is not None:
        places += [(tables.digests.parts, part) for part in tables.digests.parts]
    churn = settings.churn.model_dump(mode="json")
    end = {spells.END.kind: lambda: rows_of(windows.instants([tables.observed_until]))}
    return asked(settings, tables, places, [*said, churn], rows, {**makers, **end})


def column(days: int) -> str:
    """Return the column of `labels` that tells a further horizon of ``days``."""
    return f"churned_{days}d"


def departures(tables: Tables, settings: Settings) -> pa.Table:
    """Return every confirmed end of a spell: ``account_id``, ``left_at``, sorted by both.

    Of merged accounts only the surviving one departs; a merge itself is no end.
    """

    def rows() -> ibis.Table:
        ended = spells.spells(tables, settings)
        ended = identities.of_survivors(ended.filter(ended.confirmed), tables)
        ended = ended.select("account_id", left_at="ended_at")
        return ended.order_by("account_id", "left_at")

    told = _asked(tables, settings, ["departures"], rows, {})
    return told.cast(pa.schema([("account_id", pa.string()), ("left_at", pa.timestamp("us"))]))


def known_until(tables: Tables, settings: Settings, horizon_days: int | None = None) -> datetime:
    """Return the last ``as_of`` whose labels are known; default: of the headline horizon."""
    churn = settings.churn
    days = churn.lead_days + (churn.horizon_days if horizon_days is None else horizon_days)
    if churn.source != "inactivity":
        days += churn.allowed_gap_days
    return windows.midnight(tables.observed_until - timedelta(days=days))


def _with_end(tables: Tables, settings: Settings, live: ibis.Table) -> ibis.Table:
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


def _left(settings: Settings, rows: ibis.Table, others: Sequence[int]) -> ibis.Table:
    lead = settings.churn.lead_days
    gone = rows.left_at < rows.as_of + ibis.interval(days=lead)
    neither = rows.account2.isnull() | gone.coalesce(False)

    def within(days: int) -> Expression:
        unknown = (rows[_is_settled(days)] == 0) | neither
        churned = rows.left_at < rows.as_of + ibis.interval(days=lead + days)
        return unknown.ifelse(ibis.null("boolean"), churned.coalesce(False))

    told = {column(days): within(days) for days in others}
    return rows.mutate(churned=within(settings.churn.horizon_days), **told)


def _silent(
    tables: Tables, settings: Settings, rows: ibis.Table, others: Sequence[int]
) -> ibis.Table:
    """Return the rows with ``churned``: no activity in the window, where it is all observed."""
    lived = identities.as_lived(tables, settings)
    days = spells.activity_days(lived, settings).select(account3="account_id", active="day")
    lead, horizon = settings.churn.lead_days, settings.churn.horizon_days
    keys = rows.select("c", "account_id")
    seen = keys.join(
        days,
        [
            ibis._.account_id == days.account3,
            days.active >= ibis._.c + lead,
            days.active < ibis._.c + lead + horizon,
        ],
    )
    seen = seen.select(c3="c", account3="account_id").distinct()
    rows = rows.left_join(seen, [rows.c == seen.c3, rows.account_id == seen.account3])
    silent = rows.account3.isnull()
    rows = rows.mutate(churned=_known(rows, silent, horizon))
    longer = [days for days in others if days > horizon]
    if longer:
        falls = _falls_silent(days, keys, settings, max(longer))
        rows = rows.left_join(falls, [rows.c == falls.c4, rows.account_id == falls.account4])
    told = {}
    for end in others:
        told[column(end)] = ibis.null("boolean")
        if end > horizon:
            over = (rows.last_active + 1 + horizon <= rows.c + lead + end).coalesce(False)
            told[column(end)] = _known(rows, rows.account3.isnull() | over, end)
    return rows.mutate(**told)


def _known(rows: ibis.Table, churned: Expression, days: int) -> Expression:
    return (rows[_is_settled(days)] == 0).ifelse(ibis.null("boolean"), churned)


def _falls_silent(days: ibis.Table, keys: ibis.Table, settings: Settings, reach: int) -> ibis.Table:
    """Return for each row the first active day after which ``horizon_days`` pass without one.

    Only days within ``reach`` of the window's start; rows without such a day are left out.
    """
    lead, horizon = settings.churn.lead_days, settings.churn.horizon_days
    order = ibis.window(group_by="account3", order_by="active")
    gaps = days.mutate(following=days.active.lead().over(order))
    last = gaps.filter(gaps.following.isnull() | (gaps.following - gaps.active > horizon))
    found = keys.join(
        last,
        [
            keys.account_id == last.account3,
            last.active >= keys.c + lead,
            last.active < keys.c + lead + reach - horizon,
        ],
    )
    found = found.group_by(c4="c", account4="account_id")
    return found.aggregate(last_active=ibis._.active.min())
