"""Broken data: what a failing feed or a changed export does to a snapshot."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from features.catalog import Feature
from serving.drift.findings import Finding, Severity, figure, finding
from serving.drift.observed import Floats, Observed
from serving.drift.statistics import share_change_p_value

WATCHED_MISSING = 0.05
"""A rise of the missing share from which it is worth a look (5 points)."""
BROKEN_MISSING = 0.10
"""A rise of the missing share that means a feed is failing (10 points)."""
UNIT_FACTOR = 5.0
"""A change of magnitude, either way, that customers do not make by themselves."""
UNLIKELY = 1e-4
"""Chance below which a silence or a frozen column is no accident."""
NEVER_NEGATIVE = ("count", "per_week", "share", "days", "hours", "months", "truth")
"""Units of which there cannot be less than nothing, if there never was."""
ENOUGH_VALUES = 50
"""Values below which neither a magnitude nor a range is judged."""


@dataclass(frozen=True)
class Feed:
    """How regularly a table receives rows.

    Attributes
    ----------
    last_at : datetime
        Time of its last row before ``as_of``, UTC.
    active_days : float
        Share of days with a row in the 90 days up to that row, 0 to 1.
    longest_gap : int or None
        Most whole days without a row in the year up to that row; None where too few gaps are known.
    """

    last_at: datetime
    active_days: float
    longest_gap: int | None = None

    def silent_days(self, as_of: datetime) -> float:
        """Return the days from the last row to ``as_of``."""
        return (as_of - self.last_at) / timedelta(days=1)

    def is_stale(self, as_of: datetime) -> bool:
        """Whether the silence up to ``as_of`` is no accident.

        Either it would be one once in 10,000 times: a day without rows is taken to have the chance
        it had in the past 90 days, and never less than 5 %, so that a feed of every day is stale
        after more than three days and one of working days after a week. Or it is more than twice
        the longest gap of the past year, and more than three days: a monthly feed is stale after
        two months.
        """
        days = int(self.silent_days(as_of))
        silent = 1.0 - min(self.active_days, 0.95)
        if days >= 1 and silent**days < UNLIKELY:
            return True
        return self.longest_gap is not None and days > max(2 * self.longest_gap, 3)


def broken(
    observed: Observed,
    features: Sequence[Feature],
    reference: Mapping[str, Any],
    *,
    as_of: datetime,
    accounts_before: int | None = None,
    feeds: Mapping[str, Feed] | None = None,
) -> list[Finding]:
    """Return what is broken in the snapshot, the whole first, then feature by feature.

    Parameters
    ----------
    observed : Observed
    features : sequence of Feature
        The champion's features.
    reference : mapping
        The champion's profile (``training.reference.reference``).
    as_of : datetime
        The instant of the snapshot, UTC.
    accounts_before : int, optional
        Accounts in the run before; without it the row count is not judged.
    feeds : mapping of str to Feed, optional
        Canonical table → its regularity; without it freshness is not judged.
    """
    found = [*_stale(feeds or {}, as_of), *_row_count(observed, accounts_before)]
    if not observed.rows:
        return found
    found += _duplicates(observed)
    for feature in features:
        profile = reference["features"].get(feature.name)
        if profile is not None:
            found += _of_feature(observed, feature, profile, reference["rows"])
    return found


def _of_feature(
    observed: Observed, feature: Feature, profile: Mapping[str, Any], rows: int
) -> Iterator[Finding]:
    if feature.name in observed.absent:
        yield finding("missing_column", "page", feature)
    elif feature.name in observed.wrong_types:
        expected = "text" if feature.kind == "category" else "number"
        now = observed.wrong_types[feature.name]
        yield finding("wrong_type", "page", feature, now=now, expected=expected)
    else:
        yield from _missing_values(observed, feature, profile, rows)
        if feature.kind == "category":
            yield from _categories(observed.texts[feature.name], feature, profile)
        else:
            yield from _numbers(observed.numbers[feature.name], feature, profile)


def _stale(feeds: Mapping[str, Feed], as_of: datetime) -> Iterator[Finding]:
    """Find tables whose silence up to ``as_of`` is no accident."""
    for table, feed in sorted(feeds.items()):
        if feed.is_stale(as_of):
            yield finding("stale_table", "page", column=table, days=feed.silent_days(as_of))


def _row_count(observed: Observed, before: int | None) -> Iterator[Finding]:
    if not observed.rows:
        yield finding("no_rows", "page")
    elif before and before >= ENOUGH_VALUES:
        ratio = observed.rows / before
        if ratio < 0.7 or ratio > 1.5:
            yield finding("row_count", "page", now=observed.rows, before=before)


def _duplicates(observed: Observed) -> Iterator[Finding]:
    account, count = Counter(observed.account_ids).most_common(1)[0]
    if count > 1:
        extra = observed.rows - len(set(observed.account_ids))
        yield finding("duplicate_accounts", "page", rows=extra, example=str(account))


def _missing_values(
    observed: Observed, feature: Feature, profile: Mapping[str, Any], rows: int
) -> Iterator[Finding]:
    """Find a rise of the missing share; a fall is no fault of a feed."""
    now, before = observed.missing_share(feature.name), profile["missing"]
    rise = now - before
    if rise < WATCHED_MISSING:
        return
    if share_change_p_value(before, rows, now, observed.rows) < UNLIKELY:
        severity: Severity = "page" if rise >= BROKEN_MISSING else "watch"
        yield finding("missing_values", severity, feature, now=now, before=before)


def _categories(
    texts: Sequence[str | None], feature: Feature, profile: Mapping[str, Any]
) -> Iterator[Finding]:
    counts = Counter(value for value in texts if value is not None)
    total = sum(counts.values())
    shares = profile["shares"]
    unseen = [(value, n) for value, n in counts.most_common() if not shares.get(value)]
    for value, n in unseen[:3]:
        many = n >= 5 and n / total >= 0.01
        severity: Severity = "page" if many else "watch"
        yield finding("new_category", severity, feature, example=value, share=n / total)
    for value, before in shares.items():
        if before >= 0.05 and not counts[value] and (1 - before) ** total < UNLIKELY:
            yield finding("lost_category", "page", feature, example=value, before=before)


def _numbers(values: Floats, feature: Feature, profile: Mapping[str, Any]) -> Iterator[Finding]:
    infinite = int(np.isinf(values).sum())
    if infinite:
        yield finding("infinite", "page", feature, rows=infinite)
    known = values[np.isfinite(values)]
    if not len(known) or not profile["grid"]:
        return
    if (known == known[0]).all():
        by_chance = profile["mode_share"] ** len(known)
        if not profile["frozen"] and by_chance < UNLIKELY:
            yield finding("frozen", "page", feature, value=figure(float(known[0])))
        return
    jump = list(_unit_jump(known, feature, profile))
    yield from jump or _out_of_range(known, feature, profile)


def _unit_jump(known: Floats, feature: Feature, profile: Mapping[str, Any]) -> Iterator[Finding]:
    """Find a change of the median magnitude; zeros are left out, because they have no unit."""
    sizes = np.abs(known[known != 0])
    if len(sizes) < ENOUGH_VALUES or not profile["size"]:
        return
    now = float(np.median(sizes))
    factor = now / profile["size"]
    if factor > UNIT_FACTOR or factor < 1 / UNIT_FACTOR:
        yield finding("unit_jump", "page", feature, factor=factor, before=profile["size"], now=now)


def _out_of_range(known: Floats, feature: Feature, profile: Mapping[str, Any]) -> Iterator[Finding]:
    """Find values no customer had: a negative count, or one percent far beyond the range.

    Far is more than the reference's whole range away: ages and totals may grow.
    """
    low, high = profile["minimum"], profile["maximum"]
    beyond = (known < low - (high - low)) | (known > high + (high - low))
    negative = low >= 0 and feature.unit in NEVER_NEGATIVE and bool((known < 0).any())
    if negative:
        beyond |= known < 0
    share = float(beyond.mean())
    if negative or (share >= 0.01 and len(known) >= ENOUGH_VALUES):
        example = float(known[beyond][0])
        yield finding(
            "out_of_range", "page", feature, low=low, high=high, share=share, example=example
        )
