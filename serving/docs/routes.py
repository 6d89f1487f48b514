"""Routes of the documentation page and of the OpenAPI document that it shows."""

import hashlib
import json
from importlib.resources import files
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, Response

from features.errors import NotFoundError
from serving.etag import known_tag

_OWN = Path(__file__).parent
_BUNDLE = Path(str(files("fastapi_offline"))) / "static"

ASSETS: Final = {
    "start.js": _OWN / "start.js",
    "swagger-ui-bundle.js": _BUNDLE / "swagger-ui-bundle.js",
    "swagger-ui.css": _BUNDLE / "swagger-ui.css",
}

PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Kenshin API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<noscript><p>This page needs JavaScript. The same is in <a href="/openapi.json">/openapi.json</a>.
</p></noscript>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""

routes = APIRouter(include_in_schema=False)


class Document:
    """The OpenAPI document as bytes: the same for as long as the process lives."""

    def __init__(self, content: object) -> None:
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        self.body = text.encode()
        self.tag = f'"{hashlib.sha256(self.body).hexdigest()[:16]}"'


@routes.get("/openapi.json")
def openapi(request: Request) -> Response:
    """Return the OpenAPI document, written once, or 304 to whoever has it."""
    state = request.app.state
    if not hasattr(state, "document"):
        state.document = Document(request.app.openapi())
    document: Document = state.document
    headers = {"ETag": document.tag, "Cache-Control": "private, no-cache"}
    if known_tag(request, document.tag):
        return Response(status_code=304, headers=headers)
    return Response(document.body, headers=headers, media_type="application/json")


@routes.get("/docs")
async def page() -> Response:
    """Return the documentation page."""
    return HTMLResponse(PAGE)


@routes.get("/docs/{name}")
async def asset(name: str) -> Response:
    """Return one of the files the page is made of."""
    if name not in ASSETS:
        raise NotFoundError("a file of the documentation", "another name", "Open /docs.")
    return FileResponse(ASSETS[name])
