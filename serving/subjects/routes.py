"""Routes by which one subject's data are handed out or erased; both ask for the scope admin."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from features.clock import utc_now
from serving.accounts.filters import NO_NUL
from serving.dependencies import EngineOf, KnownQuery, SettingsOf
from serving.idempotency import OnceOf
from serving.instant import Instant
from serving.problems import documented
from serving.store.engine import writing

AccountId = Annotated[str, Path(min_length=1, max_length=255, pattern=NO_NUL, examples=["A00012"])]
Why = Annotated[
    Literal["request", "retention", "other"],
    Query(description="Kept in the audit log: the subject asked, its time is up, or else."),
]
_REFUSED = documented(400, 404, 422, 503)
_REFUSED_ONCE = documented(400, 404, 409, 422, 503)

routes = APIRouter(prefix="/v1/subjects", tags=["subjects"])


class SubjectData(BaseModel):
    """Everything that is held of one account."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    account_id: str
    names: list[str]
    exported_at: Instant
    about: dict[str, str] = Field(description="What the document is, by language.")
    scores: list[dict[str, Any]] = Field(
        description="Every score as issued or replayed, oldest first: its row, `values` and "
        "`points` by feature, and the canonical `record` with sentences while its model is there."
    )
    feedback: list[dict[str, Any]]
    overrides: list[dict[str, Any]]
    snapshots: list[dict[str, Any]] = Field(description="The account's row of each snapshot.")
    mentions: list[dict[str, Any]] = Field(
        description="Entries about the account in answer checks and other documents."
    )


class ErasureReceipt(BaseModel):
    """What was erased."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    at: Instant
    subject_hash: str = Field(description="The keyed hash under which the audit log keeps it.")
    rows: dict[str, int] = Field(description="Rows of the store, by table.")
    snapshots: int
    files: list[str] = Field(description="Other files that were changed or removed.")
    left_in: list[str] = Field(description="Files that still name it: to be cleaned by hand.")
    wiped: bool = Field(description="Whether no freed page holds old bytes any more.")


@routes.get(
    "/{account_id:path}",
    operation_id="exportSubject",
    summary="Everything that is held of one account",
    responses=_REFUSED,
    dependencies=[Depends(KnownQuery())],
    response_model=SubjectData,
)
def export_subject(
    request: Request, account_id: AccountId, engine: EngineOf, settings: SettingsOf
) -> Any:  # noqa: ANN401
    """Hand out everything about an account; the audit log tells that it was."""
    from serving.subjects import held  # its engines stay out of a server nobody asks for it

    return held.export(settings, engine, account_id, utc_now(), _actor(request), wait=False)


@routes.delete(
    "/{account_id:path}",
    operation_id="eraseSubject",
    summary="Erase one account from everything Kenshin wrote",
    responses=_REFUSED_ONCE,
    dependencies=[Depends(KnownQuery("why"))],
    response_model=ErasureReceipt,
)
def erase_subject(
    request: Request,
    account_id: AccountId,
    engine: EngineOf,
    settings: SettingsOf,
    once: OnceOf,
    why: Why = "request",
) -> Response:
    """Erase an account for ever: no later run brings it back, whatever the sources hold.

    Takes as long as it takes to write the store anew, within a deadline of its own of 15 minutes
    (`erasure_seconds`). Where a reader keeps old bytes alive, `wiped` is false. Asked again after
    an interruption, it goes on where it was; asked again with the same `Idempotency-Key`, it gives
    the first receipt.
    """
    from serving.subjects import apart, erasure

    done = erasure.erase(
        settings,
        engine,
        account_id,
        why,
        utc_now(),
        _actor(request),
        wait=False,
        written_anew=apart.written_anew,
    )
    receipt = ErasureReceipt.model_validate(vars(done))
    # Erasing twice is erasing once, so the receipt may follow in a transaction of its own.
    with writing(engine) as connection:
        return once.keep(connection, receipt, status=200)


def _actor(request: Request) -> str:
    caller = getattr(request.state, "caller", None)
    return "local" if caller is None else str(caller.key_id or caller.name)
