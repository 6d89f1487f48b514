"""The route of predictions."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import State
from starlette.types import Scope

from features.clock import utc_now
from serving.bodies import JSON, MANY_ROWS, takes
from serving.dependencies import KnownQuery
from serving.honest_json import check_json
from serving.predictions import inputs
from serving.predictions.answers import Context, predict
from serving.predictions.at_once import AnsweredAtOnce, validated
from serving.predictions.given import Given, given_of
from serving.predictions.issued import Answer
from serving.predictions.reading import Plain
from serving.predictions.schemas import PredictionRequest, Predictions
from serving.predictions.stored import Stored
from serving.predictions.written import enclosed, written
from serving.problems import documented
from serving.tracing import span
from training.bundle import Bundle

LookedUp = Callable[[Sequence[str], Bundle, int | None], Answer | None]

IN_THE_LOOP = 4
"""So many accounts are answered without a thread: about 2 ms where features are given."""

MANY = 25
"""So many accounts are checked in the thread that answers them: beyond, about a millisecond."""

SHORT: Final = 2_000
"""Bytes of a body that may ask for no more than a few accounts by id."""


def answered_at_once(body: bytes, state: State) -> bytes | None:
    """Return the body of the 200 for one of a request; None where that takes the store or long.

    Raises
    ------
    MalformedError, RequestValidationError, KenshinError
        As the layers and the route do.
    """
    if len(body) <= SHORT and b'"account_id"' in body:
        request = validated(PredictionRequest, check_json(body))
        if len(request.accounts) <= IN_THE_LOOP and _asks_by_id(request):
            return _of_issued(request, state, state.issued.at_once)
    if not state.runs.at_hand():
        return None
    bundle = state.champion.current
    given = given_of(bundle, state.settings, state.settings_version)
    plain = None if given is None else given.read(body)
    if given is not None and plain is not None and len(plain.rows) <= IN_THE_LOOP:
        return _of_given(given, plain, bundle, state)
    request = validated(PredictionRequest, check_json(body))
    return _answered(request, state) if _asks_no_store(request) else None


async def _answer(request: PredictionRequest, state: State) -> bytes:
    if _asks_no_store(request) and state.runs.at_hand():
        return _answered(request, state)
    return await run_in_threadpool(_answered, request, state)


def _asks_no_store(request: PredictionRequest) -> bool:
    return len(request.accounts) <= IN_THE_LOOP and _asks_by_features(request)


def _asks_by_features(request: PredictionRequest) -> bool:
    return all(one.account_id is None for one in request.accounts)


def _asks_by_id(request: PredictionRequest) -> bool:
    return all(one.features is None for one in request.accounts)


def _of_issued(request: PredictionRequest, state: State, looked_up: LookedUp) -> bytes | None:
    """Return the stored scores as they were told; None where they have to be had otherwise."""
    bundle = state.champion.current
    asked = [one.account_id for one in request.accounts if one.account_id is not None]
    with span("predict"):
        found = looked_up(asked, bundle, None if request.drivers == "all" else request.drivers)
    if found is None:
        return None
    state.metrics.predicted(bundle.version, Counter(found.bands))
    return enclosed(bundle.version, found.records)


def _answered(request: PredictionRequest, state: State) -> bytes:
    if _asks_by_id(request):
        issued = _of_issued(request, state, state.issued.answered)
        if issued is not None:
            return issued
    bundle = state.champion.current
    most = None if request.drivers == "all" else request.drivers
    given = given_of(bundle, state.settings, state.settings_version)
    if given is not None and _asks_by_features(request):
        inputs.check_features(request.accounts, bundle)
        nothing = Stored(state.runs.recent())
        rows = inputs.matrix(request.accounts, nothing, bundle, state.champion)
        return _of_given(given, Plain(rows, most), bundle, state)
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


def _of_given(given: Given, asked: Plain, bundle: Bundle, state: State) -> bytes:
    """Return the answer about features alone, without a record of any in between."""
    with span("predict"):
        run = state.runs.recent()
        records, bands = given.answered(asked.rows, run, utc_now(), asked.most)
    body = enclosed(bundle.version, records)
    alone = len(bands) == 1
    state.metrics.predicted(bundle.version, {bands[0]: 1} if alone else Counter(bands))
    return body


class _PredictedAtOnce(AnsweredAtOnce):
    @staticmethod
    async def answer(document: object, state: State) -> bytes:
        if _are_many(document):  # to check them takes as long as many an answer
            return await run_in_threadpool(_checked_and_answered, document, state)
        return await _answer(validated(PredictionRequest, document), state)

    async def answer_body(self, document: object, scope: Scope) -> bytes:
        if _are_many(document):
            state, body = scope["app"].state, scope["state"]["body"]
            return await run_in_threadpool(_read_and_answered, body, document, state)
        return await super().answer_body(document, scope)


def _are_many(document: object) -> bool:
    accounts = document.get("accounts") if isinstance(document, dict) else None
    return isinstance(accounts, list) and len(accounts) > MANY


def _checked_and_answered(document: object, state: State) -> bytes:
    return _answered(validated(PredictionRequest, document), state)


def _read_and_answered(body: bytes, document: object, state: State) -> bytes:
    """Return the answer to many accounts: read anew where nothing but features may be asked for."""
    bundle = state.champion.current
    given = given_of(bundle, state.settings, state.settings_version)
    plain = None if given is None or b'"account_id"' in body else given.read(body)
    if given is None or plain is None:
        return _checked_and_answered(document, state)
    return _of_given(given, plain, bundle, state)


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
