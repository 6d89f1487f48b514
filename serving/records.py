"""The canonical record of a score: what every door (page, API, CRM, report) shows a part of."""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

import numpy as np
from pydantic import BaseModel, ConfigDict

from features.catalog import Feature, Language, Unit
from serving import words
from serving.changes import Change, change
from serving.horizons import Horizon, RenewalOnCurve, horizons, renewal
from serving.instant import Instant
from serving.plays import Choice, Play, Reason, choose, plays_of
from serving.scoring import typical_of
from serving.statements import WORTH_SAYING, days_behind
from serving.store.scores import StoredRow, numbers
from training.reasons import closing, round_points
from training.scale import shown

if TYPE_CHECKING:
    from features.settings import Settings
    from training.bundle import Bundle


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Driver(_Part):
    """One reason with whole points; ``other`` gathers the small ones, ``clip`` the limits."""

    code: str
    """The feature's name, ``other`` or ``clip``."""
    group: str | None
    label_en: str
    label_ja: str
    sentence_en: str
    sentence_ja: str
    value: float | str | None
    typical: float | str | None
    """The same feature among live accounts of the same plan: median or most frequent value."""
    unit: Unit | None
    points: int


class Freshness(_Part):
    """How recent and how complete the data behind a score was."""

    as_of: Instant
    scored_at: Instant
    values_known: int
    values_total: int
    missing: list[str]


class Record(_Part):
    """One score as it was issued.

    ``baseline_points + Σ drivers.points == health_score`` in whole points; both are null where the
    score is withheld, and ``abstain_reason`` then says why.
    """

    score_id: str
    kind: Literal["issued", "replay"]
    account_external_id: str
    as_of: Instant
    health_score: int | None
    band: Literal["green", "yellow", "red", "no_data"]
    band_since: Instant | None
    churn_probability: float | None
    churn_probability_low: float | None
    churn_probability_high: float | None
    horizon_days: int
    horizons: list[Horizon]
    """Rising, the headline among them; only those the data reach, none without a score."""
    renewal: RenewalOnCurve | None
    scorecard_score: int | None
    """What the rules alone say, 0 to 100; null where they give no score."""
    scorecard_version: str | None
    baseline_points: int | None
    drivers: list[Driver]
    change: Change | None
    recommended_action: str
    recommended_action_en: str
    recommended_action_ja: str
    reason_code: str | None
    """The feature the action was chosen for; null where the band alone decides."""
    revenue_at_risk: float | None
    """churn_probability × ARR, in ``currency``."""
    currency: str | None
    renewal_date: date | None
    data_freshness: Freshness
    abstain_reason: str | None
    abstain_sentence_en: str | None
    abstain_sentence_ja: str | None
    model_version: str
    feature_snapshot_id: str
    explanation_url: str


def record(
    row: StoredRow,
    run: StoredRow,
    bundle: "Bundle",
    settings: "Settings",
    previous: tuple[StoredRow, StoredRow] | None = None,
    base_url: str = "",
) -> Record:
    """Return the canonical record of a stored score.

    Parameters
    ----------
    row, run : mapping
        A row of the store's ``scores`` and its row of ``runs``.
    bundle : Bundle
        The bundle of the run's ``model_version``: it knows the words and the category codes.
    previous : (row, run), optional
        The same account's score before this one, for ``change`` and for what fell lately.
    base_url : str
        What goes before ``/v1`` in ``explanation_url``.
    """
    baseline, drivers = explained(row, run, bundle)
    chosen = recommended(row, bundle, plays_of(settings), previous)
    probability, arr = row["churn_probability"], row["arr"]
    at_risk = None if probability is None or arr is None else probability * arr
    return Record(
        score_id=row["score_id"],
        kind=row["kind"],
        account_external_id=row["account_id"],
        as_of=row["as_of"],
        health_score=row["health_score"],
        band=row["band"],
        band_since=row["band_since"],
        churn_probability=probability,
        churn_probability_low=row["churn_probability_low"],
        churn_probability_high=row["churn_probability_high"],
        horizon_days=bundle.evaluation["horizon_days"],
        horizons=horizons(row),
        renewal=renewal(row, bundle),
        scorecard_score=_by_card(row, bundle),
        scorecard_version=run.get("scorecard_version"),
        baseline_points=baseline,
        drivers=drivers,
        change=change(row, run, *previous) if previous is not None else None,
        recommended_action=chosen.play.code,
        recommended_action_en=chosen.play.title["en"],
        recommended_action_ja=chosen.play.title["ja"],
        reason_code=chosen.feature.name if chosen.feature else None,
        revenue_at_risk=at_risk,
        currency=row["currency"],
        renewal_date=row["renewal_date"],
        data_freshness=_freshness(row, run, bundle),
        abstain_reason=row["abstain_reason"],
        abstain_sentence_en=_withheld(row, run, bundle, "en"),
        abstain_sentence_ja=_withheld(row, run, bundle, "ja"),
        model_version=run["model_version"],
        feature_snapshot_id=run["snapshot_id"],
        explanation_url=f"{base_url}/v1/accounts/{quote(row['account_id'], safe='')}/explanation",
    )


