"""The stylesheet and the script."""

from fastapi import FastAPI
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import Scope

from serving.pages.render import HERE


class _Kept(StaticFiles):
    """Files whose address changes with their content, so that browsers may keep them."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return the file with how long it may be kept."""
        answer = await super().get_response(path, scope)
        if scope.get("query_string"):
            answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer


def mount_static(app: FastAPI) -> None:
    """Serve the stylesheet and the script under ``/static``."""
    files = GZipMiddleware(_Kept(directory=HERE / "static"), minimum_size=800)
    app.mount("/static", files, name="static")
