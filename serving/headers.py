"""Headers that every answer carries: its request id, and what a browser may do with it."""

import itertools
import re
import secrets
from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Content security policy of every HTML answer: no inline script or style, no other host."""

DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
_ACCEPTED_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
)
_POLICY = b"content-security-policy"
_READS = frozenset({"GET", "HEAD"})
_KEPT_BY = (b"cache-control", b"etag", b"last-modified")
OF_DATA = (*_ALWAYS, (_POLICY, DATA_POLICY.encode("ascii")))
"""What closes every answer that is no page, behind its request id."""


class Headers:
    """Pure ASGI middleware that names each request and closes each answer.

    A caller's own ``X-Request-ID`` is kept when it is at most 64 letters, digits, dots, dashes or
    underscores; otherwise a new one is made, so that nothing foreign reaches the log.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        # Random once, counted from there: asking the system for 16 bytes costs more than the rest.
        self._process = secrets.token_hex(10)
        self._numbers = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request with the headers added."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = next((value for key, value in scope["headers"] if key == b"x-request-id"), None)
        name, reads = self.name(given), scope["method"] in _READS
        scope.setdefault("state", {})["request_id"] = name

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = _completed(message.get("headers", ()), name, reads=reads)
                message = {**message, "headers": headers}
            await send(message)

        await self.app(scope, receive, send_with_headers)

    def name(self, given: bytes | None) -> str:
        """Return the name of a request whose caller named it ``given``."""
        if given is not None and _ACCEPTED_ID.fullmatch(given):
            return str(given, "ascii")
        return f"{self._process}{next(self._numbers):012x}"


def _completed(
    headers: Iterable[tuple[bytes, bytes]], name: str, *, reads: bool
) -> list[tuple[bytes, bytes]]:
    """Return the headers of an answer with those added that it does not have.

    What is read and says nothing of how it may be kept is kept nowhere: it may be about a customer.
    """
    found = [(bytes(key).lower(), bytes(value)) for key, value in headers]
    there = dict(reversed(found))
    if b"x-request-id" not in there:
        found.append((b"x-request-id", name.encode("ascii")))
    found += [(key, value) for key, value in _ALWAYS if key not in there]
    if reads and not any(key in there for key in _KEPT_BY):
        found.append((b"cache-control", b"no-store"))
    if _POLICY not in there:
        html = there.get(b"content-type", b"").startswith(b"text/html")
        found.append((_POLICY, (PAGE_POLICY if html else DATA_POLICY).encode("ascii")))
    return found
