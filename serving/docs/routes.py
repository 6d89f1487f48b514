"""Routes of the documentation page."""

from importlib.resources import files
from pathlib import Path
from typing import Final

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse, Response

from features.errors import NotFoundError

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

routes = APIRouter(prefix="/docs", include_in_schema=False)


@routes.get("")
async def page() -> Response:
    """Return the documentation page."""
    return HTMLResponse(PAGE)


@routes.get("/{name}")
async def asset(name: str) -> Response:
    """Return one of the files the page is made of."""
    if name not in ASSETS:
        raise NotFoundError("a file of the documentation", "another name", "Open /docs.")
    return FileResponse(ASSETS[name])
