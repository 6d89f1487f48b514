"""Fitting the horizons beside the headline, and judging the whole curve on a later period.

One procedure, carried out twice. What is released is fitted on the rows whose outcomes were settled
when the headline's test begins. What is judged is fitted on the rows whose outcomes were settled
when an earlier period begins, of which even the longest horizon is known by now: headline and all.
So every horizon is judged on the same accounts, out of time.
"""

from dataclasses import dataclass, replace
from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.progress import Progress
from features.settings import Settings
from training import model, outcomes
from training.calibration import fit_platt
from training.frames import Frame
from training.horizons import Curve, Segment, document, wanted
from training.outcomes import Outcomes
from training.recipe import proposed
from training.seal import HORIZONS
from training.segment_fit import Conditional, conditional
from training.split import Split, label_days

Floats = npt.NDArray[np.float64]
Instants = npt.NDArray[np.datetime64]

MOST_ROWS = 200_000
"""Rows (whole accounts) that a conditional model and the judgement of the curve get to see."""
LEAST = 20
"""Leavers, and stayers, without whom the headline cannot be fitted again for the judgement."""


@dataclass(frozen=True)
class Trial:
    """What the same procedure, fitted earlier, said of a later period.

    Attributes
    ----------
    curve : Curve
    rows : Frame
        The later period, all horizons known; ``churned`` is of the headline.
    known : Outcomes
        Of the same rows.
    probability : ndarray of shape (n, k)
        By ``curve.days``.
    base_rate : float
        Share who left within the headline in the rows that were fitted on.
    """

    curve: Curve
    rows: Frame
    known: Outcomes
    probability: Floats
    base_rate: float


@dataclass(frozen=True)
class Fitted:
    """The released curve and how its like fared."""

    curve: Curve
    parts: tuple[Conditional, ...]
    trial: Trial

    @property
    def texts(self) -> dict[int, str]:
        """Booster text of each modelled horizon."""
        return {part.segment.days: part.text for part in self.parts if part.text is not None}


def from_labels(
    rows: Frame,
    labels: pa.Table | None,
    parts: Split | None,
    settings: Settings,
    progress: Progress,
) -> Fitted | None:
    """Return the curve; None for a flat table, which knows nothing beyond its own label.

    Parameters
    ----------
    labels : pa.Table or None
        As `features.labels.labels` tells them for all `wanted` horizons.
    """
    headline = settings.churn.horizon_days
    if parts is None or labels is None or "left_at" not in labels.column_names:
        return None
    known = outcomes.outcomes(rows, labels, headline, wanted(headline))
    return (
        None
        if set(wanted(headline)) - set(known.by)
        else fit(rows, known, parts, settings, progress)
    )


def files(fitted: Fitted | None) -> dict[str, dict[str, Any]]:
    """Return the optional files that a bundle gets: none without a curve."""
    return {} if fitted is None else {HORIZONS: document(fitted.curve, fitted.texts)}


def fit(
    rows: Frame, known: Outcomes, parts: Split, settings: Settings, progress: Progress
) -> Fitted | None:
    """Return the curve of a model split at ``parts``; None where no horizon can be judged.

    Parameters
    ----------
    rows : Frame
        All rows whose headline outcome is known.
    known : Outcomes
        Their outcomes by every horizon.
    """
    rows, known = _at_most(rows, known, MOST_ROWS, settings.training.seed)
    headline = settings.churn.horizon_days
    absent = {days: "silence" for days in wanted(headline) if _hidden(days, settings)}
    days = [d for d in wanted(headline) if d not in absent]
    trial = _trial(rows, known, days, settings, progress)
    while trial is None:
        if days[-1] <= headline:
            return None
        absent[days.pop()] = "data"
        trial = _trial(rows, known, days, settings, progress)
    found = _chain(rows, known, days, parts.test[0], settings, progress)
    renewals = outcomes.renewals(rows, known, parts.test[0] - label_days(settings))
    curve = Curve(headline, tuple(part.segment for part in found), absent, renewals)
    return Fitted(curve, tuple(found), trial)


def _hidden(days: int, settings: Settings) -> bool:
    """Whether churn is a silence that ``days`` cannot hold."""
    churn = settings.churn
    return churn.source == "inactivity" and days < churn.horizon_days


def _gap(days: int, settings: Settings) -> np.timedelta64:
    """Return how long after an instant its outcome by ``days`` is settled."""
    return label_days(settings) + np.timedelta64(days - settings.churn.horizon_days, "D")


