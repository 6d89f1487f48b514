"""The gate in front of every route: size, content type, encoding and honest JSON.

FastAPI alone answers 500 to ``NaN`` and lone surrogates, takes bodies of any size, and lets the
last of two equal keys win. Here each of these is a 4xx before a route sees it.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.problems import Fault, Kind, kinds, problem

LIMIT: Final = 1_000_000
"""Bytes a body may have."""


class MalformedError(Exception):
    """A request that cannot be read; ``code`` for programs, the sentence for people."""

    def __init__(self, code: str, message: str, place: str = "body") -> None:
        self.code, self.message, self.place = code, message, place
        super().__init__(message)


class _TooLargeError(Exception):
    """More bytes than `LIMIT`, declared or read."""


class _WrongTypeError(Exception):
    """A body that is not declared as plain JSON in UTF-8."""


class _GoneError(Exception):
    """The client hung up while sending."""


class Guard:
    """Pure ASGI middleware that lets only readable requests pass.

    Parameters
    ----------
    app : ASGIApp
        What is guarded.
    takes_json : callable
        Tells from a scope whether a route with a JSON body will answer it; other requests pass
        with their target checked and their body unread.
    limit : int
        Bytes a body may have.
    """

    def __init__(
        self, app: ASGIApp, takes_json: Callable[[Scope], bool], limit: int = LIMIT
    ) -> None:
        self.app, self.takes_json, self.limit = app, takes_json, limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check one request, then hand it on or answer it with a problem."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            check_target(scope)
            if self.takes_json(scope):
                receive = _again(await self._body(scope, receive))
        except MalformedError as error:
            fault = Fault(field=error.place, code=error.code, message=error.message)
            detail = f"{error.place}: {error.message}."
            refusal = problem(scope, _kind("malformed-request"), detail, faults=[fault])
        except _TooLargeError:
            refusal = problem(scope, _kind("body-too-large"))
        except _WrongTypeError:
            refusal = problem(
                scope, _kind("unsupported-media-type"), headers={"Accept": "application/json"}
            )
        except _GoneError:
            return
        else:
            await self.app(scope, receive, send)
            return
        await refusal(scope, receive, send)

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        headers = Headers(scope=scope)
        if not _declares_json(headers):
            raise _WrongTypeError
        if int(headers.get("content-length", "0")) > self.limit:
            raise _TooLargeError
        body = await _read(receive, self.limit)
        check_json(body)
        return body


def _kind(slug: str) -> Kind:
    return kinds()[slug]


def _declares_json(headers: Headers) -> bool:
    """Return whether the headers promise plain JSON in UTF-8."""
    if headers.get("content-encoding", "identity").lower() != "identity":
        return False
    media_type, *parameters = headers.get("content-type", "").lower().split(";")
    charsets = [p.strip().strip('"') for p in parameters if p.strip().startswith("charset=")]
    plain = all(c.removeprefix("charset=").strip('"') in ("utf-8", "utf8") for c in charsets)
    return media_type.strip() == "application/json" and plain


async def _read(receive: Receive, limit: int) -> bytes:
    """Return the whole body; stop as soon as it passes ``limit``."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _GoneError
        body += message.get("body", b"")
        if len(body) > limit:
            raise _TooLargeError
        if not message.get("more_body", False):
            return bytes(body)


def _again(body: bytes) -> Receive:
    """Return a receive channel that gives ``body`` once."""
    messages: Iterator[Message] = iter(
        ({"type": "http.request", "body": body, "more_body": False},)
    )

    async def receive() -> Message:
        return next(messages, {"type": "http.disconnect"})

    return receive


def check_target(scope: Scope) -> None:
    """Refuse a path or query that is not UTF-8 or holds a NUL.

    Raises
    ------
    MalformedError
        Naming ``path`` or ``query``.
    """
    raw_path = scope.get("raw_path") or scope["path"].encode()
    for place, raw in (("path", raw_path), ("query", scope["query_string"])):
        decoded = unquote_to_bytes(raw)
        try:
            text = decoded.decode("utf-8")
        except UnicodeDecodeError:
            raise MalformedError("not-utf-8", "the text is not valid UTF-8", place) from None
        if "\0" in text:
            raise MalformedError("nul-character", "the text holds a NUL character", place)


def check_json(body: bytes) -> object:
    """Return what ``body`` holds, read strictly.

    Raises
    ------
    MalformedError
        For text that is not UTF-8 (a byte order mark included) or not JSON, numbers that are not
        finite in 64 bits, a key given twice, lone surrogates, NUL, or nesting beyond reason.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedError("not-utf-8", "the body is not valid UTF-8") from None
    if text.startswith("\ufeff"):
        raise MalformedError("byte-order-mark", "the body starts with a byte order mark")
    try:
        document = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_not_finite,
            parse_float=_finite,
            parse_int=_integer,
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise MalformedError("not-json", f"the body is not JSON ({where})") from None
    except RecursionError:
        raise MalformedError("too-deep", "the body is nested too deeply") from None
    if "\\u" in text:
        _check_texts(document)
    return document


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise MalformedError("duplicate-key", "an object has the same key twice")
    return document


def _not_finite(_: str) -> float:
    raise MalformedError("not-finite", "NaN and Infinity are not JSON numbers; use null")


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise MalformedError("not-finite", "a number is too large for 64 bits")
    return number


def _integer(digits: str) -> int:
    # 309 digits are more than the largest float64; int() itself refuses only from 4,300 on.
    if len(digits) > 309:
        raise MalformedError("not-finite", "a number is too large for 64 bits")
    number = int(digits)
    try:
        float(number)
    except OverflowError:
        raise MalformedError("not-finite", "a number is too large for 64 bits") from None
    return number


def _check_texts(document: object) -> None:
    r"""Refuse what only a ``\u`` escape can smuggle in: lone surrogates and NUL."""
    waiting: list[object] = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += [*value.keys(), *value.values()]
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, str):
            _check_text(value)


def _check_text(text: str) -> None:
    if "\0" in text:
        raise MalformedError("nul-character", "a text holds a NUL character")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise MalformedError("lone-surrogate", "a text holds half of a surrogate pair") from None
