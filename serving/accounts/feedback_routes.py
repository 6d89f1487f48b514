"""What a tool's users say about an explanation, sent by the tool."""

from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from features.clock import utc_now
from features.errors import NotFoundError
from serving import feedback
from serving.accounts import lookup
from serving.accounts.filters import NO_NUL
from serving.accounts.override_routes import actor
from serving.accounts.routes import AccountId
from serving.dependencies import EngineOf, KnownQuery
from serving.feedback import LONGEST_NOTE, About, Said, Verdict
from serving.idempotency import OnceOf
from serving.instant import Instant
from serving.problems import Fault, RequestFault, documented
from serving.problems.near import did_you_mean
from serving.store import scores
from serving.store.engine import writing

Name = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=NO_NUL)]
Note = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NOTE, pattern=NO_NUL),
]


class Feedback(BaseModel):
    """What somebody thinks of a score and its reasons."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [
                {"verdict": "agree"},
                {
                    "verdict": "disagree",
                    "feature": "active_users_28d",
                    "note": "They moved to a shared login in October.",
                },
            ]
        },
    )

    verdict: Verdict
    feature: Name | None = Field(
        default=None, description="`code` of the driver it is about; none: the whole score."
    )
    note: Note | None = Field(default=None, description="In a person's own words.")
    score_id: Name | None = Field(default=None, description="Default: the account's latest score.")


class StoredFeedback(BaseModel):
    """The feedback as it was kept. It is shown on the account's page and never trained on."""

    model_config = ConfigDict(extra="forbid")

    feedback_id: int
    at: Instant
    account_external_id: str
    score_id: str
    verdict: Verdict
    feature: str | None
    note: str | None


routes = APIRouter(prefix="/v1/accounts", tags=["accounts"], dependencies=[Depends(KnownQuery())])


@routes.post(
    "/{account_id:path}/feedback",
    status_code=201,
    operation_id="createFeedback",
    summary="Say whether the score and its reasons are right",
    responses=documented(400, 404, 409, 413, 415, 422, 503),
    response_model=StoredFeedback,
)
def create_feedback(
    given: Feedback, account_id: AccountId, request: Request, engine: EngineOf, once: OnceOf
) -> Response:
    """Keep what somebody thinks of a score; the account's page shows it to the next reader.

    With an `Idempotency-Key` a repeated request is kept once and answered the same.
    """
    score_id = given.score_id or _latest(engine, account_id)
    about = feedback.about(engine, score_id)
    if about.account_id != account_id:
        raise NotFoundError(
            "a score of that account",
            "a score of another account",
            "Take the score_id of the account's own record or history.",
        )
    _check_feature(given.feature, about)
    said = Said(utc_now(), given.verdict, given.feature, given.note, actor(request))
    with writing(engine) as connection:
        number = feedback.keep(connection, account_id, score_id, said)
        stored = StoredFeedback(
            feedback_id=number,
            at=said.at,
            account_external_id=account_id,
            score_id=score_id,
            verdict=given.verdict,
            feature=given.feature,
            note=given.note,
        )
        return once.keep(connection, stored, status=201)


def _latest(engine: sa.Engine, account_id: str) -> str:
    """Return the id of the account's latest score, also of one that has left."""
    latest = scores.history(engine, account_id, limit=1)
    if not latest:
        raise lookup.unknown(engine, lookup.latest_run(engine), account_id)
    return str(latest[0]["score_id"])


def _check_feature(feature: str | None, about: About) -> None:
    if feature is not None and feature not in about.features:
        said = did_you_mean(feature, about.features)
        raise RequestFault(Fault(field="body.feature", code="unknown_feature", message=said))
