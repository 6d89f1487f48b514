"""One row per account, chosen by a rule that does not look at what is compared."""

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from training.frames import Frame

Ints = npt.NDArray[np.int64]

LEAVERS_A_CLASS = 20
MOST_CLASSES = 6
"""Tenure is cut at the leavers' own quantiles into at most so many classes, with at least so many
leavers in each."""


@dataclass(frozen=True)
class Cohort:
    """The accounts that are compared.

    Attributes
    ----------
    rows : Frame
        One row per account.
    left : ndarray of shape (n,), bool
    stratum : ndarray of shape (n,), int64
        Accounts of one plan and one class of tenure have the same number.
    controlled : tuple of str
        Of ``tenure`` and ``plan``, those that the rows tell.
    tenure_edges : tuple of float
        Months at which a class of tenure begins, the first (0) left out.
    """

    rows: Frame
    left: npt.NDArray[np.bool_]
    stratum: Ints
    controlled: tuple[str, ...]
    tenure_edges: tuple[float, ...]


def one_row_each(rows: Frame, seed: int) -> Cohort:
    """Return one row of each account and what it is compared within.

    Parameters
    ----------
    rows : Frame
        Any number of dates per account, outcomes known.

    Notes
    -----
    A leaver's row is the first date of its last unbroken run of dates from which it left within
    the horizon: what it had not done while there was still time. A stayer, who left from none of
    its dates, gets one of them by a hash of its id, each date as likely as there are leavers with
    it, so that both sides lie alike in calendar time. Without dates an account's last row counts.
    """
    account, date = _numbered(rows)
    order = np.lexsort((np.arange(len(rows)), date, account))
    account, date, churned = account[order], date[order], rows.churned[order] > 0
    starts = np.flatnonzero(np.r_[True, account[1:] != account[:-1]])
    ends = np.r_[starts[1:], len(account)]
    left = np.add.reduceat(churned, starts) > 0 if len(starts) else np.zeros(0, dtype=bool)
    chosen = ends - 1
    if not np.isnat(rows.as_of).all():
        chosen = chosen.copy()
        for k in np.flatnonzero(left):
            chosen[k] = _first_of_last_run(churned, starts[k], ends[k])
        leavers_at = np.bincount(date[chosen[left]], minlength=int(date.max(initial=0)) + 1)
        for k in np.flatnonzero(~left):
            row = order[starts[k]]
            share = _share(str(rows.account_ids[row]), seed)
            chosen[k] = starts[k] + _drawn(leavers_at[date[starts[k] : ends[k]]], share)
    taken = np.sort(order[chosen])
    kept = np.zeros(len(rows), dtype=bool)
    kept[taken] = True
    of_left = np.zeros(len(rows), dtype=bool)
    of_left[order[chosen[left]]] = True
    return _stratified(rows.where(kept), of_left[taken])


def _numbered(rows: Frame) -> tuple[Ints, Ints]:
    """Return each row's account and date as numbers (n,), dates in their order."""
    ids = pa.array(rows.account_ids, pa.string()).dictionary_encode()
    _, date = np.unique(rows.as_of, return_inverse=True)
    return ids.indices.to_numpy().astype(np.int64), date.astype(np.int64)


def _first_of_last_run(churned: npt.NDArray[np.bool_], start: int, end: int) -> int:
    last = start + int(np.flatnonzero(churned[start:end])[-1])
    stayed = np.flatnonzero(~churned[start:last])
    return start + int(stayed[-1]) + 1 if len(stayed) else start


def _share(account: str, seed: int) -> float:
    """Return a number in [0, 1) that only the account's id and the seed decide."""
    digest = hashlib.sha256(f"{seed}\0{account}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _drawn(weight: Ints, share: float) -> int:
    """Return where ``share`` of the weights is passed; without any, all weigh alike."""
    total = np.cumsum(weight if weight.any() else np.ones(len(weight)))
    return min(int(np.searchsorted(total, share * total[-1], side="right")), len(weight) - 1)


def _stratified(rows: Frame, left: npt.NDArray[np.bool_]) -> Cohort:
    names = [feature.name for feature in rows.features]
    stratum = np.zeros(len(rows), dtype=np.int64)
    controlled: list[str] = []
    edges: tuple[float, ...] = ()
    if "tenure_months" in names:
        tenure = rows.matrix[:, names.index("tenure_months")]
        edges = _edges(tenure[left])
        stratum = np.searchsorted(edges, tenure, side="right").astype(np.int64)
        controlled.append("tenure")
    plan = _plan(rows, names)
    if plan is not None:
        stratum = stratum * (int(plan.max(initial=0)) + 1) + plan
        controlled.append("plan")
    return Cohort(rows, left, stratum, tuple(controlled), edges)


def _edges(tenure: npt.NDArray[np.float64]) -> tuple[float, ...]:
    known = tenure[~np.isnan(tenure)]
    classes = min(MOST_CLASSES, len(known) // LEAVERS_A_CLASS)
    if classes < 2:
        return ()
    inner = np.quantile(known, np.arange(1, classes) / classes)
    return tuple(float(edge) for edge in np.unique(inner))


def _plan(rows: Frame, names: list[str]) -> Ints | None:
    """Return the plan of each row as a number; None where no row has one."""
    if "fact_plan" in rows.facts.column_names:
        plan = rows.facts.column("fact_plan").cast(pa.string()).fill_null("").combine_chunks()
        codes = plan.dictionary_encode()
        if len(codes.dictionary) > 1:
            return np.asarray(codes.indices.to_numpy(), dtype=np.int64)
    if "plan" in names:
        column = rows.matrix[:, names.index("plan")]
        return np.where(np.isnan(column), 0, column + 1).astype(np.int64)
    return None
