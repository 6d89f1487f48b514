"""How exposed a contract is to being ended on each day: the clock on which hazards run."""

import numpy as np

from features.simulator.plan import Floats, Grid, Integers, Truths
from features.simulator.seasons import leaving_by_day

AT_RENEWAL = 0.4
"""Share of a term's exposure that falls on its last day, when not renewing is enough to leave."""


def add_months(day: Integers, months: Integers, grid: Grid) -> Integers:
    """Return days of the grid ``months`` calendar months later; 31 January → 28 or 29 February."""
    dates = (day + grid.first_day).astype("datetime64[D]")
    month = dates.astype("datetime64[M]")
    within = (dates - month).astype(np.int64)
    target = month + months.astype("timedelta64[M]")
    length = ((target + 1).astype("datetime64[D]") - target.astype("datetime64[D]")).astype(
        np.int64
    )
    moved = target.astype("datetime64[D]").astype(np.int64) + np.minimum(within, length - 1)
    return np.asarray(moved - grid.first_day, dtype=np.int64)


def renewal_days(start: Integers, annual: Truths, grid: Grid) -> Integers:
    """Return the last day of each term, shape (spells, terms); late ones lie beyond the grid."""
    months = np.where(annual, 12, 1)
    terms = grid.all_days // 28 + 1
    ends = [add_months(start, months * (k + 1), grid) for k in range(terms)]
    return np.stack(ends, axis=1) if len(start) else np.zeros((0, terms), np.int64)


def exposure(start: Integers, annual: Truths, renewals: Integers, grid: Grid) -> Floats:
    """Return cumulative exposure in days, shape (spells, all days + 1).

    Entry ``d`` is the exposure of ``[0, d)``. It is nil until the contract's first day
    ``start + 1``; later a usual day outside a renewal counts ``1 − AT_RENEWAL``.
    """
    days = np.arange(grid.all_days)
    tenure = days[None, :] - start[:, None]
    weight = leaving_by_day(grid)[None, :] * (1.0 + 0.4 * np.exp(-np.maximum(tenure, 0) / 120.0))
    daily = np.full(weight.shape, 1.0 - AT_RENEWAL)
    rows, terms = np.nonzero(renewals < grid.all_days)
    length = np.where(annual, 365.25, 30.44)
    daily[rows, renewals[rows, terms]] += AT_RENEWAL * length[rows]
    daily *= weight * (tenure > 0)
    total = np.zeros((len(start), grid.all_days + 1))
    np.cumsum(daily, axis=1, out=total[:, 1:])
    return total