def settled(
    rows: Frame, days: int, before: np.datetime64, settings: Settings
) -> npt.NDArray[np.bool_]:
    """Return whether the outcome of each row by ``days`` was settled ``before`` an instant."""
    found: npt.NDArray[np.bool_] = rows.as_of + _gap(days, settings) <= before
    return found


def _trial(
    rows: Frame, known: Outcomes, days: list[int], settings: Settings, progress: Progress
) -> Trial | None:
    """Return how the curve of ``days``, fitted earlier, fares on a later period."""
    longest, headline = days[-1], settings.churn.horizon_days
    period = _later(rows, known, longest, settings)
    if period is None:
        return None
    earlier = rows.where(settled(rows, headline, period[0], settings))
    sides = [outcomes.accounts(earlier.account_ids, earlier.churned == side) for side in (0, 1)]
    if min(sides) < LEAST:
        return None
    inside = np.isin(rows.as_of, period) & np.isfinite(known.by[longest])
    later, threads = rows.where(inside), settings.training.threads
    asked, parameters = settings.training, proposed(len(earlier)).parameters
    bag = model.fit(earlier, asked.folds, asked.seed, threads, parameters=parameters)
    margin = model.margin(lgb.Booster(model_str=bag.text), later.matrix, threads)
    said = fit_platt(bag.held_out, earlier.churned).probability(margin)
    found = _chain(rows, known, days, period[0], settings, progress)
    segments = tuple(part.segment for part in found)
    curve = Curve(headline, segments, {}, outcomes.renewals(rows, known, period[0]))
    return Trial(
        curve=curve,
        rows=later,
        known=known.where(inside),
        probability=curve.probability(later.matrix, said, threads),
        base_rate=float(earlier.churned.mean()),
    )


def _later(rows: Frame, known: Outcomes, longest: int, settings: Settings) -> Instants | None:
    """Return the latest dates by which the longest horizon is known and which hold enough churns.

    At least one, at most a quarter; None where no row is settled before them.
    """
    left = known.by[longest]
    dates = np.unique(rows.as_of[np.isfinite(left)])
    count, most = 1, max(1, len(dates) // 4)
    enough = settings.training.minimum_churns
    while count < most and left[np.isin(rows.as_of, dates[-count:])].sum() < enough:
        count += 1
    period = dates[-count:]
    if not len(period) or not settled(rows, longest, period[0], settings).any():
        return None
    return period


def _chain(
    rows: Frame,
    known: Outcomes,
    days: list[int],
    before: np.datetime64,
    settings: Settings,
    progress: Progress,
) -> list[Conditional]:
    """Return the segments, nearest to the headline first, fitted on what was settled ``before``."""
    headline = settings.churn.horizon_days
    shorter = [day for day in reversed(days) if day < headline]
    longer = [day for day in days if day > headline]
    pairs = [
        *zip(shorter, [headline, *shorter], strict=False),
        *zip(longer, [headline, *longer], strict=False),
    ]
    base = float(rows.churned[settled(rows, headline, before, settings)].mean())
    found = []
    for number, (day, beside) in enumerate(pairs):
        progress("horizons", number, len(pairs))
        share = day < headline
        at_risk = known.by[beside] == (1.0 if share else 0.0)
        at_risk &= settled(rows, max(day, beside), before, settings)
        at_risk &= np.isfinite(known.by[day])
        prior = _by_constant_hazard(base, day, beside, headline)
        found.append(
            conditional(
                replace(rows.where(at_risk), churned=known.by[day][at_risk]),
                Segment("share" if share else "hazard", day, beside, constant=prior),
                _gap(max(day, beside), settings),
                settings,
            )
        )
    return found


def _by_constant_hazard(base: float, day: int, beside: int, headline: int) -> float:
    """Return the conditional probability that a hazard constant in time would give."""
    rate = -np.log1p(-min(max(base, 1e-6), 1 - 1e-6)) / headline
    if day < beside:
        return float(np.expm1(-rate * day) / np.expm1(-rate * beside))
    return float(-np.expm1(-rate * (day - beside)))


def _at_most(rows: Frame, known: Outcomes, most: int, seed: int) -> tuple[Frame, Outcomes]:
    """Return about ``most`` rows at most: whole accounts, drawn at random."""
    if len(rows) <= most:
        return rows, known
    names, place = np.unique(rows.inseparable.astype(str), return_inverse=True)
    kept = np.random.default_rng(seed).random(len(names))[place] < most / len(rows)
    return rows.where(kept), known.where(kept)
