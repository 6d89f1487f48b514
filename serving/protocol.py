"""HTTP on the wire: uvicorn's protocol, with an end to what a slow or broken client may hold.

Uvicorn itself puts no bound on the size of an unfinished head, waits for it without end, answers
what it cannot parse in plain text, and waits without end for a client that takes no answer. What
can be parsed is judged by `serving.guard`; this is about what never becomes a request.
"""

import asyncio
import math
import uuid
from collections.abc import Callable
from typing import Any, Protocol, cast

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from serving.framing import FramedProtocol
from serving.known_head import KnownHead
from serving.problems import problem
from serving.problems.kinds import BY_SLUG
from serving.request_head import LONGEST_HEADERS, LONGEST_TARGET

LONGEST_HEAD = LONGEST_TARGET + 2 * LONGEST_HEADERS
"""Bytes of an unfinished head; more than a finished one may have, colons and line ends included."""


Whole = Callable[[bytes, bytes], None]
"""Sends a 200 at a stroke: its headers as lines, and its body."""


class AtOnce(Protocol):
    """An application that answers some requests without waiting for anything."""

    def may_answer_at_once(self, scope: Scope) -> bool:
        """Return whether this may be one of them."""

    def answer_at_once(self, scope: Scope, body: bytes, send: Whole) -> bool:
        """Send the answer to a request that is here whole; False: nothing was done, call it.

        The scope of a request that was answered is offered again for the next one of the
        connection whose head differs in nothing but ``content-length``, which is right.
        """


class BoundedProtocol(FramedProtocol):
    """One connection whose head, rest of body and reader have `head_seconds` each.

    A request that came at a stroke is offered to an `AtOnce` application before a task is made for
    it: task, channels and two writes with their checks cost as much as a third of the answer. Where
    the next one has the same head, its bytes are not taken apart again either.
    """

    head_seconds = 10.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin a connection; one that stays silent is closed."""
        super().connection_made(transport)
        self._in_head, self._is_whole, self._head_bytes = False, True, 0
        self._heads_end = False
        self._held: tuple[RequestResponseCycle, AtOnce] | None = None
        known = hasattr(self.app, "answer_at_once") and not self.access_log
        self._at_once = cast(AtOnce, self.app) if known else None
        self._known: KnownHead | None = None
        self._heard_at = -math.inf
        self._usual: tuple[list[tuple[bytes, bytes]], bytes | None] = [], b""
        self._patience: asyncio.TimerHandle | None = None
        self._reader_patience: asyncio.TimerHandle | None = None
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the connection and its timers."""
        self._go_on()
        self.resume_writing()
        super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override]
        """Answer what was asked before a client closed its own way, as ``nc -N`` does, then close.

        Returns
        -------
        bool
            Whether the other way stays open: where an answer to a whole request is under way.
        """
        cycle = self.cycle
        if cycle is None or cycle.response_complete or cycle.more_body:
            return False
        cycle.keep_alive = False
        return True

    def data_received(self, data: bytes) -> None:
        """Take what came; a head that is not finished is counted and timed."""
        if self._known is not None and self._is_answered_again(data, self._known):
            return
        began_before, idle_before = self._in_head, self._is_idle()
        super().data_received(data)
        if self._held is not None:
            self._begin(*self._held, data if idle_before and not began_before else b"")
        if self.transport.is_closing():
            return
        if self._in_head and began_before:
            self._head_bytes += len(data)
            if self._head_bytes > LONGEST_HEAD:
                self._refuse("headers-too-large")
                return
        if self._patience is None and (self._in_head or self._is_silent()):
            self._wait()

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._in_head, self._is_whole, self._head_bytes = True, False, 0

    def on_headers_complete(self) -> None:
        """Hand the request on; its body has the deadline of the application."""
        self._in_head = False
        self._go_on()
        self._heads_end = True
        super().on_headers_complete()
        self._heads_end = False

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

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:  # noqa: ANN401
        """Begin to answer, or wait with it until everything is read that came with the head."""
        at_once = self._at_once
        if self._heads_end and app is at_once and at_once.may_answer_at_once(cycle.scope):
            self._held = cycle, at_once
        else:
            super()._start_asgi_task(cycle, app)

    def _begin(self, cycle: RequestResponseCycle, app: AtOnce, data: bytes) -> None:
        """Answer a request that was held: at once where nothing is to be decided, else as any.

        ``data`` is what came, where it began with this request, and empty elsewhere.
        """
        self._held = None
        is_plain = (
            cycle.keep_alive
            and not cycle.more_body
            and not self.flow.write_paused
            and not self.transport.is_closing()
            and self._usual_lines() is not None
        )
        scope, body = cast(Scope, cycle.scope), bytes(cycle.body)
        if not (is_plain and app.answer_at_once(scope, body, self._write)):
            super()._start_asgi_task(cycle, self.app)
            return
        cycle.response_started = cycle.response_complete = True
        if self._is_idle() and not self.pipeline and not self.parser.should_upgrade():
            self._known = KnownHead.of(data, body, scope)
        self.on_response_complete()

    def _is_answered_again(self, data: bytes, known: KnownHead) -> bool:
        """Answer the request that came where its head is known; False: nothing was done.

        Whatever else comes takes the parser, and its state, from where they were.
        """
        self._known = None
        body = known.body(data)
        if body is None or self._at_once is None:
            return False
        if self.flow.write_paused or self.transport.is_closing() or self._usual_lines() is None:
            return False
        if not self._at_once.answer_at_once(known.scope, body, self._write):
            return False
        self.server_state.total_requests += 1
        self._heard_at = self.loop.time()
        self._known = known
        return True

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection that was silent for so long; requests of a known head count too."""
        left = self._heard_at + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self.timeout_keep_alive_task = self.loop.call_later(
                left, self.timeout_keep_alive_handler
            )
        else:
            super().timeout_keep_alive_handler()

    def _write(self, head: bytes, body: bytes) -> None:
        """Send a whole answer as a cycle does in two steps; its headers are ours and right."""
        usual = self._usual_lines() or b""
        self.transport.write(b"%b%b%b\r\n%b" % (STATUS_LINE[200], usual, head, body))

    def _usual_lines(self) -> bytes | None:
        """Return the lines of the headers of every answer; None where they end connections."""
        given, lines = self._usual
        if given is not self.server_state.default_headers:  # another list each second
            given = self.server_state.default_headers
            closes = any(name == b"connection" for name, _ in given)
            lines = None if closes else b"".join([b"%b: %b\r\n" % pair for pair in given])
            self._usual = given, lines
        return lines

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

    def _is_silent(self) -> bool:
        """Whether nothing is asked, and uvicorn does not wait for the next request either."""
        return self._is_idle() and self.timeout_keep_alive_task is None

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
