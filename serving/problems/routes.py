"""The pages that an error's ``type`` points to."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel

from features.errors import NotFoundError
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
    responses=documented(400, 404, 422),
)
async def explain(
    slug: Annotated[str, Path(pattern=r"^[a-z-]{1,64}$", examples=["unknown-account"])],
) -> ProblemPage:
    """Return the explanation that an error's ``type`` points to."""
    known = kinds()
    if slug not in known:
        raise NotFoundError("a known problem", "another name", f"Known: {', '.join(known)}.")
    kind = known[slug]
    return ProblemPage(
        type=f"/problems/{kind.slug}",
        title=kind.title,
        status=kind.status,
        meaning=kind.meaning,
        fix=kind.fix,
    )
