"""The canonical record of a score: what every door (page, API, CRM, report) shows a part of."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

import msgspec
import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from features.catalog import Language, Unit
from serving import drivers, words
from serving.changes import Change, change
from serving.freshness import Freshness, freshness
from serving.horizons import Horizon, RenewalOnCurve, renewal, told
from serving.instant import Instant
from serving.lexicon import Lexicon, Value, lexicon
from serving.plays import LEAST_LOSS, Choice, Play, Reason, choose, plays_of
from serving.scoring import typical_of
from serving.statements import days_behind
from serving.store.scores import StoredRow, numbers
from training.scale import shown

if TYPE_CHECKING:
    from features.settings import Settings
    from training.bundle import Bundle

Floats = npt.NDArray[np.float64]


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


@dataclass(frozen=True, slots=True)
class Cells:
    """The arrays of one score, unpacked: one number per feature, shape (f,)."""

    values: Floats
    points: Floats | None
    """None where the score is withheld."""


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
    return Record(**document(row, run, bundle, settings, previous, base_url))


def document(
    row: StoredRow,
    run: StoredRow,
    bundle: "Bundle",
    settings: "Settings",
    previous: tuple[StoredRow, StoredRow] | None = None,
    base_url: str = "",
    cells: Cells | None = None,
    most: int | None = None,
    as_json: bool = False,
) -> dict[str, Any]:
    """Return the same as plain values by field name, for answers that are written at once.

    Parameters
    ----------
    cells : Cells, optional
        The arrays of ``row``, where they need no unpacking.
    most : int, optional
        So many drivers are named at most; see `serving.drivers.told`.
    as_json : bool
        Give the drivers as the JSON that they are sent as, a `msgspec.Raw`.
    """
    cells, account_id = cells or _cells(row), row["account_id"]
    words_of = lexicon(bundle)
    known = words_of.decoded(cells.values.tolist())
    baseline, drivers = _told(row, run, cells, known, words_of, most, as_json)
    chosen = _recommended(row, cells, words_of, plays_of(settings), previous)
    probability, arr = row["churn_probability"], row["arr"]
    return {
        "score_id": row["score_id"],
        "kind": row["kind"],
        "account_external_id": account_id,
        "as_of": row["as_of"],
        "health_score": row["health_score"],
        "band": row["band"],
        "band_since": row["band_since"],
        "churn_probability": probability,
        "churn_probability_low": row["churn_probability_low"],
        "churn_probability_high": row["churn_probability_high"],
        "horizon_days": bundle.evaluation["horizon_days"],
        "horizons": told(row),
        "renewal": renewal(row, bundle),
        "scorecard_score": _by_card(row, bundle),
        "scorecard_version": run.get("scorecard_version"),
        "baseline_points": baseline,
        "drivers": drivers,
        "change": change(row, run, *previous) if previous is not None else None,
        "recommended_action": chosen.play.code,
        "recommended_action_en": chosen.play.title["en"],
        "recommended_action_ja": chosen.play.title["ja"],
        "reason_code": chosen.feature.name if chosen.feature else None,
        "revenue_at_risk": None if probability is None or arr is None else probability * arr,
        "currency": row["currency"],
        "renewal_date": row["renewal_date"],
        "data_freshness": freshness(row, run, known, words_of),
        "abstain_reason": row["abstain_reason"],
        "abstain_sentence_en": _withheld(row, run, bundle, "en"),
        "abstain_sentence_ja": _withheld(row, run, bundle, "ja"),
        "model_version": run["model_version"],
        "feature_snapshot_id": run["snapshot_id"],
        "explanation_url": f"{base_url}/v1/accounts/{quote(account_id, safe='')}/explanation",
    }


def explained(row: StoredRow, run: StoredRow, bundle: "Bundle") -> tuple[int | None, list[Driver]]:
    """Return the baseline's whole points and the drivers, which together are ``health_score``."""
    cells, words_of = _cells(row), lexicon(bundle)
    known = words_of.decoded(cells.values.tolist())
    baseline, drivers = _told(row, run, cells, known, words_of)
    return baseline, [Driver(**driver) for driver in drivers]


def decoded(row: StoredRow, bundle: "Bundle") -> dict[str, Value]:
    """Return feature → value as people know it: text for categories, None where missing."""
    words_of = lexicon(bundle)
    known = words_of.decoded(numbers(row["values"]).tolist())
    return dict(zip(words_of.names, known, strict=True))


def recommended(
    row: StoredRow,
    bundle: "Bundle",
    plays: tuple[Play, ...],
    previous: tuple[StoredRow, StoredRow] | None = None,
) -> Choice:
    """Return the play for a stored score and the feature it answers."""
    return _recommended(row, _cells(row), lexicon(bundle), plays, previous)


def _cells(row: StoredRow) -> Cells:
    points = row["points"]
    return Cells(numbers(row["values"]), None if points is None else numbers(points))


def _told(
    row: StoredRow,
    run: StoredRow,
    cells: Cells,
    known: list[Value],
    words_of: Lexicon,
    most: int | None = None,
    as_json: bool = False,
) -> tuple[int | None, Any]:
    if cells.points is None:
        return None, []
    parts = drivers.Parts(
        row["health_score"], row["health_score_exact"], run["baseline_points"], cells.points
    )
    usual = typical_of(run, row["plan"])
    if as_json:
        baseline, sent = drivers.written(parts, cells.values.tolist(), usual, words_of, most)
        return baseline, msgspec.Raw(sent)
    return drivers.told(parts, known, usual, words_of, most)


def _recommended(
    row: StoredRow,
    cells: Cells,
    words_of: Lexicon,
    plays: tuple[Play, ...],
    previous: tuple[StoredRow, StoredRow] | None,
) -> Choice:
    if cells.points is None or row["band"] in ("green", "no_data"):
        return choose(plays, row["band"], [])
    points, values = cells.points.tolist(), cells.values
    before = points
    if previous is not None and previous[0]["points"] is not None:
        earlier = numbers(previous[0]["points"])
        before = earlier.tolist() if len(earlier) == len(points) else points
    reasons = [
        Reason(words_of.features[i], points[i], bool(np.isnan(values[i])), before[i] - points[i])
        for i in words_of.actionable
        if points[i] <= -LEAST_LOSS
    ]
    return choose(plays, row["band"], reasons)


def _withheld(row: StoredRow, run: StoredRow, bundle: "Bundle", language: Language) -> str | None:
    why = row["abstain_reason"]
    if why is None:
        return None
    return words.abstain_sentence(why, language, days_behind(why, run, bundle))


def _by_card(row: StoredRow, bundle: "Bundle") -> int | None:
    exact = row.get("scorecard_score")
    if bundle.kind == "scorecard" and row["health_score"] is not None:
        return int(row["health_score"])
    return None if exact is None else shown(exact, bundle.bands)
