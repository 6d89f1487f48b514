"""The drift verdict over HTTP, as ``kenshin drift`` reached it last."""

import json
from typing import Literal

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from features.errors import NotFoundError
from features.settings import Settings
from serving.dependencies import EngineOf, KnownQuery, SettingsOf
from serving.drift import kept
from serving.etag import TAGGED, unchanged
from serving.problems import documented
from serving.store.scores import latest_run


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Sentence(_Part):
    """The same in both languages."""

    ja: str
    en: str


class DriftFinding(_Part):
    """One fault of the data themselves."""

    code: str = Field(description="Stable, for programs: `unit_jump`, `stale_table`, …")
    severity: Literal["page", "watch"] = Field(description="`page` makes the verdict `broken`.")
    feature: str | None
    sentence: Sentence
    evidence: dict[str, float | str] = Field(description="The figures of the sentence.")


class FeatureDrift(_Part):
    """One feature beside the reference of the model."""

    feature: str
    importance: float = Field(description="Its share of all absolute points, 0 to 1.")
    rows: int = Field(description="Accounts with a value now.")
    judged: bool = Field(description="False with fewer than 500 values.")
    test: Literal["kolmogorov-smirnov", "chi-square"]
    p_value: float | None
    q_value: float | None = Field(description="After Benjamini and Hochberg over all features.")
    stability_index: float | None
    wasserstein: float | None = Field(description="In standard deviations of the reference.")
    stability_limit: float
    wasserstein_limit: float
    drifted: bool = Field(description="q ≤ 0.05 and an effect at its limit.")
    calendar: bool = Field(description="Moves by itself as time passes, so it never drifts.")
    before: float | str | None = Field(description="Median or most frequent value.")
    now: float | str | None


class ScoreDrift(_Part):
    """The probabilities now beside the reference."""

    rows: int
    judged: bool
    level: Literal["none", "watch", "drifted"]
    stability_index: float | None
    mean_before: float
    mean_now: float | None
    red_expected: float | None
    red_now: int | None
    of: Literal["probability", "score"]


class Drift(_Part):
    """One word, why, and what to do."""

    made_at: AwareDatetime = Field(description="When `kenshin drift` ran, UTC.")
    as_of: AwareDatetime = Field(description="Of the scores it looked at, UTC.")
    of_latest_scores: bool = Field(
        description="False where scores were issued since; then run `kenshin drift` again."
    )
    snapshot_id: str
    model_version: str
    word: Literal["ok", "watch", "drifted", "broken"]
    action: Literal["nothing", "wait", "retrain", "fix_the_feed"]
    sentences: list[Sentence] = Field(description="Headline, reasons, what was not judged, advice.")
    rows: int
    reference_rows: int
    findings: list[DriftFinding] = Field(description="Broken data.")
    features: list[FeatureDrift] = Field(description="The most important first.")
    drifted_importance: float = Field(description="Share of all absolute points that drifted.")
    score: ScoreDrift


routes = APIRouter(prefix="/v1/drift", tags=["model"], dependencies=[Depends(KnownQuery())])


@routes.get(
    "",
    operation_id="getDrift",
    summary="Are the data and the scores still like those the model was fitted on",
    responses={**TAGGED, **documented(400, 404, 422, 503)},
    response_model=Drift,
)
def get_drift(
    request: Request, response: Response, engine: EngineOf, settings: SettingsOf
) -> Response | Drift:
    """Return the last verdict of `kenshin drift`; the service itself never looks at the tables."""
    found = told(settings, engine)
    same = unchanged(
        request, response, f"{found.made_at:%Y%m%dT%H%M%S%f}", str(found.of_latest_scores)
    )
    return same if same is not None else found


def told(settings: Settings, engine: sa.Engine) -> Drift:
    """Return the verdict that was kept last, and whether it is about the latest scores.

    Raises
    ------
    NotFoundError
        Where none was reached yet, or by a version that wrote it otherwise.
    """
    try:
        document = json.loads(kept.path(settings).read_text(encoding="utf-8"))
        run = latest_run(engine, "issued")
        same = run is not None and (run["snapshot_id"], run["model_version"]) == (
            document["snapshot_id"], document["model_version"],
        )  # fmt: skip
        return Drift.model_validate({**document, "of_latest_scores": same})
    except FileNotFoundError:
        found = "none yet"
    except (ValueError, KeyError, TypeError, ValidationError):
        found = "one that this version does not read"
    raise NotFoundError(
        "a drift verdict", found, "Run `kenshin drift` after `kenshin score`; it keeps its verdict."
    )
