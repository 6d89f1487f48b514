"""From a snapshot and a scorecard to scores and their points, all rows at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.arrow import pa
from features.catalog import Feature
from features.settings import Bands
from training import frames
from training.reasons import round_points
from training.scale import shown
from training.scorecard.card import Card, Scorecard
from training.scorecard.loading import require_features
from training.scorecard.segments import assign

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Objects = npt.NDArray[np.object_]

MISSING, CLIP, HAND_OVER = "missing_reweighted", "clip", "hand_over"
ADJUSTMENTS = (MISSING, CLIP, HAND_OVER)
"""Rows beside the indicators: what the re-weighting of missing values did, what holding the sum
within 0–100 took, and what the card that hands over, or takes over, adds."""
MISSING_AT, CLIP_AT, HAND_OVER_AT = -3, -2, -1

NOTHING, TOO_LITTLE, MUST_NOT_MISS = "no_data_at_all", "too_little_known", "missing:"

GRID = 2.0**40
"""Points are multiples of 2^-40, so that their float64 sums are exact in any order."""


@dataclass(frozen=True)
class Scored:
    """Scores of a scorecard with the points that make them.

    Attributes
    ----------
    health_score : ndarray of shape (n,)
        In [0, 100], unrounded; NaN where it is withheld.
    baseline : ndarray of shape (n,)
        The score of an account of that card that is neutral in everything.
    points : ndarray of shape (n, k)
        One column per name; ``baseline + points.sum(axis=1) == health_score``, exactly. NaN where
        the score is withheld; 0 where an indicator is not on the account's card.
    names : tuple of str
        Codes of the indicators, then `ADJUSTMENTS`.
    values : ndarray of shape (n, m)
        What the first m names, the indicators, were read as; NaN where missing.
    missing_share : ndarray of shape (n,)
        Share of the card's weight that had no value, in [0, 1].
    withheld : ndarray of shape (n,), object
        None, or why there is no score: ``no_data_at_all``, ``too_little_known``, or
        ``missing:<code>`` of the indicator that must not be missing.
    card : ndarray of shape (n,), object
        Code of the card that applied.
    other_card : ndarray of shape (n,), object
        Code of the card it is handed over to or from; None outside a hand-over.
    other_share : ndarray of shape (n,)
        That card's part in the score, in [0, 0.5].
    version : str
        Of the scorecard.
    """

    health_score: Floats
    baseline: Floats
    points: Floats
    names: tuple[str, ...]
    values: Floats
    missing_share: Floats
    withheld: Objects
    card: Objects
    other_card: Objects
    other_share: Floats
    version: str

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.health_score)

    def shown(self, row: int, bands: Bands) -> tuple[int, dict[str, int], int]:
        """Return what is shown of a row: baseline, points by name, and the score they add up to.

        Whole points by largest remainder; names whose exact points are 0 are left out.

        Raises
        ------
        ValueError
            Where the score of that row is withheld.
        """
        if np.isnan(self.health_score[row]):
            raise ValueError(f"the score of row {row} is withheld: {self.withheld[row]}")
        total = shown(float(self.health_score[row]), bands)
        told = np.flatnonzero(self.points[row])
        parts = [float(self.baseline[row]), *self.points[row, told].tolist()]
        first, *rest = (int(part) for part in round_points(parts, total))
        return first, {self.names[i]: part for i, part in zip(told, rest, strict=True)}, total


def score(scorecard: Scorecard, table: "pa.Table", features: Sequence[Feature]) -> Scored:
    """Return the score of every row of a snapshot (or flat table) and the points that make it.

    Parameters
    ----------
    table : pa.Table
        ``account_id``, ``as_of``, ``fact_`` columns and one column per feature.
    features : sequence of Feature
        Those of the snapshot.

    Raises
    ------
    SettingsError
        Where an indicator's feature does not exist or is a text.
    KenshinError
        Where a value is infinite.
    """
    require_features(scorecard, features)
    values = _values(scorecard, table, features)
    assigned = assign(scorecard, table)
    own = _by_card(scorecard, values, assigned.own)
    over = np.flatnonzero(assigned.other >= 0)
    other = _by_card(scorecard, values[over], assigned.other[over])
    moved = _on_grid(assigned.other_share[over] * (other.score - own.score[over]))
    # A card that gives no score has nothing to hand over.
    moved[np.isnan(moved)] = 0.0
    own.score[over] += moved
    own.points[over, HAND_OVER_AT] = moved
    own.points[np.isnan(own.score)] = np.nan
    codes = np.array([*(card.code for card in scorecard.card), None], dtype=object)
    return Scored(
        health_score=own.score,
        baseline=own.baseline,
        points=own.points,
        names=(*scorecard.names, *ADJUSTMENTS),
        values=values,
        missing_share=own.missing_share,
        withheld=own.withheld,
        card=codes[assigned.own],
        other_card=codes[assigned.other],
        other_share=assigned.other_share,
        version=scorecard.version,
    )


@dataclass(frozen=True)
class _Part:
    """What cards say about some rows; fields as in `Scored`, without a hand-over."""

    score: Floats
    baseline: Floats
    points: Floats
    missing_share: Floats
    withheld: Objects


def _by_card(scorecard: Scorecard, values: Floats, cards: npt.NDArray[np.int64]) -> _Part:
    """Return what the card at position ``cards`` (n,) says of each row of ``values`` (n, m)."""
    rows, columns = len(values), len(scorecard.names) + len(ADJUSTMENTS)
    part = _Part(
        np.full(rows, np.nan),
        np.zeros(rows),
        np.zeros((rows, columns)),
        np.zeros(rows),
        np.full(rows, None, dtype=object),
    )
    place = {name: i for i, name in enumerate(scorecard.names)}
    for position, card in enumerate(scorecard.card):
        where = np.flatnonzero(cards == position)
        if len(where):
            there = np.array([place[indicator.name] for indicator in card.indicator])
            _fill(part, card, values[np.ix_(where, there)], where, there)
    return part


def _fill(
    part: _Part,
    card: Card,
    values: Floats,
    rows: npt.NDArray[np.int64],
    columns: npt.NDArray[np.int64],
) -> None:
    """Write what ``card`` says of ``rows``, whose indicators have ``values``, into ``part``."""
    missing = np.isnan(values)
    counted = np.array([i.is_weighted for i in card.indicator])
    weights = np.array([card.shares_of_100.get(i.name, 0.0) for i in card.indicator])
    ignored = missing & np.array([i.missing == "ignore" for i in card.indicator])
    points, baseline, missed = _weighted(card, values, weights, ignored)
    bonus = _bonuses(card, values)
    raw = baseline + points.sum(axis=1) + missed + bonus.sum(axis=1)
    held = np.clip(raw, 0.0, 100.0)
    veto = _vetoes(card, values, held)
    part.baseline[rows] = baseline
    part.points[np.ix_(rows, columns)] = points + bonus + veto
    part.points[rows, MISSING_AT] = missed
    part.points[rows, CLIP_AT] = held - raw
    part.missing_share[rows] = (missing * weights).sum(axis=1) / 100.0
    nothing = np.asarray(missing[:, counted].all(axis=1))
    withheld = _withheld(card, missing, nothing, (ignored * weights).sum(axis=1))
    part.withheld[rows] = withheld
    part.score[rows] = np.where(withheld == None, held + veto.sum(axis=1), np.nan)  # noqa: E711


def _weighted(
    card: Card, values: Floats, weights: Floats, ignored: Flags
) -> tuple[Floats, float, Floats]:
    """Return points (n, m), the baseline, and what re-weighting adds (n,), all on the grid.

    With nothing missing the points are ``weight · (share − neutral)``. Where values are ignored,
    the others share their weight: what that changes is kept apart, as one row.
    """
    earned, neutral = np.zeros(values.shape), np.zeros(len(weights))
    for k, indicator in enumerate(card.indicator):
        if indicator.is_weighted:
            earned[:, k] = weights[k] * np.nan_to_num(indicator.share(values[:, k]))
            neutral[k] = weights[k] * indicator.neutral
    present = np.where(ignored, 0.0, weights).sum(axis=1)
    full = _on_grid(np.where(ignored, 0.0, earned))
    neutral = _on_grid(neutral)
    points = np.where(ignored, 0.0, full - neutral)
    baseline = float(neutral.sum())
    shared = _on_grid(full.sum(axis=1) * 100.0 / np.where(present > 0, present, 1.0))
    some = (ignored * weights).sum(axis=1) > 0
    missed = np.where(some, shared - (baseline + points.sum(axis=1)), 0.0)
    return points, baseline, missed


def _bonuses(card: Card, values: Floats) -> Floats:
    """Return the points (n, m) of key actions seen."""
    points = np.zeros(values.shape)
    for k, indicator in enumerate(card.indicator):
        if indicator.bonus is not None:
            met = indicator.bonus.holds(values[:, k])
            points[:, k] = np.where(met, float(_on_grid(np.array(indicator.bonus.points))), 0.0)
    return points


def _vetoes(card: Card, values: Floats, held: Floats) -> Floats:
    """Return the points (n, m) that vetoes take: the strictest one all of it, the others none."""
    points, most, strictest = np.zeros(values.shape), held.copy(), np.full(len(held), -1)
    for k, indicator in enumerate(card.indicator):
        if indicator.veto is not None:
            limit = float(_on_grid(np.array(indicator.veto.at_most)))
            stricter = indicator.veto.holds(values[:, k]) & (limit < most)
            most[stricter], strictest[stricter] = limit, k
    vetoed = np.flatnonzero(strictest >= 0)
    points[vetoed, strictest[vetoed]] = (most - held)[vetoed]
    return points


def _withheld(card: Card, missing: Flags, nothing: Flags, ignored_weight: Floats) -> Objects:
    """Return for each row (n,) why the card gives no score, or None."""
    reasons = np.full(len(missing), None, dtype=object)
    reasons[ignored_weight > 100.0 * card.withhold_above_missing + 1e-9] = TOO_LITTLE
    for k, indicator in enumerate(card.indicator):
        if indicator.missing == "withhold":
            reasons[missing[:, k]] = f"{MUST_NOT_MISS}{indicator.name}"
    reasons[nothing] = NOTHING
    return reasons


def _values(scorecard: Scorecard, table: "pa.Table", features: Sequence[Feature]) -> Floats:
    """Return the value (n, m) that each indicator of the scorecard reads."""
    by_name = {feature.name: feature for feature in features}
    reads = {i.name: i.feature for card in scorecard.card for i in card.indicator}
    return frames.encode(table, [by_name[reads[name]] for name in scorecard.names], {})


def _on_grid(points: Floats) -> Floats:
    return np.asarray(np.round(points * GRID) / GRID + 0.0)