def _withheld(row: StoredRow, run: StoredRow, bundle: "Bundle", language: Language) -> str | None:
    why = row["abstain_reason"]
    if why is None:
        return None
    return words.abstain_sentence(why, language, days_behind(why, run, bundle))


def _by_card(row: StoredRow, bundle: "Bundle") -> int | None:
    exact = row.get("scorecard_score")
    return None if exact is None else shown(exact, bundle.bands)


def _freshness(row: StoredRow, run: StoredRow, bundle: "Bundle") -> Freshness:
    values = decoded(row, bundle)
    missing = [name for name, value in values.items() if value is None]
    return Freshness(
        as_of=row["as_of"],
        scored_at=run["created_at"],
        values_known=len(values) - len(missing),
        values_total=len(values),
        missing=missing,
    )


def explained(row: StoredRow, run: StoredRow, bundle: "Bundle") -> tuple[int | None, list[Driver]]:
    """Return the baseline's whole points and the drivers, which together are ``health_score``.

    Drivers go from the one that costs most to the one that gives most, then ``other``, then what
    closes the sum: ``clip`` or ``calibration``.
    """
    if row["points"] is None:
        return None, []
    points, known = numbers(row["points"]), decoded(row, bundle)
    usual = typical_of(run, row["plan"])
    named = [int(i) for i in np.argsort(points, kind="stable") if abs(points[i]) >= WORTH_SAYING]
    small = len(points) - len(named)
    rest = float(points.sum() - points[named].sum())
    clip = row["health_score_exact"] - run["baseline_points"] - float(points.sum())
    clips = abs(clip) > 1e-6
    exact = [run["baseline_points"], *points[named].tolist(), *([rest] if small else [])]
    exact += [clip] if clips else []
    whole = [int(part) for part in round_points(exact, row["health_score"])]
    drivers = [
        _driver(bundle.features[i], known, usual, whole[1 + place]) for place, i in enumerate(named)
    ]
    small += sum(driver.points == 0 for driver in drivers)
    drivers = [driver for driver in drivers if driver.points != 0]
    if small:
        left = whole[1 + len(named)] if len(points) > len(named) else 0
        drivers.append(_gathered("other", words.smaller_reasons(small, "ja"),
                                 words.smaller_reasons(small, "en"), left))  # fmt: skip
    if clips:
        closes = closing(row["health_score_exact"], bundle.bends)
        said = words.CLOSING[closes]
        drivers.append(_gathered(closes, said.ja, said.en, whole[-1]))
    return whole[0], drivers


def decoded(row: StoredRow, bundle: "Bundle") -> dict[str, float | str | None]:
    """Return feature → value as people know it: text for categories, None where missing."""
    return {
        feature.name: None if np.isnan(code) else _decode(bundle, feature, float(code))
        for feature, code in zip(bundle.features, numbers(row["values"]), strict=True)
    }


def recommended(
    row: StoredRow,
    bundle: "Bundle",
    plays: tuple[Play, ...],
    previous: tuple[StoredRow, StoredRow] | None = None,
) -> Choice:
    """Return the play for a stored score and the feature it answers."""
    if row["points"] is None:
        return choose(plays, row["band"], [])
    points, values = numbers(row["points"]), numbers(row["values"])
    fell = np.zeros(len(points))
    if previous is not None and previous[0]["points"] is not None:
        before = numbers(previous[0]["points"])
        if len(before) == len(points):
            fell = before - points
    reasons = [
        Reason(feature, float(points[i]), bool(np.isnan(values[i])), float(fell[i]))
        for i, feature in enumerate(bundle.features)
    ]
    return choose(plays, row["band"], reasons)


def _driver(
    feature: Feature,
    known: Mapping[str, float | str | None],
    usual: Mapping[str, float | str | None],
    points: int,
) -> Driver:
    value, typical = known[feature.name], usual.get(feature.name)
    return Driver(
        code=feature.name,
        group=feature.group,
        label_en=feature.label.en,
        label_ja=feature.label.ja,
        sentence_en=words.sentence(feature, value, typical, points, "en"),
        sentence_ja=words.sentence(feature, value, typical, points, "ja"),
        value=value,
        typical=typical,
        unit=feature.unit,
        points=points,
    )


def _gathered(code: str, ja: str, en: str, points: int) -> Driver:
    return Driver(
        code=code,
        group=None,
        label_en=en,
        label_ja=ja,
        sentence_en=en,
        sentence_ja=ja,
        value=None,
        typical=None,
        unit=None,
        points=points,
    )


def _decode(bundle: "Bundle", feature: Feature, code: float) -> float | str:
    known = bundle.categories.get(feature.name)
    return code if known is None else known[int(code)]
