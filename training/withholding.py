"""When a model says "I do not know": rules that are shipped with it, so that they reproduce."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from features.catalog import Feature
from features.settings import Settings
from training import novelty
from training.frames import Frame
from training.novelty import Novelty
from training.remembered import Remembered

Floats = npt.NDArray[np.float64]
Json = dict[str, Any]
Reason = Literal["too_young", "never_heard_of", "unlike_any_seen"]

AGE = "tenure_months"
"""The feature that tells how old an account is; without it no account is too young."""
DAYS_IN_MONTH = 30.4375
SINCE = "days_since_"
"""Features that begin so are missing where a table never had a row of the account."""


@dataclass(frozen=True)
class Withholding:
    """The rules of one model.

    Attributes
    ----------
    youngest_days : int
        Accounts younger than this get no score.
    novelty : Novelty
    """

    youngest_days: int
    novelty: Novelty

    def reasons(self, features: Sequence[Feature], matrix: Floats) -> list[str | None]:
        """Return for each encoded row (n, f) why no score is given, or None.

        An account is too young, or was never heard of (no table that could tell of it ever had a
        row), or is unlike any the model was fitted on, in this order. Where the age is unknown,
        as in a question about a few given values, the first two are not asked.
        """
        found: npt.NDArray[np.object_] = np.full(len(matrix), None, dtype=object)
        age_at, since = _places.of(features)
        found[self.novelty.unlike(features, matrix)] = "unlike_any_seen"
        if age_at is not None:
            age = matrix[:, age_at] * DAYS_IN_MONTH
            if len(since):
                silent = np.isnan(matrix[:, since]).all(axis=1)
                found[silent & np.isfinite(age)] = "never_heard_of"
            found[age < self.youngest_days - 1e-6] = "too_young"
        reasons: list[str | None] = found.tolist()
        return reasons

    def reason(self, features: Sequence[Feature], row: Floats) -> str | None:
        """Return what `reasons` does of one row (f,)."""
        age_at, since = _places.of(features)
        if age_at is not None:
            age = float(row[age_at]) * DAYS_IN_MONTH
            if age < self.youngest_days - 1e-6:
                return "too_young"
            if len(since) and math.isfinite(age) and np.isnan(row.take(since)).all():
                return "never_heard_of"
        return "unlike_any_seen" if self.novelty.is_unlike(features, row) else None

    def json(self) -> Json:
        """Return it as JSON values."""
        return {"youngest_days": self.youngest_days, "novelty": self.novelty.json()}


def _found(features: Sequence[Feature]) -> tuple[int | None, npt.NDArray[np.int64]]:
    """Return where the age is, None without it, and where the times since something are."""
    names = [feature.name for feature in features]
    since = [i for i, name in enumerate(names) if name.startswith(SINCE)]
    return names.index(AGE) if AGE in names else None, np.array(since, dtype=np.int64)


_places = Remembered(_found)


def read(given: Json) -> Withholding:
    """Return what `Withholding.json` wrote."""
    return Withholding(given["youngest_days"], novelty.read(given["novelty"]))


def learn(rows: Frame, booster: lgb.Booster, settings: Settings) -> Withholding:
    """Return the rules for a model fitted on ``rows``."""
    asked, splits = settings.withhold, booster.feature_importance("split")
    named = [feature.name for feature, used in zip(rows.features, splits, strict=True) if used]
    seen = novelty.learn(rows, named, asked.unlike_share, settings.training.seed)
    return Withholding(asked.youngest_days, seen)


def document(rules: Withholding, test: Frame) -> Json:
    """Return ``evaluation["withheld"]``: who would have had no score in the test period."""
    found = Counter(why for why in rules.reasons(test.features, test.matrix) if why)
    rows = len(test)
    return {
        "rows": rows,
        "withheld": found.total(),
        "share": found.total() / rows if rows else None,
        "by_reason": dict(sorted(found.items())),
        "youngest_days": rules.youngest_days,
        "unlike_share": rules.novelty.share,
        "unlike_calibrated": rules.novelty.reach is not None,
    }
