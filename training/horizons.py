"""Churn by several horizons, hung on the headline so that they can never contradict it.

The headline model says P(leaves within its horizon). Each longer horizon adds a hazard: leaves
within it, given still here at the one before. Each shorter one takes a share: leaves within it,
given leaves within the next longer one. The curve therefore rises by construction and passes
through the headline exactly.

Serving imports this module, so it stays light.
"""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from training import model
from training.calibration import Calibration, probability
from training.tree_shap import ForeignTreesError
from training.tree_shap.small import SmallTrees

Floats = npt.NDArray[np.float64]
Json = dict[str, Any]
Kind = Literal["share", "hazard"]

ALWAYS = (30, 90, 180, 365)
"""Horizons in days that are told beside the headline as far as the data reach."""


def wanted(headline: int) -> tuple[int, ...]:
    """Return all horizons in days, ascending, the headline among them."""
    return tuple(sorted({*ALWAYS, headline}))


@dataclass(frozen=True)
class Segment:
    """What is between two neighbouring horizons.

    Attributes
    ----------
    kind : {"share", "hazard"}
        ``share``: P(leaves within ``days`` | leaves within ``beside``), ``beside`` the longer one.
        ``hazard``: P(leaves within ``days`` | still here at ``beside``), ``beside`` the shorter.
    days, beside : int
    constant : float or None
        The same probability for all, where there is no model; in (0, 1).
    calibration : Calibration or None
    booster : lgb.Booster or None
    """

    kind: Kind
    days: int
    beside: int
    constant: float | None = None
    calibration: Calibration | None = None
    booster: lgb.Booster | None = None

    def probability(self, matrix: Floats, threads: int = 1) -> Floats:
        """Return the conditional probability of encoded rows (n, f), in (0, 1)."""
        if self.booster is None or self.calibration is None:
            assert self.constant is not None, "a segment has a model or a constant"
            return np.full(len(matrix), self.constant)
        return self.calibration.probability(model.margin(self.booster, matrix, threads))


@dataclass(frozen=True)
class Renewals:
    """How many ends lay within a week of the renewal date that was known before.

    Attributes
    ----------
    ends : int
        Ends of relationships with such a date.
    near : int
    step : bool
        Whether these are enough to place a step of the curve there.
    """

    ends: int
    near: int
    step: bool

    @property
    def share(self) -> float | None:
        """Share of the ends that lay near the date."""
        return self.near / self.ends if self.ends else None

    @property
    def step_share(self) -> float | None:
        """Share of a rise to place at the date; None where none belongs there."""
        return self.share if self.step else None


@dataclass(frozen=True)
class Curve:
    """The horizons of one model.

    Attributes
    ----------
    headline : int
        Days.
    segments : tuple of Segment
        Each starts from a horizon that an earlier one, or the headline, has given.
    absent : dict of int to str
        Horizon → why it does not exist: ``data`` (its label windows run past the data), ``silence``
        (churn is a silence longer than it), ``nobody`` (nobody left between it and the next).
    renewals : Renewals
    """

    headline: int
    segments: tuple[Segment, ...]
    absent: Mapping[int, str]
    renewals: Renewals

    @cached_property
    def days(self) -> tuple[int, ...]:
        """Horizons that exist, ascending."""
        return tuple(sorted({self.headline, *(segment.days for segment in self.segments)}))

    def probability(self, matrix: Floats, headline: Floats, threads: int = 1) -> Floats:
        """Return P(leaves within each of `days`), (n, k), rising along each row.

        Parameters
        ----------
        matrix : ndarray of shape (n, f)
            Encoded rows.
        headline : ndarray of shape (n,)
            Their headline probability, which is one of the columns to the last bit.
        """
        found = {self.headline: np.asarray(headline, dtype=np.float64)}
        for segment, within in zip(self.segments, self._within(matrix, threads), strict=True):
            beside = found[segment.beside]
            if segment.kind == "share":
                found[segment.days] = beside * within
            else:
                found[segment.days] = np.minimum(1.0, beside + (1.0 - beside) * within)
        return np.column_stack([found[days] for days in self.days])

    def around(self, headline: float, within: Sequence[float]) -> list[float]:
        """Return what `probability` does of one account; ``within`` has one number a segment."""
        found = {self.headline: headline}
        for segment, chance in zip(self.segments, within, strict=True):
            beside = found[segment.beside]
            if segment.kind == "share":
                found[segment.days] = beside * chance
            else:
                found[segment.days] = min(1.0, beside + (1.0 - beside) * chance)
        return [found[days] for days in self.days]

    def _within(self, matrix: Floats, threads: int) -> list[Floats]:
        """Return each segment's conditional probability (n,); of one row from one table."""
        if len(matrix) != 1 or self.tables is None:
            return [segment.probability(matrix, threads) for segment in self.segments]
        margins = self.tables.margins(matrix[0])
        calibrations = [one.calibration for one in self.segments if one.calibration is not None]
        each = zip(calibrations, np.array(margins).reshape(-1, 1), strict=True)
        found = iter(probability(np.array([c.log_odds(margin) for c, margin in each])))
        return [
            segment.probability(matrix) if segment.calibration is None else next(found)
            for segment in self.segments
        ]

    @cached_property
    def tables(self) -> SmallTrees | None:
        """The trees of all segments in tables; None where there are none or they are larger."""
        boosters = [segment.booster for segment in self.segments if segment.booster is not None]
        with contextlib.suppress(ForeignTreesError):
            return SmallTrees.of(*(booster.model_to_string() for booster in boosters))
        return None


def tables_beside(headline: lgb.Booster, curve: Curve | None) -> SmallTrees | None:
    """Return the trees of a headline model and then of a curve; None where some are larger."""
    segments = () if curve is None else curve.segments
    boosters = (headline, *(one.booster for one in segments if one.booster is not None))
    with contextlib.suppress(ForeignTreesError):
        return SmallTrees.of(*(booster.model_to_string() for booster in boosters))
    return None


def document(curve: Curve, texts: Mapping[int, str]) -> Json:
    """Return a curve as JSON; ``texts`` holds the booster text of each modelled horizon."""
    return {
        "headline_days": curve.headline,
        "segments": [
            {
                "kind": segment.kind,
                "days": segment.days,
                "beside": segment.beside,
                "constant": segment.constant,
                "calibration": asdict(segment.calibration) if segment.calibration else None,
                "booster": texts.get(segment.days),
            }
            for segment in curve.segments
        ],
        "absent": {str(days): why for days, why in curve.absent.items()},
        "renewals": asdict(curve.renewals),
    }


def read(given: Json) -> Curve:
    """Return the curve of a JSON document that `document` wrote."""
    return Curve(
        headline=given["headline_days"],
        segments=tuple(_segment(part) for part in given["segments"]),
        absent={int(days): why for days, why in given["absent"].items()},
        renewals=Renewals(**given["renewals"]),
    )


def _segment(part: Json) -> Segment:
    calibration, text = part["calibration"], part["booster"]
    return Segment(
        kind=part["kind"],
        days=part["days"],
        beside=part["beside"],
        constant=part["constant"],
        calibration=None if calibration is None else Calibration(**calibration),
        booster=None if text is None else lgb.Booster(model_str=text),
    )
