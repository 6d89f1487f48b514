"""The model in service over HTTP: which it is, what it reads, how well it was judged to do."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from features.catalog import Feature, Good, Unit
from serving.dependencies import ChampionOf, EngineOf, KnownQuery
from serving.etag import TAGGED, unchanged
from serving.problems import documented
from serving.store.promotions import latest
from training.bundle import Bundle, Kind


class ModelFeature(BaseModel):
    """One value the model reads, by the name that predictions take."""

    name: str
    kind: str = Field(description="`number` or `category` (a text).")
    categories: list[str] | None = Field(description="Known values; others count as missing.")
    group: str
    unit: Unit
    good: Good = Field(description="Direction in which more is better.")
    label_en: str
    label_ja: str


class Cuts(BaseModel):
    """Band edges on the unrounded score."""

    green: float = Field(description="Green at or above.")
    red: float = Field(description="Red at or below.")


class Anchors(BaseModel):
    """What fixes the scale: these probabilities are shown as 80 and 50."""

    p80: float
    p50: float


class Live(BaseModel):
    """Since when this version serves, by whom and why, as the log of promotions has it."""

    since: datetime | None = Field(description="UTC; null where the log has no row of it.")
    by: str | None
    action: str | None = Field(
        description="`trained` (passed the gate at its training), `promoted`, `forced` (against "
        "the gate, with a reason), `rolled back`, `found` (in service without a row)."
    )
    in_place_of: str | None
    why: str | None


class Model(BaseModel):
    """The champion and its evaluation."""

    model_config = ConfigDict(extra="forbid")

    version: str
    live: Live
    horizon_days: int
    bands: Cuts
    kind: Kind = Field(
        description="`scorecard` where rules serve, because no model has earned it yet."
    )
    scale: Anchors | None = Field(
        description="null where a scorecard serves that has no probabilities yet."
    )
    features: list[ModelFeature]
    evaluation: dict[str, Any] = Field(
        description="How it was judged on later periods: metrics with intervals, baselines, "
        "checks, reliability, ranges, answer check."
    )
    manifest: dict[str, Any] = Field(description="Seeds, versions, cut-offs and file hashes.")


routes = APIRouter(prefix="/v1/model", tags=["model"], dependencies=[Depends(KnownQuery())])


@routes.get(
    "",
    operation_id="getModel",
    summary="The model in service and how well it was judged to do",
    responses={**TAGGED, **documented(400, 409, 422, 503)},
    response_model=Model,
)
def get_model(
    request: Request, response: Response, champion: ChampionOf, engine: EngineOf
) -> Response | Model:
    """Return version, since when and why it serves, features, scale, bands and the evaluation."""
    bundle = champion.current
    live = live_since(engine, bundle.version)
    since = "" if live.since is None else live.since.isoformat()
    same = unchanged(request, response, bundle.version, since)
    return same if same is not None else _model(bundle, live)


def live_since(engine: sa.Engine, version: str) -> Live:
    """Return since when ``version`` serves and why; nothing where the log tells of another."""
    last = latest(engine)
    if last is None or last.to_version != version:
        return Live(since=None, by=None, action=None, in_place_of=None, why=None)
    return Live(
        since=last.at.replace(tzinfo=UTC),
        by=last.by,
        action=last.action,
        in_place_of=last.from_version,
        why=last.why or None,
    )


def _model(bundle: Bundle, live: Live) -> Model:
    return Model(
        version=bundle.version,
        live=live,
        kind=bundle.kind,
        horizon_days=bundle.evaluation["horizon_days"],
        bands=Cuts(green=bundle.bands.green, red=bundle.bands.red),
        scale=None if bundle.scale is None else Anchors(p80=bundle.scale.p80, p50=bundle.scale.p50),
        features=[_feature(feature, bundle) for feature in bundle.features],
        evaluation=bundle.evaluation,
        manifest=bundle.manifest,
    )


def _feature(feature: Feature, bundle: Bundle) -> ModelFeature:
    known = bundle.categories.get(feature.name)
    return ModelFeature(
        name=feature.name,
        kind=feature.kind,
        categories=list(known) if known is not None else None,
        group=feature.group,
        unit=feature.unit,
        good=feature.good,
        label_en=feature.label.en,
        label_ja=feature.label.ja,
    )
