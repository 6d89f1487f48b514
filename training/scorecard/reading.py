"""A scorecard over rows of numbers, as a model reads them: values in, points per value out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.catalog import Feature, Words
from features.settings import Bands
from training import frames
from training.scorecard.card import Scorecard
from training.scorecard.scoring import CLIP, HAND_OVER, MISSING, score
from training.scorecard.segments import TEXTS

Floats = npt.NDArray[np.float64]

APPLIED, REWEIGHTED = "scorecard_card", "scorecard_missing"
"""Columns that a scorecard adds to what it reads: which card applied, and how much was missing."""

MOST_REASON = 64
"""Characters the store keeps of why a score is withheld."""


@dataclass(frozen=True)
class Told:
    """What a scorecard says of rows.

    Attributes
    ----------
    score : ndarray of shape (n,)
        In [0, 100]; NaN where withheld.
    baseline : float
        The score of an account that is neutral in everything, on the card for everybody.
    points : ndarray of shape (n, f)
        One column per feature of the reading; ``baseline + points.sum(1) + clip == score``.
    clip : ndarray of shape (n,)
    withheld : list of str or None, length n
    """

    score: Floats
    baseline: float
    points: Floats
    clip: Floats
    withheld: list[str | None]


@dataclass(frozen=True)
class Reading:
    """A scorecard and the columns it reads.

    Attributes
    ----------
    inputs : tuple of Feature
        What a row must hold; `features` has the scorecard's own two columns besides.
    categories : dict of str to tuple of str
        Text column → its values in code order.
    """

    scorecard: Scorecard
    inputs: tuple[Feature, ...]
    categories: frames.Categories

    @property
    def features(self) -> tuple[Feature, ...]:
        """The columns of a matrix, in order."""
        return (*self.inputs, *own_rows())

    def encode(self, table: pa.Table) -> Floats:
        """Return the rows of a snapshot as (n, f), the scorecard's own columns filled."""
        return self._filled(frames.encode(table, self.inputs, self.categories))

    def encode_row(self, values: Mapping[str, object]) -> Floats:
        """Return one account's values as (1, f); what is absent or None is missing."""
        own = {feature.name for feature in own_rows()}
        given = {name: value for name, value in values.items() if name not in own}
        return self._filled(frames.encode_row(given, self.inputs, self.categories))

    def of_frame(self, rows: frames.Frame) -> Floats:
        """Return the rows of a frame of the same company as (n, f)."""
        place = {feature.name: i for i, feature in enumerate(rows.features)}
        columns = []
        for feature in self.inputs:
            if feature.name not in place:
                columns.append(frames.encode(rows.facts, [feature], self.categories)[:, 0])
                continue
            column = rows.matrix[:, place[feature.name]]
            if feature.kind == "category":
                column = self._coded(column, rows.categories[feature.name], feature.name)
            columns.append(column)
        return self._filled(np.column_stack(columns))

    def past(self, rows: frames.Frame) -> pa.Table:
        """Return a frame's rows as the table that learning takes."""
        table = self._table(self.of_frame(rows))
        accounts = pa.array(rows.account_ids.astype(str), pa.string())
        return table.set_column(0, "account_id", accounts)

    def tell(self, matrix: Floats) -> Told:
        """Return scores and points of rows (n, f)."""
        scored = score(self.scorecard, self._table(matrix), self.inputs)
        place = {feature.name: i for i, feature in enumerate(self.features)}
        reads = {i.name: i.feature for card in self.scorecard.card for i in card.indicator}
        targets = {HAND_OVER: APPLIED, MISSING: REWEIGHTED, **reads}
        points = np.zeros((len(matrix), len(self.features)))
        clip = np.zeros(len(matrix))
        for k, name in enumerate(scored.names):
            if name == CLIP:
                clip = scored.points[:, k]
            else:
                points[:, place[targets[name]]] += scored.points[:, k]
        base = self.baseline
        points[:, place[APPLIED]] += scored.baseline - base
        withheld = [None if why is None else str(why)[:MOST_REASON] for why in scored.withheld]
        return Told(scored.health_score, base, points, clip, withheld)

    def cuts(self, matrix: Floats, default: Bands) -> list[Bands]:
        """Return the cut-offs of the card that applied to each row (n, f), or the default."""
        applied = [feature.name for feature in self.features].index(APPLIED)
        return [self.cuts_of(code, default) for code in matrix[:, applied].tolist()]

    def cuts_of(self, code: float, default: Bands) -> Bands:
        """Return the cut-offs of the card at place ``code``; NaN where none applied."""
        cards = self.scorecard.card
        if not 0 <= code < len(cards):
            return default
        return cards[int(code)].bands or default

    @property
    def baseline(self) -> float:
        """The score of an account that is neutral in everything, on the card for everybody."""
        card = self.scorecard.card[-1]
        shares = card.shares_of_100
        return float(sum(shares[i.name] * i.neutral for i in card.weighted))

    def _filled(self, inputs: Floats) -> Floats:
        """Return inputs (n, m) with the scorecard's own columns; NaN where nothing is known."""
        matrix = np.column_stack([inputs, np.full((len(inputs), 2), np.nan)])
        scored = score(self.scorecard, self._table(matrix), self.inputs)
        codes = {card.code: i for i, card in enumerate(self.scorecard.card)}
        something = ~np.isnan(inputs).all(axis=1)
        matrix[something, -2] = [float(codes[code]) for code in scored.card[something]]
        matrix[something, -1] = scored.missing_share[something]
        return np.ascontiguousarray(matrix)

    def _table(self, matrix: Floats) -> pa.Table:
        """Return rows (n, f) as the table that `scoring.score` takes."""
        columns: dict[str, pa.Array] = {"account_id": pa.nulls(len(matrix), pa.string())}
        for i, feature in enumerate(self.inputs):
            values = matrix[:, i]
            if feature.kind == "category":
                columns[feature.name] = _texts(values, self.categories[feature.name])
            else:
                columns[feature.name] = pa.array(values, mask=np.isnan(values))
        return pa.table(columns)

    def _coded(self, codes: Floats, theirs: Sequence[str], name: str) -> Floats:
        """Return another frame's category codes in our own; unknown values are missing."""
        ours = {value: float(code) for code, value in enumerate(self.categories[name])}
        translated = np.array([ours.get(value, np.nan) for value in theirs] + [np.nan])
        known = np.where(np.isnan(codes), len(theirs), codes).astype(np.int64)
        return np.asarray(translated[known], dtype=np.float64)


