"""Drift: features and scores that are whole, and yet not what they were."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from features.catalog import Feature
from serving.drift import statistics
from serving.drift.observed import Floats, Observed
from training import distance

ENOUGH_ROWS = 500
"""Values below which a distribution is not judged."""
ENOUGH_SCORES = 30
"""Scores below which neither their mean nor the number of red accounts is judged."""
SIGNIFICANT = 0.05
"""Share of false alarms accepted among the features flagged (Benjamini-Hochberg)."""
EFFECT = 0.1
"""Stability index or normed Wasserstein distance from which a change matters."""
WOBBLE_FACTOR = 1.5
"""How much further away than the reference's own dates from each other drift begins: a new date is
the furthest so far once in as many times as there are dates, and slow trends go on."""
LARGE_EFFECT = 0.25
"""Stability index of the probability that alone asks for a retraining."""


@dataclass(frozen=True)
class FeatureShift:
    """One feature now beside the reference.

    Attributes
    ----------
    importance : float
        Its share of all absolute points in the reference, 0 to 1.
    rows : int
        Accounts with a finite value now.
    judged : bool
        False with fewer than 500 values now or none in the reference; then there is no figure.
    test : {"kolmogorov-smirnov", "chi-square"}
    q_value : float or None
        After Benjamini-Hochberg over all features judged.
    stability_index, wasserstein : float or None
        Effect sizes; ``wasserstein`` is in reference standard deviations, for numbers only.
    stability_limit, wasserstein_limit : float
        Effect size from which it has drifted: 0.1, or 1.5 times the largest that a single date of
        the reference shows beside the others.
    drifted : bool
        ``q_value`` ≤ 0.05 and an effect at its limit.
    calendar : bool
        Moves by itself as time passes: it is shown, and never drifts.
    before, now : float, str or None
        Medians, or most frequent values; None where not judged.
    """

    feature: str
    importance: float
    rows: int
    judged: bool
    test: Literal["kolmogorov-smirnov", "chi-square"]
    p_value: float | None = None
    q_value: float | None = None
    stability_index: float | None = None
    wasserstein: float | None = None
    stability_limit: float = EFFECT
    wasserstein_limit: float = EFFECT
    drifted: bool = False
    calendar: bool = False
    before: float | str | None = None
    now: float | str | None = None


@dataclass(frozen=True)
class ScoreShift:
    """The calibrated probabilities now beside the reference.

    Attributes
    ----------
    level : {"none", "watch", "drifted"}
        ``drifted`` from a stability index of 0.25; ``watch`` from 0.1, or when the mean or the
        number of red accounts changed by more than a quarter and not by chance; each of them only
        where single dates of the reference do not differ as much.
    red_expected : float or None
        Red accounts if the reference's share still held.
    """

    rows: int
    judged: bool
    level: Literal["none", "watch", "drifted"]
    stability_index: float | None
    mean_before: float
    mean_now: float | None
    red_expected: float | None
    red_now: int | None
    of: str = "probability"
    """``score`` where a scorecard has no probability: then the share of 100 points that is lost."""


def feature_shifts(
    observed: Observed, features: Sequence[Feature], reference: Mapping[str, Any]
) -> list[FeatureShift]:
    """Return every feature beside its reference, the most important first.

    A feature whose column is absent or unreadable is left out: that is broken data, not drift.
    """
    found = []
    for feature in features:
        profile = reference["features"].get(feature.name)
        if profile is None:
            continue
        if feature.name in observed.numbers:
            values = observed.numbers[feature.name]
            shift = _number(feature.name, values, profile, reference["rows"])
        elif feature.name in observed.texts:
            texts = [t for t in observed.texts[feature.name] if t is not None]
            shift = _category(feature.name, texts, profile, reference["rows"])
        else:
            continue
        found.append(replace(shift, calendar=feature.calendar))
    return sorted(_decided(found), key=lambda shift: -shift.importance)


def drifted_importance(shifts: Sequence[FeatureShift]) -> float:
    """Return the share of all absolute points that belongs to drifted features, 0 to 1."""
    return sum(shift.importance for shift in shifts if shift.drifted)


def score_shift(probability: Floats, reference: Mapping[str, Any]) -> ScoreShift:
    """Return the probabilities of one run beside the reference's.

    Parameters
    ----------
    probability : ndarray of shape (n_scored,)
        Calibrated probabilities; withheld scores are left out.
    reference : mapping
        The champion's profile.
    """
    profile, rows = reference["probability"], reference["rows"]
    if not len(probability):
        return ScoreShift(0, False, "none", None, profile["mean"], None, None, None)
    judged = len(probability) >= ENOUGH_ROWS
    index = distance.number_index(profile, probability, rows) if judged else None
    mean = float(probability.mean())
    red = red_expected = None
    if profile.get("red_from") is not None:
        red = int((probability >= profile["red_from"]).sum())
        red_expected = profile["red_share"] * len(probability)
    moved = len(probability) >= ENOUGH_SCORES and (
        _mean_moved(probability, profile, rows) or _red_moved(red, len(probability), reference)
    )
    level: Literal["none", "watch", "drifted"] = "none"
    wobble = profile.get("wobble", {}).get("stability_index", 0.0)
    if index is not None and index >= max(LARGE_EFFECT, WOBBLE_FACTOR * wobble):
        level = "drifted"
    elif moved or (index is not None and index >= max(EFFECT, wobble)):
        level = "watch"
    of = profile.get("of", "probability")
    before = profile["mean"]
    return ScoreShift(len(probability), judged, level, index, before, mean, red_expected, red, of)


def _number(name: str, values: Floats, profile: Mapping[str, Any], rows: int) -> FeatureShift:
    known = values[np.isfinite(values)]
    reference_rows = round(rows * (1 - profile["missing"]))
    shift = FeatureShift(name, profile["importance"], len(known), False, "kolmogorov-smirnov")
    if len(known) < ENOUGH_ROWS or not reference_rows:
        return shift
    return replace(
        shift,
        judged=True,
        p_value=statistics.ks_p_value(
            statistics.ks_distance(profile, known), reference_rows, len(known)
        ),
        stability_index=distance.number_index(profile, known, reference_rows),
        wasserstein=distance.normed_wasserstein(profile, known),
        stability_limit=_limit(profile, "stability_index"),
        wasserstein_limit=_limit(profile, "wasserstein"),
        before=profile["median"],
        now=float(np.median(known)),
    )


def _category(
    name: str, texts: Sequence[str], profile: Mapping[str, Any], rows: int
) -> FeatureShift:
    reference_rows = round(rows * (1 - profile["missing"]))
    shift = FeatureShift(name, profile["importance"], len(texts), False, "chi-square")
    if len(texts) < ENOUGH_ROWS or not reference_rows:
        return shift
    before, now = distance.category_counts(profile, reference_rows, texts)
    shares = profile["shares"]
    return replace(
        shift,
        judged=True,
        p_value=statistics.chi_square_p_value(before, now),
        stability_index=distance.category_index(profile, texts, reference_rows),
        stability_limit=_limit(profile, "stability_index"),
        before=max(shares, key=lambda value: shares[value]),
        now=Counter(sorted(texts)).most_common(1)[0][0],
    )


def _limit(profile: Mapping[str, Any], effect: str) -> float:
    """Return the effect size from which a feature has drifted; 0.1 where no dates are known."""
    return float(max(EFFECT, WOBBLE_FACTOR * profile.get("wobble", {}).get(effect, 0.0)))


def _decided(shifts: Sequence[FeatureShift]) -> list[FeatureShift]:
    """Return ``shifts`` with q values over those judged, and the decision.

    Calendar features are no hypotheses: what moves by itself is not tested.
    """
    tested = [s.p_value for s in shifts if s.p_value is not None and not s.calendar]
    q_values = iter(statistics.benjamini_hochberg(tested))
    decided = []
    for shift in shifts:
        if shift.p_value is None or shift.calendar:
            decided.append(shift)
            continue
        q_value = next(q_values)
        far = (shift.stability_index or 0.0) >= shift.stability_limit or (
            (shift.wasserstein or 0.0) >= shift.wasserstein_limit
        )
        decided.append(replace(shift, q_value=q_value, drifted=far and q_value <= SIGNIFICANT))
    return decided


def _mean_moved(probability: Floats, profile: Mapping[str, Any], rows: int) -> bool:
    """Return whether the mean changed by a quarter, by 4 standard errors and more than dates do."""
    change = abs(float(probability.mean()) - profile["mean"])
    variance = profile["deviation"] ** 2 * (1 / rows + 1 / len(probability))
    wobble = WOBBLE_FACTOR * profile.get("wobble", {}).get("mean", 0.0)
    return bool(change > max(0.25 * profile["mean"], 4 * np.sqrt(variance), wobble))


def _red_moved(red: int | None, rows: int, reference: Mapping[str, Any]) -> bool:
    """Return whether the red share changed by a quarter, not by chance and more than dates do."""
    share = reference["probability"].get("red_share")
    if red is None or share is None:
        return False
    now = red / rows
    chance = statistics.share_change_p_value(share, reference["rows"], now, rows)
    wobble = reference["probability"].get("wobble", {}).get("red_share", 0.0)
    return bool(abs(now - share) > max(0.25 * share, WOBBLE_FACTOR * wobble) and chance < 1e-4)
