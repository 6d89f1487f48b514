"""A boosted model that serves: its trees, calibration, curve and rules of withholding together."""

from dataclasses import dataclass
from functools import cached_property

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from features.arrow import pa
from training import horizons, scorecard
from training.calibration import Calibration
from training.explanation import Explanation, explain, scored
from training.horizons import Curve
from training.scale import Scale
from training.scorecard import Scorecard
from training.scorer import Bundle
from training.shares import Shares
from training.tree_shap.small import SmallTrees
from training.withholding import Withholding

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ModelBundle(Bundle):
    """A boosted model with its calibration."""

    kind = "model"

    scale: Scale
    calibration: Calibration
    shares: Shares
    curve: Curve | None = None
    """Chances by other horizons; None where the bundle has none."""
    withholding: Withholding | None = None
    """When it gives no score; None where the bundle has no such rules."""
    card: Scorecard | None = None
    """The scorecard it was judged beside; None where the company has none."""

    @property
    def booster(self) -> lgb.Booster:
        """The trees."""
        return self.shares.booster

    @property
    def bends(self) -> bool:
        """Whether the calibration is no line, so that it takes a row in every explanation."""
        return self.calibration.bend != 0

    def withheld(self, matrix: Floats) -> list[str | None]:
        """Return for each row why this model gives no score, or None."""
        if self.withholding is None:
            return super().withheld(matrix)
        return self.withholding.reasons(self.features, matrix)

    @property
    def horizon_days(self) -> tuple[int, ...]:
        """Horizons of `chances`, ascending; none where the bundle has no curve."""
        return () if self.curve is None else self.curve.days

    def chances(self, matrix: Floats, headline: Floats) -> Floats:
        """Return P(leaves within each of `horizon_days`), (n, k), beside the headline's (n,)."""
        if self.curve is None:
            return super().chances(matrix, headline)
        return self.curve.probability(matrix, headline)

    @property
    def renewal_share(self) -> float | None:
        """Share of ends at the renewal date, where a step of the curve belongs there."""
        return None if self.curve is None else self.curve.renewals.step_share

    @property
    def youngest_days(self) -> int | None:
        """Age in days below which no score is given; None without such a rule."""
        return None if self.withholding is None else self.withholding.youngest_days

    @cached_property
    def tables(self) -> SmallTrees | None:
        """Its trees and then those of its curve in tables; None where some are larger."""
        return horizons.tables_beside(self.booster, self.curve)

    @cached_property
    def sources(self) -> frozenset[str]:
        """Tables that a score rests on: those of the features its trees split on."""
        splits = self.booster.feature_importance("split")
        return frozenset(f.source for f, used in zip(self.features, splits, strict=True) if used)

    @cached_property
    def scorecard_version(self) -> str | None:
        """Which scorecard `beside` asks; None where there is none."""
        return None if self.card is None else self.card.version

    def beside(self, table: "pa.Table") -> Floats:
        """Return what the scorecard says of a snapshot's rows (n,); NaN where it says nothing."""
        if self.card is None:
            return super().beside(table)
        return scorecard.score(self.card, table, self.features).health_score

    def predict(self, matrix: Floats) -> Floats:
        """Return P(churn within the headline horizon) of encoded rows (n, f), in (0, 1)."""
        return self.calibration.probability(self.shares.margin(matrix))

    def score(self, matrix: Floats) -> tuple[Floats, Floats]:
        """Return probabilities (n,) and unrounded health scores (n,), without reasons."""
        return scored(self.shares, self.calibration, self.scale, matrix)

    def explain(self, matrix: Floats) -> Explanation:
        """Return probabilities, scores and exact points of encoded rows (n, f)."""
        return explain(self.shares, self.calibration, self.scale, matrix)

    def prepare(self) -> bool:
        """Have reasons come from the compiled walk; return whether they do."""
        return self.shares.prepare()

    def hasten(self) -> bool:
        """Have probabilities come from our own sum of trees; return whether they do."""
        return self.shares.hasten()
