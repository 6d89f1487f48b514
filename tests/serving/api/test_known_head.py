"""The head of a request that is the one before it again is not parsed again."""

import asyncio
import re
from collections.abc import Callable
from typing import cast

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from serving.protocol import BoundedProtocol
from tests.builders.plain_wire import DATE, Transport, Wire, alike, request, statuses
from tests.builders.served import Served


@pytest.fixture
def taken_apart(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Return the data that the parser was given."""
    given, beneath = list[bytes](), cast(type[HttpToolsProtocol], BoundedProtocol.__base__)
    take = beneath.data_received

    def noting(self: HttpToolsProtocol, data: bytes) -> None:
        given.append(data)
        take(self, data)

    monkeypatch.setattr(beneath, "data_received", noting)
    return given


def test_a_head_that_comes_again_is_not_taken_apart_again_whatever_the_body(
    company: Served, at_once: list[bool], taken_apart: list[bytes]
) -> None:
    asked = [request(company), request(company, drivers=3), request(company, drivers=10)]

    async def run(*each: list[bytes]) -> bytes:
        wire = await Wire(company).known()
        return b"".join([b for one in each for b in (await wire.answer(*one)).writes])

    together = asyncio.run(run(asked))
    assert (at_once, taken_apart) == ([True] * 3, asked[:1])
    assert alike(together) == alike(asyncio.run(run(*([one] for one in asked))))
    numbers = re.findall(rb"x-request-id: (\w+)", together)
    assert len(set(numbers)) == 3


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(lambda one: one.replace(b"Host: localhost", b"Host: elsewhere"), id="host"),
        pytest.param(lambda one: one.replace(b"POST", b"PUT", 1), id="method"),
        pytest.param(lambda one: b"\r\n" + one, id="line in front"),
        pytest.param(lambda one: one + one, id="two at a stroke"),
        pytest.param(lambda one: one.replace(b"Length: ", b"Length: 0", 1), id="leading zero"),
        pytest.param(lambda one: one.replace(b"Length: ", b"Length: +", 1), id="sign"),
        pytest.param(lambda one: one[:-1].replace(b"Length: ", b"Length: 1", 1), id="too short"),
        pytest.param(lambda one: one.replace(b"POST", b"POST /x HTTP/1.1\r\n", 1), id="no HTTP"),
    ],
)
def test_whatever_is_not_that_head_is_taken_apart(
    company: Served, taken_apart: list[bytes], other: Callable[[bytes], bytes]
) -> None:
    one, another = request(company), other(request(company))

    async def run(*parts: bytes) -> bytes:
        protocol, transport = (await Wire(company).known()).line()
        for part in parts:
            protocol.data_received(part)
            for _ in range(500):
                await asyncio.sleep(0)
        protocol.connection_lost(None)
        return b"".join(transport.writes)

    first, both, alone = (
        re.sub(rb"[0-9a-f]{32}", b"", alike(asyncio.run(run(*parts))))
        for parts in ((one,), (one, another), (another,))
    )
    assert another in taken_apart
    assert both == first + alone


def test_after_something_else_a_known_head_is_taken_apart_once_more(
    company: Served, taken_apart: list[bytes]
) -> None:
    one = request(company)

    async def run() -> Transport:
        return await (await Wire(company).known()).answer(one[:40], one[40:], one, one)

    assert statuses(asyncio.run(run())) == [b"200"] * 3
    assert taken_apart == [one[:40], one[40:], one]


def test_a_server_that_begins_to_stop_says_so_to_a_known_head_too(
    company: Served, at_once: list[bool]
) -> None:
    async def run() -> Transport:
        wire = await Wire(company).known()
        protocol, transport = wire.line()
        protocol.data_received(request(company))
        wire.state.default_headers = [DATE, (b"connection", b"close")]
        protocol.data_received(request(company))
        await wire.quiet(protocol)
        return transport

    transport = asyncio.run(run())
    assert (statuses(transport), transport.closed, at_once) == ([b"200"] * 2, True, [True])


def test_a_connection_that_asks_on_with_a_known_head_is_kept_and_an_idle_one_is_not(
    company: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> tuple[bool, bool]:
        protocol, transport = (await Wire(company).known()).line()
        now, keeps = protocol.loop.time(), protocol.timeout_keep_alive
        protocol.data_received(request(company))
        monkeypatch.setattr(protocol.loop, "time", lambda: now + keeps - 1)
        protocol.data_received(request(company))
        monkeypatch.setattr(protocol.loop, "time", lambda: now + keeps + 1)
        protocol.timeout_keep_alive_handler()
        was_kept = not transport.closed and protocol.timeout_keep_alive_task is not None
        monkeypatch.setattr(protocol.loop, "time", lambda: now + 2 * keeps)
        protocol.timeout_keep_alive_handler()
        protocol.connection_lost(None)
        return was_kept, transport.closed

    assert asyncio.run(run()) == (True, True)