def reading(
    scorecard: Scorecard, features: Sequence[Feature], table: pa.Table | None = None
) -> Reading:
    """Return ``scorecard`` with the columns it reads.

    Parameters
    ----------
    features : sequence of Feature
        Those of the snapshot.
    table : pa.Table, optional
        A snapshot, for the values of texts; without it only those that a card names are known.
    """
    known = {feature.name: feature for feature in features}
    inputs = [known[name] for name in scorecard.features]
    categories: frames.Categories = {APPLIED: tuple(card.code for card in scorecard.card)}
    for name in _segments(scorecard):
        found = _segment(name, known, () if table is None else table.column_names)
        if found is None or found in inputs:
            continue
        inputs.append(found)
        if found.kind == "category":
            categories[found.name] = _named(scorecard, name)
    return Reading(scorecard, tuple(inputs), categories)


def own_rows() -> tuple[Feature, Feature]:
    """Return the two columns that a scorecard adds to what it reads."""
    applied = Words("適用したカード", "Card that applies")
    missing = Words("値がない項目の配点", "Weight of what is missing")
    return (
        _plain(APPLIED, "category", "text", applied),
        _plain(REWEIGHTED, "number", "share", missing),
    )


def _segments(scorecard: Scorecard) -> list[str]:
    """Return what the cards' ``when`` ask about."""
    asked = [card.when for card in scorecard.card if card.when is not None]
    names = [name for name in TEXTS if any(getattr(when, name) is not None for when in asked)]
    if any(card.boundary is not None for card in scorecard.card):
        names.append("tenure_months")
    if any(w.seats_at_least is not None or w.seats_below is not None for w in asked):
        names.append("seats")
    return names


def _segment(name: str, known: Mapping[str, Feature], columns: Sequence[str]) -> Feature | None:
    """Return the column behind ``name``: the fact where there is one, as `segments` prefers it."""
    fact = f"fact_{name}"
    if fact in columns:
        kind = "category" if name in TEXTS else "number"
        label = known[name].label if name in known else Words(name, name)
        return _plain(fact, kind, "text" if kind == "category" else "count", label)
    return known.get(name)


def _named(scorecard: Scorecard, name: str) -> tuple[str, ...]:
    """Return the values that the cards name; to a card any other value is as good as none."""
    values: set[str] = set()
    for card in scorecard.card:
        values |= set(getattr(card.when, name, None) or ())
    return tuple(sorted(values))


def _plain(name: str, kind: str, unit: str, label: Words) -> Feature:
    nothing = Words("", "")
    return Feature(
        name=name,
        group="profile",
        indicator="profile",
        kind="category" if kind == "category" else "number",
        source="scorecard",
        window_days=None,
        unit="text" if unit == "text" else "share" if unit == "share" else "count",
        good="none",
        actionable=False,
        label=label,
        worse=nothing,
        better=nothing,
        missing=nothing,
        missing_means="",
    )


def _texts(codes: Floats, values: Sequence[str]) -> pa.Array:
    missing = np.isnan(codes)
    places = pa.array(np.where(missing, 0, codes).astype(np.int64), mask=missing)
    return pa.array(values, pa.string()).take(places)
