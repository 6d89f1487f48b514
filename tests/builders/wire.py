"""Raw requests over one TCP connection: the bytes that are sent are the bytes that arrive."""

import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

PATIENCE = 5.0
"""Seconds in which every answer has to come."""


@dataclass(frozen=True)
class Answer:
    """One answer as it came.

    Attributes
    ----------
    headers : dict of str to str
        Names in lower case; of several equal ones the last.
    """

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        """The body as JSON."""
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def kind(self) -> str:
        """The last part of a problem's type; empty where it is no problem."""
        if not self.body or self.headers.get("content-type") != "application/problem+json":
            return ""
        return str(self.document["type"]).removeprefix("/problems/")


@dataclass
class Wire:
    """One connection and what has arrived on it and was not read yet."""

    socket: socket.socket
    waiting: bytes = field(default=b"")

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.socket.sendall(data)

    def ask(self, data: bytes, *, head_only: bool = False) -> Answer:
        """Send bytes and return the answer."""
        self.send(data)
        return self.answer(head_only=head_only)

    def answer(self, *, head_only: bool = False) -> Answer:
        """Return the next answer, interim ones (1xx) left out."""
        while True:
            head = self._until(b"\r\n\r\n").decode("latin-1")
            status, headers = _head(head)
            if status >= 200:
                break
        if head_only or status in (204, 304):
            return Answer(status, headers, b"")
        if headers.get("transfer-encoding") == "chunked":
            return Answer(status, headers, self._chunks())
        return Answer(status, headers, self._exactly(int(headers["content-length"])))

    def end(self) -> None:
        """Say that nothing more will be sent; answers still come."""
        self.socket.shutdown(socket.SHUT_WR)

    def statuses(self) -> list[int]:
        """Return the status of every answer until the other side closes."""
        try:
            while True:
                self._more()
        except ConnectionError:
            return [int(found) for found in re.findall(rb"HTTP/1\.1 (\d{3}) ", self.waiting)]

    def is_closed(self) -> bool:
        """Return whether the other side ends the connection and says nothing more."""
        try:
            return not self.waiting and self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def _more(self) -> None:
        data = self.socket.recv(65_536)
        if not data:
            raise ConnectionError(f"closed after {self.waiting[:200]!r}")
        self.waiting += data

    def _until(self, mark: bytes) -> bytes:
        while mark not in self.waiting:
            self._more()
        found, _, self.waiting = self.waiting.partition(mark)
        return found

    def _exactly(self, size: int) -> bytes:
        while len(self.waiting) < size:
            self._more()
        found, self.waiting = self.waiting[:size], self.waiting[size:]
        return found

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self._until(b"\r\n"), 16):
            body += self._exactly(size)
            self._exactly(2)
        self._exactly(2)
        return body


def _head(text: str) -> tuple[int, dict[str, str]]:
    first, *lines = text.split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return int(first.split(" ")[1]), {name.lower(): value.strip() for name, _, value in pairs}


@contextmanager
def wire(url: str, patience: float = PATIENCE) -> Iterator[Wire]:
    """Yield a new connection to the server at ``url``."""
    place = urlsplit(url)
    with socket.create_connection((place.hostname, place.port), timeout=patience) as made:
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield Wire(made)


def request(
    method: str,
    target: str | bytes,
    body: bytes | None = None,
    *headers: str | bytes,
    version: str = "HTTP/1.1",
    media_type: str | None = "application/json",
) -> bytes:
    """Return a request as bytes; without ``body`` there is no length and no type."""
    lines: list[str | bytes] = [b"%s %s %s" % (_raw(method), _raw(target), _raw(version))]
    lines.append("Host: 127.0.0.1")
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
        if media_type is not None:
            lines.append(f"Content-Type: {media_type}")
    return b"\r\n".join(map(_raw, [*lines, *headers])) + b"\r\n\r\n" + (body or b"")


def _raw(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1")
