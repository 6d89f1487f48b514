"""The route of predictions."""

from collections import Counter

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import State

from features.clock import utc_now
from serving.bodies import JSON, MANY_ROWS, takes
from serving.dependencies import KnownQuery
from serving.predictions.answers import Context, predict
from serving.predictions.at_once import AnsweredAtOnce, validated
from serving.predictions.schemas import PredictionRequest, Predictions
from serving.predictions.written import written
from serving.problems import documented
from serving.tracing import span

IN_THE_LOOP = 4
"""So many accounts given by features are answered without a thread: about 2 ms."""


def answered_at_once(document: object, state: State) -> bytes | None:
    """Return the body of the 200 for a parsed body; None where that takes the store or long.

    Raises
    ------
    RequestValidationError, KenshinError
        As the route does.
    """
    if not state.runs.is_recent:
        return None
    request = validated(PredictionRequest, document)
    return _answered(request, state) if _asks_no_store(request) else None


MANY = 25
"""So many accounts are checked in the thread that answers them: beyond, about a millisecond."""


async def _answer(request: PredictionRequest, state: State) -> bytes:
    if _asks_no_store(request) and state.runs.is_recent:
        return _answered(request, state)
    return await run_in_threadpool(_answered, request, state)


def _asks_no_store(request: PredictionRequest) -> bool:
    few = len(request.accounts) <= IN_THE_LOOP
    return few and all(one.account_id is None for one in request.accounts)


def _answered(request: PredictionRequest, state: State) -> bytes:
    bundle = state.champion.current
    most = None if request.drivers == "all" else request.drivers
    context = Context(
        bundle,
        state.champion,
        state.engine,
        state.runs,
        state.settings,
        state.settings_version,
        utc_now(),
        most,
    )
    with span("predict"):
        found = predict(request.accounts, context)
    bands = Counter(one["band"] for one in found)
    body = written(bundle.version, found)
    state.metrics.predicted(bundle.version, bands)
    return body


class _PredictedAtOnce(AnsweredAtOnce):
    @staticmethod
    async def answer(document: object, state: State) -> bytes:
        if _are_many(document):  # to check them takes as long as many an answer
            return await run_in_threadpool(_checked_and_answered, document, state)
        return await _answer(validated(PredictionRequest, document), state)


def _are_many(document: object) -> bool:
    accounts = document.get("accounts") if isinstance(document, dict) else None
    return isinstance(accounts, list) and len(accounts) > MANY


def _checked_and_answered(document: object, state: State) -> bytes:
    return _answered(validated(PredictionRequest, document), state)


routes = APIRouter(prefix="/v1/predictions", tags=["predictions"], route_class=_PredictedAtOnce)


@routes.post(
    "",
    operation_id="createPredictions",
    summary="Scores with reasons for up to 1,000 accounts",
    response_model=Predictions,
    responses=documented(400, 404, 409, 413, 415, 422, 503),
    dependencies=[Depends(KnownQuery())],
)
@takes(JSON, limit=MANY_ROWS)
async def create_predictions(request: PredictionRequest, http: Request) -> Response:
    """Answer each account with its canonical record: number, band, probability, reasons.

    An `account_id` alone answers with its issued score. `features` alone are scored as given.
    Both together are a what-if: the account as it is, with those values changed.
    """
    return Response(await _answer(request, http.app.state), media_type="application/json")
