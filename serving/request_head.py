"""The head of a request: how long its target and its headers may be, and what they must hold."""

from typing import Final
from urllib.parse import unquote_to_bytes

from starlette.types import Scope

LONGEST_TARGET: Final = 8_192
"""Bytes of path and query as sent."""

MOST_HEADERS: Final = 100
LONGEST_HEADERS: Final = 16_384
"""Bytes of all header names and values together."""


class MalformedError(Exception):
    """A request that cannot be read; ``code`` for programs, the sentence for people."""

    def __init__(self, code: str, message: str, place: str = "body") -> None:
        self.code, self.message, self.place = code, message, place
        super().__init__(message)


class TooLongError(Exception):
    """A head beyond its limits; ``slug`` is the kind of problem."""

    def __init__(self, slug: str) -> None:
        self.slug = slug
        super().__init__(slug)


def check_head(scope: Scope) -> None:
    """Refuse a request by its head alone.

    Raises
    ------
    TooLongError
        For a target of more than 8,192 bytes, more than 100 headers or 16,384 bytes of them.
    MalformedError
        For HTTP/1.1 without exactly one Host, and a path or query that `check_target` refuses.
    """
    headers = scope["headers"]
    if len(headers) > MOST_HEADERS:
        raise TooLongError("headers-too-large")
    size = hosts = 0
    for name, value in headers:
        size += len(name) + len(value)
        hosts += name == b"host"
    if size > LONGEST_HEADERS:
        raise TooLongError("headers-too-large")
    if hosts > 1 or (hosts == 0 and scope.get("http_version") == "1.1"):
        raise MalformedError("host", "HTTP/1.1 needs exactly one Host", "header.host")
    check_target(scope)


def check_target(scope: Scope) -> None:
    """Refuse a path or query that is too long, not UTF-8 or holds a NUL.

    Raises
    ------
    TooLongError
        For more than 8,192 bytes.
    MalformedError
        Naming ``path`` or ``query``.
    """
    path, query = scope.get("raw_path") or scope["path"].encode(), scope["query_string"]
    if len(path) + len(query) > LONGEST_TARGET:
        raise TooLongError("target-too-long")
    for place, raw in (("path", path), ("query", query)):
        if b"%" in raw or not raw.isascii() or b"\0" in raw:
            _check_text(place, unquote_to_bytes(raw))


def _check_text(place: str, decoded: bytes) -> None:
    try:
        text = decoded.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedError("not-utf-8", "the text is not valid UTF-8", place) from None
    if "\0" in text:
        raise MalformedError("nul-character", "the text holds a NUL character", place)
