"""Headers that every answer carries: its request id, and what a browser may do with it."""

import re
import uuid

from starlette.datastructures import Headers as RequestHeaders
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Content security policy of every HTML answer: no inline script or style, no other host."""

DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
_ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Headers:
    """Pure ASGI middleware that names each request and closes each answer.

    A caller's own ``X-Request-ID`` is kept when it is at most 64 letters, digits, dots, dashes or
    underscores; otherwise a new one is made, so that nothing foreign reaches the log.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request with the headers added."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = RequestHeaders(scope=scope).get("x-request-id", "")
        name = given if _ACCEPTED_ID.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = name

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add(MutableHeaders(scope=message), name)
            await send(message)

        await self.app(scope, receive, send_with_headers)


def _add(headers: MutableHeaders, name: str) -> None:
    html = headers.get("content-type", "").startswith("text/html")
    headers.setdefault("X-Request-ID", name)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Content-Security-Policy", PAGE_POLICY if html else DATA_POLICY)
