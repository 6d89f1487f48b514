"""What every bundle is, whatever is inside it: a model's trees or a scorecard's rules."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from features.arrow import pa
from features.catalog import Feature, Words
from features.settings import Bands
from training import frames, intervals
from training.explanation import Explanation
from training.packed import Packed
from training.scale import Scale

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Json = dict[str, Any]
Kind = Literal["model", "scorecard"]


class RangeRecord(NamedTuple):
    """Of ``n`` past accounts in this range of scores ``k`` left; Wilson 90 % interval."""

    n: Ints
    k: Ints
    low: Floats
    high: Floats


@dataclass(frozen=True)
class Bundle(ABC):
    """What scores, explains and is watched, loaded: a model, or a scorecard in its place.

    Attributes
    ----------
    kind : {"model", "scorecard"}
    scale : Scale or None
        How points and probability belong together; None where no probability is known yet.
    """

    kind: ClassVar[Kind]

    folder: Path
    version: str
    features: tuple[Feature, ...]
    categories: frames.Categories
    scale: Scale | None
    bands: Bands
    profile: Packed
    evaluation: Json
    manifest: Json

    @property
    def reference(self) -> Json:
        """The drift profile, parsed anew: serving never asks for it."""
        return self.profile.read()

    def cuts(self, matrix: Floats) -> list[Bands]:
        """Return the cut-offs of each encoded row (n, f), all the same but for a scorecard's."""
        return [self.bands] * len(matrix)

    def cuts_of(self, values: Mapping[str, float]) -> Bands:
        """Return the cut-offs of an account by its encoded values, by feature."""
        del values
        return self.bands

    @property
    def bends(self) -> bool:
        """Whether reasons leave a row open that is neither theirs nor the clip's."""
        return False

    @property
    def inputs(self) -> tuple[Feature, ...]:
        """The features it is given; a scorecard's rows of its own are not among them."""
        return self.features

    def encode(self, table: "pa.Table") -> Floats:
        """Return the features of a snapshot table as they are read, (n, f)."""
        return frames.encode(table, self.features, self.categories)

    def encode_row(self, values: Mapping[str, object]) -> Floats:
        """Return one account's values as (1, f); what is absent or None is missing."""
        return frames.encode_row(values, self.features, self.categories)

    def predict(self, matrix: Floats) -> Floats:
        """Return P(churn within the headline horizon) of encoded rows (n, f); NaN if unknown."""
        return self.score(matrix)[0]

    @abstractmethod
    def score(self, matrix: Floats) -> tuple[Floats, Floats]:
        """Return probabilities (n,) and unrounded health scores (n,), without reasons."""

    @abstractmethod
    def explain(self, matrix: Floats) -> Explanation:
        """Return probabilities, scores and exact points of encoded rows (n, f)."""

    def prepare(self) -> bool:
        """Make `explain` answer many rows fast, for a second; return whether it does now."""
        return True

    def hasten(self) -> bool:
        """Make `score` answer many rows fast, for a second; return whether it does now."""
        return True

    def withheld(self, matrix: Floats) -> list[str | None]:
        """Return for each row why this very model or scorecard gives no score, or None."""
        return [None] * len(matrix)

    @property
    def horizon_days(self) -> tuple[int, ...]:
        """Horizons of `chances`, ascending; none where there is no curve."""
        return ()

    def chances(self, matrix: Floats, headline: Floats) -> Floats:
        """Return P(leaves within each of `horizon_days`), (n, k), beside the headline's (n,)."""
        del headline
        return np.empty((len(matrix), 0))

    @property
    def renewal_share(self) -> float | None:
        """Share of ends at the renewal date, where a step of the curve belongs there."""
        return None

    @property
    def youngest_days(self) -> int | None:
        """Age in days below which no score is given; None without such a rule."""
        return None

    @property
    def sources(self) -> frozenset[str]:
        """Tables that a score rests on."""
        return frozenset(feature.source for feature in self.features)

    @property
    def scorecard_version(self) -> str | None:
        """Which scorecard `beside` asks; None where there is none."""
        return None

    def beside(self, table: "pa.Table") -> Floats:
        """Return what the scorecard says of a snapshot's rows (n,); NaN where it says nothing."""
        return np.full(table.num_rows, np.nan)

    def range_record(self, probability: npt.ArrayLike) -> RangeRecord:
        """Return what became of past accounts in the score range of each probability (n,).

        Ranges are ten points wide and were counted on the test period; a range that held nobody
        answers ``n = 0`` and the interval [0, 1]. Without a scale nobody was counted, and the
        interval is NaN.
        """
        if self.scale is None:
            unknown = np.full(len(np.atleast_1d(probability)), np.nan)
            nobody = np.zeros(len(unknown), dtype=np.int64)
            return RangeRecord(nobody, nobody, unknown, unknown)
        score = np.atleast_1d(self.scale.score(probability))
        n, k, low, high = self.ranges
        place: Ints = np.fmax(np.minimum(score // 10, 9.0), 0.0).astype(np.int64)
        return RangeRecord(n.take(place), k.take(place), low.take(place), high.take(place))

    @cached_property
    def ranges(self) -> RangeRecord:
        """What became of past accounts in each of the ten ranges of ten points."""
        ranges = {int(r["from"]) // 10: r for r in self.evaluation["ranges"]}
        n = np.array([ranges[p]["rows"] if p in ranges else 0 for p in range(10)], dtype=np.int64)
        k = np.array([ranges[p]["churns"] if p in ranges else 0 for p in range(10)], dtype=np.int64)
        return RangeRecord(n, k, *intervals.wilson(k, n))


def feature_of(given: Json) -> Feature:
    """Return a feature as a bundle's schema holds it."""
    words = {name: Words(**given[name]) for name in ("label", "worse", "better", "missing")}
    return Feature(**(given | words))
