"""The chance of leaving between the horizons, and what the book is expected to lose by month.

Between two horizons the cumulative hazard rises in a straight line. Where most ends of the past lay
at the renewal date (`training.outcomes.renewals`), that share of a segment's rise is placed in the
week before and after the account's own date; otherwise the date changes nothing and is only drawn.
The horizons themselves are never moved.
"""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

NEAR_DAYS = 7.0
MONTH_DAYS = 365 / 12
MONTHS = 12


def chances(
    days: Sequence[int],
    horizons: Floats,
    at: npt.ArrayLike,
    renewal: Floats | None = None,
    share: float | None = None,
) -> Floats:
    """Return P(leaves within each of ``at``), (n, m), from those by ``days``, (n, k).

    Parameters
    ----------
    days : sequence of int
        Ascending.
    at : array of shape (m,)
        Days from 0 to the last horizon.
    renewal : ndarray of shape (n,), optional
        Days to each account's renewal, NaN where there is none.
    share : float, optional
        Share of a rise that happens at the renewal; None where it is nowhere in particular.
    """
    wanted = np.atleast_1d(np.asarray(at, dtype=np.float64))
    ends = np.array([0.0, *days])
    hazard = -np.log1p(-np.minimum(horizons, 1 - 1e-12))
    hazard = np.column_stack([np.zeros(len(hazard)), hazard])
    segment = np.clip(np.searchsorted(ends, wanted, side="left") - 1, 0, len(days) - 1)
    start, end = ends[segment], ends[segment + 1]
    done = np.broadcast_to((wanted - start) / (end - start), (len(hazard), len(wanted)))
    if share is not None and renewal is not None:
        done = _with_step(done, wanted, start, end, renewal[:, None], share)
    risen = hazard[:, segment] + (hazard[:, segment + 1] - hazard[:, segment]) * done
    found = np.asarray(-np.expm1(-risen), dtype=np.float64)
    for place, day in enumerate(days):
        found[:, wanted == day] = horizons[:, [place]]
    return found


def chance(
    days: Sequence[int], known: Sequence[float], at: float, renewal: float, share: float | None
) -> float:
    """Return what `chances` does of one account at one day, to the last bit in a tenth of its time.

    Parameters
    ----------
    known : sequence of float, of length k
        P(leaves within each of ``days``).
    at, renewal : float
        Days; ``renewal`` is NaN where there is none.
    """
    if at in days:
        return known[days.index(int(at))]
    place = min(max(bisect_left(days, at), 0), len(days) - 1)
    start, end = days[place - 1] if place else 0.0, days[place]
    done = (at - start) / (end - start)
    if share is not None and start < renewal <= end:
        first, last = max(renewal - NEAR_DAYS, start), min(renewal + NEAR_DAYS, end)
        done = (1 - share) * done + share * min(max((at - first) / (last - first), 0.0), 1.0)
    # Numpy's own logarithm and power, whose last bits are not those of the C library's.
    around = [-min(one, 1 - 1e-12) for one in known[max(place - 1, 0) : place + 1]]
    before, after = [0.0, *(-np.log1p(around)).tolist()][-2:]
    risen = before + (after - before) * done
    return float(-np.expm1(-np.array([risen]))[0])


def _with_step(
    done: Floats, at: Floats, start: Floats, end: Floats, renewal: Floats, share: float
) -> Floats:
    """Return the share of each segment's rise that has happened, the step at the date included."""
    inside = (renewal > start) & (renewal <= end)
    first, last = np.maximum(renewal - NEAR_DAYS, start), np.minimum(renewal + NEAR_DAYS, end)
    with np.errstate(divide="ignore", invalid="ignore"):  # only where it is not inside
        stepped = np.clip((at - first) / (last - first), 0.0, 1.0)
    risen = (1 - share) * done + share * np.nan_to_num(stepped)
    return np.asarray(np.where(inside, risen, done), dtype=np.float64)


def days_to(renewal: date | datetime | None, as_of: datetime) -> float:
    """Return the days from ``as_of`` to a date, NaN where there is none."""
    if renewal is None:
        return float("nan")
    midnight = datetime(renewal.year, renewal.month, renewal.day)
    return (midnight - as_of).total_seconds() / 86_400


def expected_loss(
    days: Sequence[int],
    horizons: Floats,
    mrr: Floats,
    currency: Sequence[str | None],
    renewal: Floats,
    share: float | None,
) -> dict[str, Any]:
    """Return currency → expected monthly revenue lost in each month ahead, Σ mrr × P(leaves in it).

    Parameters
    ----------
    horizons : ndarray of shape (n, k)
        NaN in the rows of accounts without a score; they are counted beside the sum, not in it.
    mrr : ndarray of shape (n,)
        Monthly revenue; NaN where none is known.
    """
    months = int(min(MONTHS, (days[-1] + 1e-9) // MONTH_DAYS)) if days else 0
    ends = np.minimum(np.arange(1, months + 1) * MONTH_DAYS, days[-1] if days else 0)
    names = np.array([name or "" for name in currency], dtype=object)
    found = {}
    for name in sorted(set(names[np.isfinite(mrr)])):
        own = (names == name) & np.isfinite(mrr)
        scored = own & np.isfinite(horizons).all(axis=1)
        rising = chances(days, horizons[scored], ends, renewal[scored], share)
        within = np.diff(rising, axis=1, prepend=0.0)
        found[str(name)] = {
            "months": (mrr[scored, None] * within).sum(axis=0).tolist(),
            "mrr": float(mrr[scored].sum()),
            "accounts": int(scored.sum()),
            "unknown_mrr": float(mrr[own & ~scored].sum()),
            "unknown_accounts": int((own & ~scored).sum()),
        }
    return found
