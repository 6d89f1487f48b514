"""What can be replayed: a model that was shipped, or a scorecard from a file."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.catalog import Words
from features.settings import Bands, Settings
from features.snapshots import Snapshot
from serving.judged_from import ALWAYS, judged_from
from serving.statements import withheld
from training.scale import Scale, band

if TYPE_CHECKING:
    from training.bundle import Bundle
    from training.scorecard import Scorecard

Floats = npt.NDArray[np.float64]
Texts = npt.NDArray[Any]


@dataclass(frozen=True)
class Said:
    """What a definition says of the accounts of one date.

    Attributes
    ----------
    account, band : ndarray of shape (n,) of str
        Accounts ascending.
    score, probability : ndarray of shape (n,)
        Unrounded; NaN where withheld or unknown.
    matrix : ndarray of shape (n, f), or None
        From which `Definition.reasons` tells what costs most; None where ``reason`` says so.
    reason : ndarray of shape (n,) of str or None, or None
        The code of what costs most points.
    """

    account: Texts
    band: Texts
    score: Floats
    probability: Floats
    matrix: Floats | None = None
    reason: Texts | None = None


class Definition(ABC):
    """A definition of health that can be asked about any snapshot.

    Attributes
    ----------
    name : str
        How it is called where it is compared.
    honest_from : datetime or None
        First ``as_of`` of which it cannot have known the outcomes; None: of none.
    """

    name: str
    honest_from: datetime | None

    @abstractmethod
    def needs(self) -> tuple[str, ...]:
        """Return the columns a snapshot must have."""

    @abstractmethod
    def say(self, snapshot: Snapshot) -> Said:
        """Return what it says of a snapshot of one date."""

    @abstractmethod
    def reasons(self, matrix: Floats) -> list[str | None]:
        """Return the code of what costs most points, for rows (n, f)."""

    @abstractmethod
    def words(self) -> dict[str, Words]:
        """Return reason → what it is called."""


class OfBundle(Definition):
    """A model (or scorecard) that was shipped, perhaps with other bands or anchors."""

    def __init__(self, bundle: "Bundle", name: str | None = None) -> None:
        self.bundle, self.name = bundle, name or bundle.version
        self.honest_from = judged_from(bundle.evaluation)

    def needs(self) -> tuple[str, ...]:
        """Return the columns its inputs are in."""
        asked = getattr(self.bundle, "inputs", self.bundle.features)
        return tuple(feature.name for feature in asked)

    def say(self, snapshot: Snapshot) -> Said:
        """Return the scores as `serving.scoring` issues them, without reasons."""
        matrix = self.bundle.encode(snapshot.table)
        probability, score = self.bundle.score(matrix)
        why_not = np.array([why is not None for why in withheld(self.bundle, matrix)], dtype=bool)
        why_not |= np.isnan(score)
        cuts = self.bundle.cuts(matrix)
        named = [
            "no_data" if silent else band(exact, own)
            for silent, exact, own in zip(why_not.tolist(), score.tolist(), cuts, strict=True)
        ]
        return Said(
            account=_accounts(snapshot),
            band=np.array(named, dtype=object),
            score=np.where(why_not, np.nan, score),
            probability=np.where(why_not, np.nan, probability),
            matrix=matrix,
        )

    def reasons(self, matrix: Floats) -> list[str | None]:
        """Return the feature that costs most points; None where none costs any."""
        if not len(matrix):
            return []
        points = self.bundle.explain(matrix).points
        return _costliest(points, [feature.name for feature in self.bundle.features])

    def words(self) -> dict[str, Words]:
        """Return the features' labels."""
        return {feature.name: feature.label for feature in self.bundle.features}


class OfScorecard(Definition):
    """A scorecard from a file, its bands by card or else the company's."""

    honest_from = ALWAYS

    def __init__(self, scorecard: "Scorecard", name: str, bands: Bands) -> None:
        self.scorecard, self.name = scorecard, name
        self._bands = {card.code: card.bands or bands for card in scorecard.card}
        self._labels: dict[str, Words] = {}

    def needs(self) -> tuple[str, ...]:
        """Return the features the cards read."""
        return self.scorecard.features

    def say(self, snapshot: Snapshot) -> Said:
        """Return the scores and what costs most of each."""
        from training import scorecard as rules

        scored = rules.score(self.scorecard, snapshot.table, snapshot.features)
        self._labels |= {feature.name: feature.label for feature in snapshot.features}
        score = scored.health_score
        named = [
            "no_data" if np.isnan(exact) else band(exact, self._bands[code])
            for exact, code in zip(score.tolist(), scored.card, strict=True)
        ]
        return Said(
            account=_accounts(snapshot),
            band=np.array(named, dtype=object),
            score=score,
            probability=np.full(len(score), np.nan),
            reason=np.array(_costliest(scored.points, list(scored.names)), dtype=object),
        )

    def reasons(self, matrix: Floats) -> list[str | None]:
        """Return nothing: `say` has told them."""
        return [None] * len(matrix)

    def words(self) -> dict[str, Words]:
        """Return the labels of the features the indicators read, once something was said."""
        reads = {i.name: i.feature for card in self.scorecard.card for i in card.indicator}
        return {name: self._labels[read] for name, read in reads.items() if read in self._labels}


def with_settings(bundle: "Bundle", other: Settings) -> OfBundle:
    """Return ``bundle`` with the bands and, where they are given, the anchors of ``other``."""
    scale = bundle.scale
    if other.scale.p80 is not None and other.scale.p50 is not None:
        scale = Scale(other.scale.p80, other.scale.p50)
    moved = replace(bundle, bands=other.bands, scale=scale)
    return OfBundle(moved, f"{bundle.version} ({other.version})")


def _accounts(snapshot: Snapshot) -> Texts:
    column = snapshot.table.column("account_id").cast(pa.string())
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=object)


def _costliest(points: Floats, names: list[str]) -> list[str | None]:
    """Return the name of the lowest of each row's points where that is below zero."""
    known = np.where(np.isnan(points), 0.0, points)
    place = known.argmin(axis=1)
    lowest = known[np.arange(len(known)), place]
    return [
        names[at] if least < 0 else None for at, least in zip(place, lowest.tolist(), strict=True)
    ]
