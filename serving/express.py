"""A straight way through all layers for the requests that programs send all day.

Six middlewares, a router and FastAPI's own layers cost as much as the answer. A plain
``POST /v1/predictions`` of a few accounts needs none of their cases, nor does ``/invocations`` of a
few rows, so they are answered here, by the same parts and in one step that nothing can interrupt.
Whatever is not plain, and whatever goes wrong, takes the long way from its beginning: nothing here
has an effect before the answer is whole, and no refusal is written here.
"""

import types
from collections.abc import Coroutine, Generator
from time import perf_counter
from typing import Any, Final, TypeVar

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.access.gate import Access
from serving.headers import OF_DATA, Headers
from serving.invocations.routes import invoked_at_once
from serving.limits import Limits
from serving.observing import Observed, request_state
from serving.predictions.routes import answered_at_once
from serving.protocol import Whole
from serving.request_head import LONGEST_HEADERS, MOST_HEADERS
from serving.shares import Share, taker_of

PATH: Final = "/v1/predictions"
_ANSWERS: Final = {PATH: answered_at_once, "/invocations": invoked_at_once}
LONGEST: Final = 20_000
"""Bytes of the longest body that is answered here: four accounts of 120 features."""

_JSON: Final = frozenset(
    {b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8"}
)
_NOT_PLAIN: Final = frozenset(
    {
        b"content-encoding", b"cookie", b"expect", b"idempotency-key", b"origin",
        b"sec-fetch-site", b"transfer-encoding",
    }
)  # fmt: skip
"""Headers about which one of the layers decides."""

_HEAD: Final = (
    b"content-type: application/json\r\ncontent-length: %d\r\nratelimit-limit: %d\r\n"
    b"ratelimit-remaining: %d\r\nratelimit-reset: %d\r\nx-request-id: %b\r\n"
) + b"".join(b"%b: %b\r\n" % pair for pair in OF_DATA)
"""The headers of an answer, as the layers put them together."""

_TRIED: Final = "kenshin.tried"
"""Marks the scope of a request that was found not to be plain already."""

_ANSWERED: Final = "kenshin.answered"
"""Holds the headers of a request that was found to be plain and was answered."""

_Layer = TypeVar("_Layer")


class Express:
    """The straight way of one application.

    Parameters
    ----------
    app : FastAPI
        Its layers are built already.
    """

    def __init__(self, app: FastAPI) -> None:
        self.app, self.state = app, app.state
        self._headers = _layer(app, Headers)
        self._observed = _layer(app, Observed)
        self._access = _layer(app, Access)
        self._limits = _layer(app, Limits)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> Receive | None:
        """Answer a plain request and return None; else return the channel for the long way."""
        if _plain(scope) is None:
            return receive
        message, receive = begun(receive)
        if message is None:
            return receive
        whole: list[tuple[bytes, bytes]] = []
        if not self.at_once(scope, message.get("body", b""), lambda *one: whole.append(one)):
            return _again(message, receive)
        for head, body in whole:
            headers = [tuple(line.split(b": ", 1)) for line in head.splitlines()]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body})
        return None

    def at_once(self, scope: Scope, body: bytes, send: Whole) -> bool:
        """Send the answer to a plain request whose body is here; False where it is not plain."""
        began = perf_counter()
        headers: dict[bytes, bytes] | None = scope.get(_ANSWERED)
        if headers is None:
            headers = _plain(scope)
            if headers is None or b"%d" % len(body) != headers[b"content-length"]:
                return False
        caller = self._access.known_at_once(scope, headers, "predict")
        if caller is None or self._observed.tracing is not None:
            return False
        share = self._admitted(taker_of(caller, scope))
        if share is None:
            return False
        name = self._headers.name(headers.get(b"x-request-id"))
        noted = {"request_id": name, "caller": caller, "route": scope["path"]}
        token = request_state.set(noted)
        try:
            found = self._answered(scope["path"], body, share)
            if found is None:
                return False
            send(self._head(found, share, name), found)
            self._observed.note(scope["method"], noted, 200, perf_counter() - began, None)
        finally:
            request_state.reset(token)
        scope[_ANSWERED] = headers
        return True

    def _admitted(self, taken_by: str) -> Share | None:
        """Return the share from which a token was taken; None where a limit is reached."""
        limits, shares = self._limits, self._limits.shares
        share = shares.of(taken_by)
        if (
            limits.under_way >= limits.settings.concurrent
            or share.under_way >= limits.settings.concurrent_per_caller
            or shares.take(share) > 0
        ):
            return None
        return share

    def _answered(self, path: str, body: bytes, share: Share) -> bytes | None:
        found = None
        try:
            if 0 < len(body) <= LONGEST:
                found = _ANSWERS[path](body, self.state)
        except Exception:  # the long way meets it again and says what it is
            found = None
        if found is None:
            self._limits.shares.put_back(share)
        return found

    def _head(self, body: bytes, share: Share, name: str) -> bytes:
        shares = self._limits.shares
        return _HEAD % (len(body), shares.burst, *shares.left(share), name.encode("ascii"))


