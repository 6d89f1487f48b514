"""HTTP on the wire: uvicorn's protocol, with an end to what a slow or broken client may hold.

Uvicorn itself puts no bound on the size of an unfinished head, waits for it without end, answers
what it cannot parse in plain text, and waits without end for a client that takes no answer. What
can be parsed is judged by `serving.guard`; this is about what never becomes a request.
"""

import asyncio
import uuid

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from serving.problems import problem
from serving.problems.kinds import BY_SLUG
from serving.request_head import LONGEST_HEADERS, LONGEST_TARGET

LONGEST_HEAD = LONGEST_TARGET + 2 * LONGEST_HEADERS
"""Bytes of an unfinished head; more than a finished one may have, colons and line ends included."""


class BoundedProtocol(HttpToolsProtocol):
    """One connection whose head, rest of body and reader have `head_seconds` each."""

    head_seconds = 10.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin a connection; one that stays silent is closed."""
        super().connection_made(transport)
        self._in_head, self._is_whole, self._head_bytes = False, True, 0
        self._patience: asyncio.TimerHandle | None = None
        self._reader_patience: asyncio.TimerHandle | None = None
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the connection and its timers."""
        self._go_on()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; a head that is not finished is counted and timed."""
        began_before = self._in_head
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._in_head and began_before:
            self._head_bytes += len(data)
            if self._head_bytes > LONGEST_HEAD:
                self._refuse("headers-too-large")
                return
        if self._patience is None and (self._in_head or self._is_idle()):
            self._wait()

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._in_head, self._is_whole, self._head_bytes = True, False, 0

    def on_headers_complete(self) -> None:
        """Hand the request on; its body has the deadline of the application."""
        self._in_head = False
        self._go_on()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """End a request."""
        self._is_whole = True
        self._go_on()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Let a body that nobody wants come to its end, but not for ever."""
        super().on_response_complete()
        if not self._is_whole and self._patience is None:
            self._wait()

    def pause_writing(self) -> None:
        """Give a client that takes no answer its time."""
        super().pause_writing()
        if self._reader_patience is None:
            self._reader_patience = self.loop.call_later(self.head_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on with a client that takes its answer again."""
        if self._reader_patience is not None:
            self._reader_patience.cancel()
            self._reader_patience = None
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP; answers to requests before it go out first."""
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete:
            if not cycle.more_body:
                cycle.keep_alive = False
                return
            if cycle.response_started:
                self.transport.close()
                return
        self._refuse("malformed-request")

    def _is_idle(self) -> bool:
        """Whether nothing is asked: neither a head nor a body nor an answer is under way."""
        return self.cycle is None or (self.cycle.response_complete and self._is_whole)

    def _wait(self) -> None:
        self._patience = self.loop.call_later(self.head_seconds, self._lose_patience)

    def _go_on(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _lose_patience(self) -> None:
        self._patience = None
        if self.transport.is_closing():
            return
        if self.cycle is not None and not self.cycle.response_complete:
            self._wait()  # the answer to the request before comes first
        elif self._in_head:
            self._refuse("request-timeout")
        else:
            self.transport.close()

    def _refuse(self, slug: str) -> None:
        """Answer with a problem and close."""
        scope = {"type": "http", "path": "/", "state": {"request_id": uuid.uuid4().hex}}
        answer = problem(scope, BY_SLUG[slug], headers={"Connection": "close"})
        head = b"".join(b"%s: %s\r\n" % pair for pair in answer.raw_headers)
        self.transport.write(STATUS_LINE[answer.status_code] + head + b"\r\n" + bytes(answer.body))
        self.transport.close()


def bounded(head_seconds: float) -> type[BoundedProtocol]:
    """Return the protocol with ``head_seconds`` for head, rest of body and reader."""
    return type("BoundedProtocol", (BoundedProtocol,), {"head_seconds": head_seconds})
