"""The gate in front of every route: head, size, content type, encoding and honest JSON.

FastAPI alone answers 500 to ``NaN`` and lone surrogates, takes bodies of any size, and lets the
last of two equal keys win. Here each of these is a 4xx before a route sees it.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.bodies import JSON, Body
from serving.honest_json import check_json
from serving.problems import Fault, kinds, problem
from serving.request_head import MalformedError, TooLongError, check_head

AT_ONCE: Final = 100_000
"""Bytes of JSON that are parsed without a thread: about a millisecond."""


class _TooLargeError(Exception):
    """More bytes than the route takes, declared or read."""


class _WrongTypeError(Exception):
    """A body that is not declared as what the route takes, in UTF-8."""


class _GoneError(Exception):
    """The client hung up while sending."""


class Guard:
    """Pure ASGI middleware that lets only readable requests pass.

    A body that was read is in ``scope["state"]["body"]`` and, where it is JSON, what it holds in
    ``scope["state"]["json"]``: nobody need parse it again.

    Parameters
    ----------
    app : ASGIApp
        What is guarded.
    body_of : callable
        Tells from a scope what the route that will answer takes; where it is None, the request
        passes with its head checked and its body unread.
    """

    def __init__(self, app: ASGIApp, body_of: Callable[[Scope], Body | None]) -> None:
        self.app, self.body_of, self.kinds = app, body_of, kinds()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check one request, then hand it on or answer it with a problem."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = None
        try:
            check_head(scope)
            body = self.body_of(scope)
            if body is not None:
                receive = await _checked(body, scope, receive)
        except _GoneError:
            return
        except (MalformedError, TooLongError, _TooLargeError, _WrongTypeError) as error:
            await self._refusal(scope, error, body)(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            scope, send = {**scope, "method": "GET"}, _head_only(send)
        await self.app(scope, receive, send)

    def _refusal(self, scope: Scope, error: Exception, body: Body | None) -> Response:
        if isinstance(error, MalformedError):
            fault = Fault(field=error.place, code=error.code, message=error.message)
            detail = f"{error.place}: {error.message}."
            return problem(scope, self.kinds["malformed-request"], detail, faults=[fault])
        if isinstance(error, TooLongError):
            return problem(scope, self.kinds[error.slug])
        accepted = body or Body()
        if isinstance(error, _TooLargeError):
            detail = f"Expected a body of at most {accepted.limit:,} bytes; found more. Send less."
            return problem(scope, self.kinds["body-too-large"], detail)
        media = ", ".join(accepted.media_types)
        detail = f"Expected {media} in UTF-8, not compressed; found another Content-Type."
        headers = {"Accept": media}
        return problem(scope, self.kinds["unsupported-media-type"], detail, headers=headers)


async def _checked(accepted: Body, scope: Scope, receive: Receive) -> Receive:
    """Return a channel that gives the body once more after it was read and found readable."""
    headers = Headers(scope=scope)
    media_type = _declared(headers)
    if media_type not in accepted.media_types:
        raise _WrongTypeError
    declared = headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared[:20]) > accepted.limit:
        raise _TooLargeError
    body = await _read(receive, accepted.limit)
    state = scope.setdefault("state", {})
    if media_type != JSON:
        _check_text(body)
    elif len(body) <= AT_ONCE:
        state["json"] = check_json(body, nan_is_missing=accepted.nan_is_missing)
    else:
        read = partial(check_json, body, nan_is_missing=accepted.nan_is_missing)
        state["json"] = await run_in_threadpool(read)
    state["body"] = body
    return _again(body)


def _declared(headers: Headers) -> str | None:
    """Return the declared media type; None where the body is compressed or not in UTF-8."""
    if headers.get("content-encoding", "identity").lower() != "identity":
        return None
    if headers.get("transfer-encoding", "chunked").lower() != "chunked":
        return None
    media_type, _, parameters = headers.get("content-type", "").lower().partition(";")
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name == "charset" and value.strip().strip('"') not in ("utf-8", "utf8"):
            return None
    return media_type.strip()


async def _read(receive: Receive, limit: int) -> bytes:
    """Return the whole body; stop as soon as it passes ``limit``."""
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        whole: bytes = message.get("body", b"")
        if len(whole) > limit:
            raise _TooLargeError
        return whole
    body = bytearray()
    while True:
        if message["type"] == "http.disconnect":
            raise _GoneError
        body += message.get("body", b"")
        if len(body) > limit:
            raise _TooLargeError
        if not message.get("more_body", False):
            return bytes(body)
        message = await receive()


def _check_text(body: bytes) -> None:
    """Refuse a form or a table that is not UTF-8 or holds a NUL as it stands."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedError("not-utf-8", "the body is not valid UTF-8") from None
    if b"\0" in body:
        raise MalformedError("nul-character", "the body holds a NUL character")


def _again(body: bytes) -> Receive:
    """Return a receive channel that gives ``body`` once."""
    messages: Iterator[Message] = iter(
        ({"type": "http.request", "body": body, "more_body": False},)
    )

    async def receive() -> Message:
        return next(messages, {"type": "http.disconnect"})

    return receive


def _head_only(send: Send) -> Send:
    """Return a send channel that keeps the head of an answer and drops its body."""

    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_head
