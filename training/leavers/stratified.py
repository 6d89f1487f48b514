"""One odds ratio across strata: two groups compared only with those like them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import chi2
from statsmodels.stats.contingency_tables import StratifiedTable

from training.intervals import Z90

Truths = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Stratified:
    """What strata say together.

    Attributes
    ----------
    odds_ratio : float or None
        Odds of leaving with the fact over those without; None where it is 0 or infinite.
    interval : tuple of float or None
        90 %; ``(None, None)`` where there is no ratio.
    p_value : float
        Of Mantel and Haenszel's test, two-sided; 1 where no stratum tells anything.
    more_among_leavers : bool
        More leavers have the fact than strata like theirs lead to expect.
    expected : float
        How far the number of leavers with the fact could lie from what is expected, on the nearer
        side; the test wants 5 (Mantel and Fleiss, American Journal of Epidemiology 112, 1980,
        129-134).
    leavers : int
        Those in strata with stayers too, and with the fact both there and not there.
    alike : float or None
        Share of stayers with the fact, were they of the leavers' tenures and plans: each stratum
        weighs as many as it has leavers.
    excess : float
        The leavers' share in strata that hold both sides, less ``alike``.
    """

    odds_ratio: float | None
    interval: tuple[float | None, float | None]
    p_value: float
    more_among_leavers: bool
    expected: float
    leavers: int
    alike: float | None
    excess: float


_NOTHING = Stratified(None, (None, None), 1.0, False, 0.0, 0, None, 0.0)


def stratified(true: Truths, left: Truths, stratum: npt.NDArray[np.int64]) -> Stratified:
    """Return the pooled odds ratio of leaving with and without a fact, rows all of shape (n,)."""
    every = _tables(true, left, stratum)
    tables = every[:, :, (every.sum(axis=0) > 0).all(axis=0) & (every.sum(axis=1) > 0).all(axis=0)]
    if not tables.shape[2]:
        return _NOTHING
    alike, share = _alike(every)
    pooled = StratifiedTable(tables)
    with_fact, leavers = tables[:, 0].sum(axis=0), tables[0].sum(axis=0)
    expected = with_fact * leavers / tables.sum(axis=(0, 1))
    seen = float(tables[0, 0].sum())
    least = np.maximum(0.0, leavers - tables[:, 1].sum(axis=0))
    most = np.minimum(leavers, with_fact)
    room = min(expected.sum() - least.sum(), most.sum() - expected.sum())
    ratio, interval = _ratio(pooled, tables)
    return Stratified(
        odds_ratio=ratio,
        interval=interval,
        p_value=float(chi2.sf(pooled.test_null_odds(correction=True).statistic, 1)),
        more_among_leavers=bool(seen > expected.sum()),
        expected=float(room),
        leavers=int(leavers.sum()),
        alike=alike,
        excess=share - alike,
    )


def _tables(true: Truths, left: Truths, stratum: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return how many there are: leavers and stayers × with and without the fact × strata."""
    _, place = np.unique(stratum, return_inverse=True)
    count = int(place.max(initial=-1)) + 1
    cell = place + count * (~true + 2 * ~left)
    return np.bincount(cell, minlength=4 * count).reshape(2, 2, count).astype(np.float64)


def _alike(tables: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Return the share of stayers with the fact at the leavers' strata, and that of leavers."""
    leavers, stayers = tables.sum(axis=1)
    both = (leavers > 0) & (stayers > 0)
    stayed = tables[1, 0, both] / stayers[both]
    weight = leavers[both] / leavers[both].sum()
    return float((weight * stayed).sum()), float(tables[0, 0, both].sum() / leavers[both].sum())


def _ratio(
    pooled: object, tables: npt.NDArray[np.float64]
) -> tuple[float | None, tuple[float | None, float | None]]:
    total = tables.sum(axis=(0, 1))
    for_, against = tables[0, 0] * tables[1, 1] / total, tables[0, 1] * tables[1, 0] / total
    if not for_.sum() or not against.sum():
        return None, (None, None)
    middle = float(pooled.logodds_pooled)  # type: ignore[attr-defined]
    half = Z90 * float(pooled.logodds_pooled_se)  # type: ignore[attr-defined]
    return float(np.exp(middle)), (float(np.exp(middle - half)), float(np.exp(middle + half)))
