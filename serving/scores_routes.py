"""Any stored score over HTTP, as it was issued: for those who kept its id."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from features.errors import NotFoundError
from serving.accounts.answers import issued_record
from serving.dependencies import ChampionOf, EngineOf, KnownQuery, SettingsOf
from serving.etag import TAGGED, unchanged
from serving.problems import documented
from serving.records import Record
from serving.store import scores

ScoreId = Annotated[
    str, Path(pattern="^[0-9a-f]{32}$", examples=["0f8fad5bd9cb469fa16570867728950e"])
]

routes = APIRouter(prefix="/v1/scores", tags=["accounts"], dependencies=[Depends(KnownQuery())])


@routes.get(
    "/{score_id}",
    operation_id="getScore",
    summary="The canonical record of one stored score, however old",
    responses={**TAGGED, **documented(400, 404, 422, 503)},
    response_model=Record,
)
def get_score(
    request: Request,
    response: Response,
    score_id: ScoreId,
    engine: EngineOf,
    champion: ChampionOf,
    settings: SettingsOf,
) -> Response | Record:
    """Return a score with the reasons of the model that gave it.

    Also of an account that has left, of a replay (`kind` says so) and of a model that serves no
    more, as long as its bundle is in the workspace.
    """
    row = scores.score_by_id(engine, score_id)
    run = scores.run_by_id(engine, row["run_id"]) if row is not None else None
    if row is None or run is None:
        raise NotFoundError(
            "a stored score",
            "none of that id",
            "Ids are in /v1/accounts and in each account's history; a what-if is not stored.",
        )
    same = unchanged(request, response, score_id, settings.version)
    if same is not None:
        return same
    bundle = champion.bundle_of(run["model_version"])
    return issued_record(engine, row, run, bundle, settings)
