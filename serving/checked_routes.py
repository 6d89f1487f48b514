"""The answer check over HTTP: every figure of the model check page, and those it leaves out."""

import hashlib
import json
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from serving import checked
from serving.dependencies import ChampionOf, EngineOf, KnownQuery, SettingsOf
from serving.etag import TAGGED, unchanged
from serving.kept_answers import Kept
from serving.problems import documented


class InService(BaseModel):
    """The version in service, and the change that put it there."""

    version: str
    kind: str = Field(description="`model` or `scorecard`.")
    at: str | None = Field(description="Since when; null where the log does not say.")
    by: str | None
    action: str | None
    from_version: str | None
    why: str | None
    why_ja: str | None = Field(description="The same where the gate said it; else as written.")


class AnswerCheck(BaseModel):
    """What the model check page shows, as numbers and codes."""

    model_config = ConfigDict(extra="forbid")

    live: InService
    answer_check: dict[str, Any] | None = Field(
        description="Bands 26 to 1 weeks before leaving, verdict against the limit, what became of "
        "each band, alerts with contacted accounts apart, lead time, misses with what the score "
        "did not see, segments, versions, other scores beside ours. `basis` says on which scores. "
        "Null where nothing could be checked yet."
    )
    judged: dict[str, Any] = Field(
        description="The model on later periods: metrics with intervals, reliability, baselines, "
        "release checks."
    )
    horizon_days: int
    horizons: dict[str, Any] | None = Field(description="Said and come at each horizon.")
    promotions: list[dict[str, Any]] = Field(description="Newest first.")
    amendments: list[dict[str, Any]] = Field(
        description="Changes of definition that took effect, newest first: who, why, what changed "
        "(`what`, `before`, `after`) and what a replay measured before, where one was run."
    )


routes = APIRouter(prefix="/v1/answer-check", tags=["model"], dependencies=[Depends(KnownQuery())])


@routes.get(
    "",
    operation_id="getAnswerCheck",
    summary="Were those who left red before they left, and can the figures be trusted",
    responses={**TAGGED, **documented(400, 409, 422, 503)},
    response_model=AnswerCheck,
)
def get_answer_check(
    request: Request,
    response: Response,
    champion: ChampionOf,
    engine: EngineOf,
    settings: SettingsOf,
) -> Response | AnswerCheck:
    """Return the document that the page is made from."""
    found = checked.document(champion.current, Kept(settings), engine)
    text = json.dumps(found, sort_keys=True, ensure_ascii=False)
    same = unchanged(request, response, hashlib.sha256(text.encode()).hexdigest()[:16])
    return same if same is not None else AnswerCheck(**found)
