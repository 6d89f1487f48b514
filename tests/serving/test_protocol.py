"""The wire with an end to patience: heads, bodies and readers that never come to theirs."""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
import uvicorn
from starlette.types import Message, Receive, Scope, Send
from uvicorn.server import ServerState

from serving.protocol import LONGEST_HEAD, BoundedProtocol, bounded

HEAD = b"POST /x HTTP/1.1\r\nHost: here\r\n"


class Timer:
    """A timer of `Loop`."""

    def __init__(self, due: float, call: Callable[[], None]) -> None:
        self.due, self.call, self.is_off = due, call, False

    def cancel(self) -> None:
        self.is_off = True


class Loop:
    """The event loop with a clock that the test moves."""

    def __init__(self, real: asyncio.AbstractEventLoop) -> None:
        self.real, self.now, self.timers = real, 0.0, list[Timer]()

    def time(self) -> float:
        return self.now

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        timer = Timer(self.now + seconds, call)
        self.timers.append(timer)
        return timer

    def create_task(self, *given: Any, **more: Any) -> asyncio.Task[Any]:  # noqa: ANN401
        return self.real.create_task(*given, **more)

    async def pass_by(self, seconds: float) -> None:
        self.now += seconds
        for timer in [one for one in self.timers if not one.is_off and one.due <= self.now]:
            self.timers.remove(timer)
            timer.call()
        await settle()


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


class Transport:
    """What the client sees."""

    def __init__(self) -> None:
        self.sent, self.closed, self.aborted = b"", False, False

    def get_extra_info(self, name: str) -> Any:  # noqa: ANN401
        return {"peername": ("10.0.0.1", 1), "sockname": ("10.0.0.2", 2)}.get(name)

    def write(self, data: bytes) -> None:
        assert not self.closed
        self.sent += data

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.aborted = self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def statuses(self) -> list[int]:
        return [int(part[:3]) for part in self.sent.split(b"HTTP/1.1 ")[1:]]

    def problem(self) -> dict[str, Any]:
        head, _, body = self.sent.rpartition(b"\r\n\r\n")
        assert b"connection: close" in head
        assert b"content-type: application/problem+json" in head
        found: dict[str, Any] = json.loads(body)
        return found


