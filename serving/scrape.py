"""The route that Prometheus asks."""

from fastapi import APIRouter, Depends, Request, Response

from serving.dependencies import KnownQuery
from serving.problems import documented

routes = APIRouter(tags=["probes"], dependencies=[Depends(KnownQuery())])

_TEXT = {"schema": {"type": "string"}}


@routes.get(
    "/metrics",
    operation_id="getMetrics",
    summary="Everything that is counted, for Prometheus",
    response_class=Response,
    responses={
        200: {
            "description": "OpenMetrics where `Accept` names it, else Prometheus' text format.",
            "content": {"text/plain": _TEXT, "application/openmetrics-text": _TEXT},
        },
        **documented(400, 422),
    },
)
def metrics(request: Request) -> Response:
    """Answer with counters of this process and the condition of model, store and latest run."""
    text, media_type = request.app.state.metrics.exposition(request.headers.get("accept", ""))
    return Response(text, media_type=media_type)
