"""``/invocations``, ``/ping``, ``/health`` and ``/version``, as MLflow's server has them."""

from collections import Counter
from importlib.metadata import version
from typing import Any, Final

import numpy as np
from fastapi import APIRouter, Depends, Request
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import State

from serving import statements
from serving.bodies import CSV, JSON, MANY_ROWS, takes
from serving.dependencies import ChampionOf, KnownQuery
from serving.honest_json import check_json
from serving.invocations.encoding import encode
from serving.invocations.tables import Table, from_csv, from_json
from serving.problems import documented
from serving.tracing import span
from training.bundle import Bundle
from training.scale import band

IN_THE_LOOP: Final = 4
"""So many rows are answered without a thread: less than a millisecond."""

_VALUE: Final = {"type": ["number", "string", "null"]}
_RECORD: Final = {"type": "object", "additionalProperties": _VALUE}
_COLUMNS: Final = {
    "type": "object",
    "additionalProperties": {
        "anyOf": [{"type": "array", "items": _VALUE}, *({"type": t} for t in _VALUE["type"])]
    },
}
_LIST: Final = {"type": "array", "items": _RECORD}
_EITHER: Final = {"anyOf": [_COLUMNS, _LIST]}
_ROWS: Final = {
    "title": "InvocationRequest",
    "description": "Rows in exactly one of MLflow's four ways.",
    "type": "object",
    "additionalProperties": False,
    "minProperties": 1,
    "maxProperties": 2,
    "properties": {
        "dataframe_split": {
            "title": "DataframeSplit",
            "type": "object",
            "additionalProperties": False,
            "required": ["columns", "data"],
            "properties": {
                "columns": {"type": "array", "items": {"type": "string"}},
                "data": {"type": "array", "items": {"type": "array", "items": _VALUE}},
                "index": {"type": "array", "items": {"type": ["integer", "string"]}},
            },
        },
        "dataframe_records": _LIST,
        "instances": _EITHER,
        "inputs": _EITHER,
        "params": {"type": ["object", "null"], "description": "Empty: there are none."},
    },
}
_REQUEST: Final = {
    "parameters": [
        {
            "name": "X-Request-ID",
            "in": "header",
            "required": False,
            "description": "The platform's own id of the call; the answer and the log carry it.",
            "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
        }
    ],
    "requestBody": {
        "required": True,
        "content": {
            JSON: {
                "schema": _ROWS,
                "example": {
                    "dataframe_split": {
                        "columns": ["active_users_28d", "plan"],
                        "data": [[12, "Business"], [3, None]],
                    }
                },
            },
            CSV: {
                "schema": {"type": "string", "format": "binary"},
                "example": "active_users_28d,plan\n12,Business\n",
            },
        },
    },
}


class Invocation(BaseModel):
    """One probability per row, in the order of the rows."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"predictions": [0.031, None]}]}
    )

    predictions: list[float | None] = Field(
        description="P(the account leaves within the model's horizon); null where no score is "
        "given: too little is known, or a scorecard serves that has no probabilities yet."
    )


class Healthy(BaseModel):
    """A model is in service."""

    model_config = ConfigDict(extra="forbid")

    model_version: str


routes = APIRouter(tags=["mlflow"], dependencies=[Depends(KnownQuery())])


@routes.post(
    "/invocations",
    operation_id="invoke",
    summary="Probabilities by MLflow's scoring protocol",
    responses=documented(400, 409, 413, 415, 422, 503),
    openapi_extra=_REQUEST,
)
@takes(JSON, CSV, limit=MANY_ROWS, nan_is_missing=True)
def invoke(request: Request, champion: ChampionOf) -> Invocation:
    """Answer each row of named features with its probability of leaving.

    JSON with one of `dataframe_split`, `dataframe_records`, `instances` and `inputs`, or CSV with
    a header. Columns are read by name, in any order; all features of `GET /v1/model` must be there
    and nothing else. `null` (and the `NaN` that pandas writes) is a missing value. Reasons are at
    `POST /v1/predictions`.
    """
    return _answered(_table(request), champion.current, request.app.state)


def invoked_at_once(body: bytes, state: State) -> bytes | None:
    """Return the body of the 200 for the JSON of a few rows; None where it takes long.

    Raises
    ------
    MalformedError, KenshinError
        As the layers and the route do.
    """
    table = from_json(check_json(body, nan_is_missing=True))
    if table.rows > IN_THE_LOOP:
        return None
    return _answered(table, state.champion.current, state).model_dump_json().encode()


def _answered(table: Table, bundle: Bundle, state: State) -> Invocation:
    with span("predict"):
        predictions, bands = _scored(table, bundle)
    state.metrics.predicted(bundle.version, bands)
    return Invocation.model_construct(predictions=predictions)


def _table(request: Request) -> Table:
    """Return the rows of a request that the guard has read."""
    state: dict[str, Any] = request.scope["state"]
    return from_json(state["json"]) if "json" in state else from_csv(state["body"].decode())


def _scored(table: Table, bundle: Bundle) -> tuple[list[float | None], Counter[str]]:
    """Return each row's probability, and how many rows there are of each band."""
    matrix = encode(table, bundle)
    if not table.rows:
        return [], Counter()
    probability, score = bundle.score(matrix)
    withheld = statements.withheld(bundle, matrix)
    predictions = [
        None if why is not None or np.isnan(chance) else chance
        for why, chance in zip(withheld, probability.tolist(), strict=True)
    ]
    bands = Counter(
        "no_data" if why is not None else band(exact, own)
        for why, exact, own in zip(withheld, score.tolist(), bundle.cuts(matrix), strict=True)
    )
    return predictions, bands


@routes.get(
    "/ping",
    operation_id="ping",
    summary="Is a model in service?",
    responses=documented(400, 409, 422, 503),
)
async def ping(champion: ChampionOf) -> Healthy:
    """Answer 200 where a model is in service; /readyz says more."""
    return Healthy(model_version=champion.current.version)


@routes.get(
    "/health",
    operation_id="health",
    summary="The same as /ping",
    responses=documented(400, 409, 422, 503),
)
async def health(champion: ChampionOf) -> Healthy:
    """Answer 200 where a model is in service."""
    return Healthy(model_version=champion.current.version)


@routes.get(
    "/version",
    operation_id="getVersion",
    summary="Version of this service, as text",
    responses=documented(400, 422),
    response_class=PlainTextResponse,
)
async def get_version() -> str:
    """Return the version of Kenshin; MLflow's own server answers with that of MLflow."""
    return version("kenshin")
