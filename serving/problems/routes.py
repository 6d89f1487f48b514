"""The pages that an error's ``type`` points to."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from features.errors import NotFoundError
from serving.problems import page
from serving.problems.kinds import kinds
from serving.problems.openapi import documented


class ProblemPage(BaseModel):
    """What one kind of problem means."""

    type: str
    title: str
    status: int
    meaning: str
    fix: str


routes = APIRouter(prefix="/problems", tags=["problems"])


@routes.get(
    "/{slug}",
    operation_id="explainProblem",
    summary="What a kind of problem means",
    response_model=ProblemPage,
    responses=documented(400, 404, 422),
)
async def explain(
    request: Request,
    slug: Annotated[str, Path(pattern=r"^[a-z-]{1,64}$", examples=["unknown-account"])],
) -> ProblemPage | HTMLResponse:
    """Return the explanation that an error's ``type`` points to."""
    known = kinds()
    if slug not in known:
        raise NotFoundError("a known problem", "another name", f"Known: {', '.join(known)}.")
    kind = known[slug]
    if page.wanted(request.scope):
        return page.page(request, kind)
    return ProblemPage(
        type=f"/problems/{kind.slug}",
        title=kind.title,
        status=kind.status,
        meaning=kind.meaning,
        fix=kind.fix,
    )