class Line:
    """One connection to an application that reads a body and answers when it may."""

    def __init__(self) -> None:
        self.loop, self.transport = Loop(asyncio.get_running_loop()), Transport()
        self.may_answer, self.reads_body = asyncio.Event(), True
        self.may_answer.set()
        config = uvicorn.Config(
            self.app, log_config=None, lifespan="off", ws="none", interface="asgi3"
        )
        config.load()
        made = bounded(10.0)(config, ServerState(), {}, cast(Any, self.loop))
        self.protocol: BoundedProtocol = made
        made.connection_made(cast(Any, self.transport))

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        message: Message = {"more_body": self.reads_body}
        while message.get("more_body"):
            message = await receive()
        if message.get("type") == "http.disconnect":
            return
        await self.may_answer.wait()
        headers = [(b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok"})

    async def hear(self, data: bytes) -> None:
        self.protocol.data_received(data)
        await settle()


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level("CRITICAL"):
        yield


def test_a_silent_connection_is_closed_without_a_word() -> None:
    async def run() -> Transport:
        line = Line()
        await line.loop.pass_by(9.9)
        assert not line.transport.closed
        await line.loop.pass_by(0.2)
        return line.transport

    transport = asyncio.run(run())
    assert (transport.closed, transport.sent) == (True, b"")


@pytest.mark.parametrize("trickle", [b"X-A: b\r\n", b"a", b"X" * 50])
def test_a_head_that_trickles_is_408_however_often_a_byte_comes(trickle: bytes) -> None:
    async def run() -> Transport:
        line = Line()
        await line.hear(HEAD)
        for _ in range(20):
            if not line.transport.closed:
                await line.loop.pass_by(0.9)
                await line.hear(trickle)
        return line.transport

    transport = asyncio.run(run())
    assert transport.closed
    assert transport.problem()["type"] == "/problems/request-timeout"
    assert transport.statuses() == [408]


def test_empty_lines_between_requests_buy_no_time() -> None:
    async def run() -> Transport:
        line = Line()
        await line.hear(HEAD + b"Content-Length: 0\r\n\r\n")
        for _ in range(20):
            if not line.transport.closed:
                await line.loop.pass_by(0.9)
                await line.hear(b"\r\n")
        return line.transport

    transport = asyncio.run(run())
    assert (transport.closed, transport.statuses()) == (True, [200])


def test_a_head_without_end_is_431_before_it_fills_the_memory() -> None:
    async def run() -> tuple[Transport, int]:
        line, heard = Line(), 0
        await line.hear(HEAD + b"X-A: ")
        while not line.transport.closed:
            await line.hear(b"a" * 1_000)
            heard += 1_000
        return line.transport, heard

    transport, heard = asyncio.run(run())
    assert transport.problem()["type"] == "/problems/headers-too-large"
    assert heard <= LONGEST_HEAD + 1_000


def test_what_is_no_http_is_a_problem_and_the_end() -> None:
    async def run() -> Transport:
        line = Line()
        await line.hear(b"secret nonsense\r\n\r\n")
        return line.transport

    transport = asyncio.run(run())
    assert transport.closed
    problem = transport.problem()
    assert (problem["status"], problem["type"]) == (400, "/problems/malformed-request")
    assert len(problem["request_id"]) == 32
    assert b"secret" not in transport.sent


def test_nonsense_behind_a_request_waits_for_its_answer() -> None:
    async def run() -> Transport:
        line = Line()
        line.may_answer.clear()
        await line.hear(HEAD + b"Content-Length: 0\r\n\r\nnonsense\r\n\r\n")
        assert line.transport.sent == b""
        line.may_answer.set()
        await settle()
        return line.transport

    transport = asyncio.run(run())
    assert (transport.closed, transport.statuses()) == (True, [200])


def test_a_broken_chunk_is_400_while_the_body_is_awaited() -> None:
    async def run() -> Transport:
        line = Line()
        await line.hear(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n")
        return line.transport

    transport = asyncio.run(run())
    assert (transport.closed, transport.statuses()) == (True, [400])


def test_a_body_that_nobody_read_may_end_but_not_drag_on() -> None:
    async def run() -> tuple[Transport, Transport]:
        ends, drags = Line(), Line()
        for line in (ends, drags):
            line.reads_body = False
            await line.hear(HEAD + b"Content-Length: 4\r\n\r\nab")
            assert line.transport.statuses() == [200]
        await ends.loop.pass_by(4)
        await ends.hear(b"cd")
        await ends.hear(HEAD + b"Content-Length: 0\r\n\r\n")
        for _ in range(12):
            if not drags.transport.closed:
                drags.protocol._unset_keepalive_if_required()
                await drags.loop.pass_by(0.9)
        return ends.transport, drags.transport

    ends, drags = asyncio.run(run())
    assert (ends.closed, ends.statuses()) == (False, [200, 200])
    assert drags.closed


def test_a_client_that_takes_no_answer_is_cut_off_and_one_that_reads_on_is_not() -> None:
    async def run() -> tuple[bool, bool]:
        slow, gone = Line(), Line()
        for line in (slow, gone):
            await line.hear(HEAD + b"Content-Length: 0\r\n\r\n")
            line.protocol.pause_writing()
            await line.loop.pass_by(3)
        slow.protocol.resume_writing()
        await slow.loop.pass_by(1)
        await gone.loop.pass_by(7.1)
        return slow.transport.aborted, gone.transport.aborted

    assert asyncio.run(run()) == (False, True)


def test_an_upgrade_is_ignored_and_the_connection_goes_on() -> None:
    async def run() -> Transport:
        line = Line()
        await line.hear(
            b"GET /x HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        )
        await line.hear(HEAD + b"Content-Length: 0\r\n\r\n")
        return line.transport

    transport = asyncio.run(run())
    assert (transport.closed, transport.statuses()) == (False, [200, 200])


def test_lost_connections_leave_no_timer() -> None:
    async def run() -> list[Timer]:
        line = Line()
        await line.hear(HEAD)
        line.protocol.pause_writing()
        line.protocol.connection_lost(None)
        return [timer for timer in line.loop.timers if not timer.is_off]

    assert asyncio.run(run()) == []
