"""The route of predictions."""

from fastapi import APIRouter, Depends

from features.clock import utc_now
from serving.dependencies import ChampionOf, EngineOf, KnownQuery, SettingsOf
from serving.predictions.answers import Context, predict
from serving.predictions.schemas import PredictionRequest, Predictions
from serving.problems import documented

routes = APIRouter(prefix="/v1/predictions", tags=["predictions"])


@routes.post(
    "",
    operation_id="createPredictions",
    summary="Scores with reasons for up to 1,000 accounts",
    responses=documented(400, 404, 409, 413, 415, 422, 503),
    dependencies=[Depends(KnownQuery())],
)
def create_predictions(
    request: PredictionRequest, champion: ChampionOf, engine: EngineOf, settings: SettingsOf
) -> Predictions:
    """Answer each account with its canonical record: number, band, probability, reasons.

    An `account_id` alone answers with its issued score. `features` alone are scored as given.
    Both together are a what-if: the account as it is, with those values changed.
    """
    bundle = champion.current
    now = utc_now()
    context = Context(bundle, champion, engine, settings, now)
    return Predictions(model_version=bundle.version, predictions=predict(request.accounts, context))
