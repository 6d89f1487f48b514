"""What a person holds against an account's score, with a reason and a last day, set by a tool."""

import re
from datetime import date
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from features import erased
from features.clock import utc_now
from serving.accounts import lookup
from serving.accounts.filters import NO_NUL
from serving.accounts.routes import AccountId
from serving.dependencies import EngineOf, KnownQuery, SettingsOf
from serving.idempotency import OnceOf
from serving.overrides import kept
from serving.overrides.override import LONGEST_REASON, Override, OverrideBand, Shown, shown
from serving.problems import documented
from serving.store.engine import writing
from serving.store.scores import history

_WRITTEN = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _day(given: object) -> object:
    """Return a day written as YYYY-MM-DD; strict JSON has no dates, and weeks are none."""
    if isinstance(given, str) and _WRITTEN.fullmatch(given):
        return date.fromisoformat(given)
    return given


Day = Annotated[date, BeforeValidator(_day)]
Reason = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=LONGEST_REASON, pattern=NO_NUL
    ),
]


class OverrideRequest(BaseModel):
    """What somebody holds instead of the model's band, and for how long."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [
                {
                    "band": "yellow",
                    "reason": "Their new owner signs again in March; usage stops until then.",
                    "until": "2027-03-31",
                }
            ]
        },
    )

    band: OverrideBand = Field(description="Another than the model's.")
    reason: Reason = Field(description="What the data cannot see; without it nothing is kept.")
    until: Day = Field(
        description="The last day it holds, UTC, within a year; then it is gone by itself."
    )


class StoredOverride(Shown):
    """The override as it was kept. The score itself stays what it was."""

    account_external_id: str


class Withdrawal(BaseModel):
    """What came of taking an override back."""

    model_config = ConfigDict(extra="forbid")

    withdrawn: bool = Field(description="False where none was in force.")


routes = APIRouter(prefix="/v1/accounts", tags=["accounts"], dependencies=[Depends(KnownQuery())])


@routes.post(
    "/{account_id:path}/override",
    status_code=201,
    operation_id="setOverride",
    summary="Hold another band against the score, with a reason and a last day",
    responses=documented(400, 404, 409, 413, 415, 422, 503),
    response_model=StoredOverride,
)
def set_override(
    given: OverrideRequest,
    account_id: AccountId,
    request: Request,
    engine: EngineOf,
    settings: SettingsOf,
    once: OnceOf,
) -> Response:
    """Keep what a person holds instead of the model's band; it is shown beside the score.

    The score is never changed by it and no model learns from it; once the outcome is known the
    answer check tells who was right. One before it ends with it. With an `Idempotency-Key` a
    repeated request is kept once and answered the same.
    """
    score = lookup.score_of(engine, lookup.latest_run(engine), account_id)
    said = Override(utc_now(), actor(request), given.band, given.until, given.reason)
    hashed = erased.ready(settings).of(account_id)
    with writing(engine) as connection:
        row = kept.keep(connection, score, said, hashed)
        stored = StoredOverride(**dict(shown(row)), account_external_id=account_id)
        return once.keep(connection, stored, status=201)


@routes.delete(
    "/{account_id:path}/override",
    operation_id="withdrawOverride",
    summary="Take an override back before its last day",
    responses=documented(400, 404, 409, 422, 503),
    response_model=Withdrawal,
)
def withdraw_override(
    account_id: AccountId,
    request: Request,
    engine: EngineOf,
    settings: SettingsOf,
    once: OnceOf,
) -> Response:
    """End what holds of an account; it stays in the log and is judged all the same."""
    require_known(engine, account_id)
    hashed = erased.ready(settings).of(account_id)
    with writing(engine) as connection:
        done = kept.withdraw(connection, account_id, utc_now(), actor(request), hashed)
        return once.keep(connection, Withdrawal(withdrawn=done), status=200)


def require_known(engine: sa.Engine, account_id: str) -> None:
    """Refuse an id that was never scored.

    Raises
    ------
    UnknownAccountError
    """
    if not history(engine, account_id, limit=1):
        raise lookup.unknown(engine, lookup.latest_run(engine), account_id)


def actor(request: Request) -> str:
    """Return who asks: the id of the key, ``local`` where no key was ever made."""
    caller = getattr(request.state, "caller", None)
    return "local" if caller is None else str(caller.key_id or caller.name)
