"""The ranked table: how many leavers and stayers had not done it, and whether that holds."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import false_discovery_control

from training import intervals
from training.frames import Frame
from training.leavers.cohort import Cohort, one_row_each
from training.leavers.facts import Fact, facts
from training.leavers.stratified import Stratified, stratified

Json = dict[str, Any]

FALSE_FINDINGS = 0.05
"""Share of mere chance accepted among the facts that are said to hold (Benjamini-Hochberg)."""
FEWEST = 5
"""A fact that fewer accounts have, or lack, is not compared at all."""
FEW = 20
"""With fewer leavers or stayers a row is marked as small and nothing is claimed of it."""
SPARSE = 5.0
"""Below this the Mantel-Haenszel test's distribution cannot be relied on (Mantel and Fleiss)."""

RESULTS = ("holds", "reversed", "unproven", "none", "too few")
"""In the order of the table: more leavers had not done it, at equal tenure and plan; fewer had
not; a difference that does not hold there; no difference; too few to say."""


@dataclass(frozen=True)
class _Counted:
    """One fact, counted among the accounts it can be said of."""

    fact: Fact
    leavers: int
    leavers_with: int
    stayers: int
    stayers_with: int
    pooled: Stratified
    also: tuple[str, ...]

    @property
    def small(self) -> bool:
        return min(self.leavers, self.stayers) < FEW or self.pooled.expected < SPARSE


def compare(rows: Frame, seed: int) -> Json:
    """Return what leavers had not done, beside stayers, as plain JSON values.

    Parameters
    ----------
    rows : Frame
        Rows with a known outcome, any number of dates per account.
    seed : int
        Of the hash by which a stayer's date is chosen.

    Returns
    -------
    dict
        ``period``, ``leavers``, ``stayers``, ``controlled_for``, ``tenure_edges``, ``too_rare``
        (facts not compared) and ``rows``: per fact its words, for leavers and stayers ``n``,
        ``with`` and ``share``, their ``difference`` with Newcombe's 90 % ``interval``,
        ``stayers_alike`` (the stayers' share at the leavers' tenures and plans), the
        ``odds_ratio`` across strata with its 90 % interval, ``q_value`` and ``result``; what holds
        comes first, the largest difference at equal tenure and plan before the others.

    Notes
    -----
    An association between accounts, never proof of a cause. The odds ratio is Mantel and
    Haenszel's over strata of tenure and plan (Journal of the National Cancer Institute 22, 1959,
    719-748) with the variance of Robins, Breslow and Greenland (Biometrics 42, 1986, 311-323). The
    q-value is Benjamini and Hochberg's over all facts that are not small. Of facts that are true
    of the very same accounts the first stands, with the others in ``also``.
    """
    cohort = one_row_each(rows, seed)
    counted, rare = _counted(cohort)
    tested = [one for one in counted if not one.small]
    q_values = dict(zip((one.fact.code for one in tested), _q_values(tested), strict=True))
    found = [_row(one, q_values.get(one.fact.code)) for one in sorted(counted, key=_by_excess)]
    dated = cohort.rows.as_of[~np.isnat(cohort.rows.as_of)]
    left = int(cohort.left.sum())
    return {
        "period": [_day(dated.min()), _day(dated.max())] if len(dated) else [None, None],
        "leavers": left,
        "stayers": len(cohort.rows) - left,
        "controlled_for": list(cohort.controlled),
        "tenure_edges": list(cohort.tenure_edges),
        "too_rare": rare,
        "rows": sorted(found, key=lambda row: RESULTS.index(row["result"])),
    }


def _by_excess(one: _Counted) -> tuple[float, str]:
    """Sort by how many more leavers had not done it than stayers of their tenure and plan."""
    return -abs(one.pooled.excess), one.fact.code


def _counted(cohort: Cohort) -> tuple[list[_Counted], int]:
    """Return every fact with its counts, each set of accounts once, and how many are too rare."""
    found: dict[bytes, list[Fact]] = {}
    rare = 0
    for fact in facts(cohort.rows):
        true = int((fact.true & fact.known).sum())
        if min(true, int(fact.known.sum()) - true) < FEWEST or not _both(cohort, fact):
            rare += 1
            continue
        same = np.packbits(fact.true).tobytes() + np.packbits(fact.known).tobytes()
        found.setdefault(same, []).append(fact)
    return [_count(cohort, first, rest) for first, *rest in found.values()], rare


def _both(cohort: Cohort, fact: Fact) -> bool:
    return bool((cohort.left & fact.known).any() and (~cohort.left & fact.known).any())


def _count(cohort: Cohort, fact: Fact, others: Iterable[Fact]) -> _Counted:
    left, true = cohort.left[fact.known], fact.true[fact.known]
    return _Counted(
        fact=fact,
        leavers=int(left.sum()),
        leavers_with=int((left & true).sum()),
        stayers=int((~left).sum()),
        stayers_with=int((~left & true).sum()),
        pooled=stratified(true, left, cohort.stratum[fact.known]),
        also=tuple(other.code for other in others),
    )


def _q_values(tested: list[_Counted]) -> npt.NDArray[np.float64]:
    p_values = [one.pooled.p_value for one in tested]
    return np.asarray(false_discovery_control(p_values) if p_values else [], dtype=np.float64)


def _row(one: _Counted, q_value: float | None) -> Json:
    low, high = intervals.newcombe(one.leavers_with, one.leavers, one.stayers_with, one.stayers)
    return {
        "code": one.fact.code,
        "feature": one.fact.feature,
        "label_ja": one.fact.words.ja,
        "label_en": one.fact.words.en,
        "window_days": one.fact.window_days,
        "leavers": _side(one.leavers_with, one.leavers),
        "stayers": _side(one.stayers_with, one.stayers),
        "stayers_alike": one.pooled.alike,
        "difference": one.leavers_with / one.leavers - one.stayers_with / one.stayers,
        "interval": [low, high],
        "odds_ratio": one.pooled.odds_ratio,
        "odds_interval": list(one.pooled.interval),
        "leavers_compared": one.pooled.leavers,
        "q_value": q_value,
        "small": one.small,
        "result": _result(one, q_value, low, high),
        "also": list(one.also),
    }


def _side(having: int, total: int) -> Json:
    return {"n": total, "with": having, "share": having / total}


def _result(one: _Counted, q_value: float | None, low: float, high: float) -> str:
    if q_value is None:
        return "too few"
    if q_value <= FALSE_FINDINGS:
        return "holds" if one.pooled.more_among_leavers else "reversed"
    return "none" if low <= 0 <= high else "unproven"


def _day(instant: np.datetime64) -> str:
    return str(instant.astype("datetime64[D]"))