class Application(FastAPI):
    """FastAPI with the straight way in front of its layers; `serving.protocol.AtOnce`."""

    _express: Express | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and self.may_answer_at_once(scope) and _TRIED not in scope:
            left = await self._straight().answer(scope, receive, send)
            if left is None:
                return
            receive = left
        await super().__call__(scope, receive, send)

    def may_answer_at_once(self, scope: Scope) -> bool:
        """Return whether this is a request that programs send all day."""
        return scope["path"] in _ANSWERS and scope["method"] == "POST"

    def answer_at_once(self, scope: Scope, body: bytes, send: Whole) -> bool:
        """Send the answer to a plain request that is here whole; False: call the application."""
        sent = self._straight().at_once(scope, body, send)
        if not sent:
            scope[_TRIED] = True
        return sent

    def _straight(self) -> Express:
        if self._express is None:
            if self.middleware_stack is None:
                self.middleware_stack = self.build_middleware_stack()
            self._express = Express(self)
        return self._express


def begun(receive: Receive) -> tuple[Message | None, Receive]:
    """Return what has come already, None where it must be waited for, and the channel for the rest.

    Waiting is left to the layers, which have a deadline for it.
    """
    reading: Coroutine[Any, Any, Message] = receive()  # type: ignore[assignment]
    try:
        waiting = reading.send(None)
    except StopIteration as done:
        return done.value, receive
    first = True

    async def rest() -> Message:
        nonlocal first
        if first:
            first = False
            return await _resumed(reading, waiting)
        return await receive()

    return None, rest


@types.coroutine
def _resumed(
    reading: Coroutine[Any, Any, Message], waiting: object
) -> Generator[Any, Any, Message]:
    try:
        yield waiting
    except BaseException:
        reading.close()
        raise
    message: Message = yield from reading
    return message


def _again(message: Message, receive: Receive) -> Receive:
    """Return a channel that gives ``message`` first."""
    waiting = [message]

    async def once_more() -> Message:
        return waiting.pop() if waiting else await receive()

    return once_more


def _plain(scope: Scope) -> dict[bytes, bytes] | None:
    """Return the headers of a request about which no layer has anything to decide."""
    given, path = scope["headers"], scope["path"].encode()
    if scope["query_string"] or scope.get("root_path") or len(given) > MOST_HEADERS:
        return None
    headers = dict(given)
    size = sum(map(len, headers)) + sum(map(len, headers.values()))
    plain = (
        len(headers) == len(given)
        and size <= LONGEST_HEADERS
        and b"host" in headers
        and b"content-length" in headers
        and headers.get(b"content-type") in _JSON
        and _NOT_PLAIN.isdisjoint(headers)
        and scope.get("raw_path", path) == path
    )
    return headers if plain else None


def _layer(app: FastAPI, kind: type[_Layer]) -> _Layer:
    here: ASGIApp | None = app.middleware_stack
    while here is not None and not isinstance(here, kind):
        here = getattr(here, "app", None)
    if here is None:
        raise LookupError(f"the application has no layer {kind.__name__}")
    return here
