"""Plain predictions on the wire: sent at a stroke, and byte for byte what the layers send."""

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any, cast

import pytest
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from serving import express
from serving.app import create_app
from serving.protocol import BoundedProtocol, bounded
from tests.builders.served import Served, stored_values
from tests.serving.api.test_predictions import rows_of

OURS = bounded(10.0)
DATE = (b"date", b"Sun, 01 Nov 2026 00:00:00 GMT")
OF_THE_REQUEST = re.compile(rb'(x-request-id: |ratelimit-\w+: |"(?:as_of|scored_at)":")[^\r"]+')


class Transport:
    """What the client sees, write by write."""

    def __init__(self) -> None:
        self.writes, self.closed = list[bytes](), False

    def get_extra_info(self, name: str) -> object:
        return {"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 8000)}.get(name)

    def write(self, data: bytes) -> None:
        assert not self.closed
        self.writes.append(data)

    def close(self) -> None:
        self.closed = True

    abort = close

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class Wire:
    """Connections to one application whose keys and latest run are known."""

    def __init__(self, company: Served, kind: type[HttpToolsProtocol] = OURS) -> None:
        self.app = create_app(company.settings, engine=company.engine)
        self.config = uvicorn.Config(
            self.app,
            log_config=None,
            lifespan="off",
            ws="none",
            access_log=False,
            proxy_headers=False,
        )
        self.config.load()
        self.state, self.kind = ServerState(), kind
        self.state.default_headers = [DATE]

    async def known(self) -> "Wire":
        """Return it once it knows what a first request has to wait for."""
        await self.app.state.callers.ring()
        self.app.state.runs.recent()
        return self

    def line(self) -> tuple[BoundedProtocol, Transport]:
        made, transport = self.kind(self.config, self.state, {}), Transport()
        made.connection_made(cast(Any, transport))
        return cast(BoundedProtocol, made), transport

    async def answer(self, *parts: bytes) -> Transport:
        """Return what one connection was sent for ``parts``, each of which came by itself."""
        protocol, transport = self.line()
        for part in parts:
            protocol.data_received(part)
            await asyncio.sleep(0)
        await self.quiet(protocol)
        closed = transport.closed
        protocol.connection_lost(None)
        transport.closed = closed
        return transport

    async def quiet(self, protocol: HttpToolsProtocol) -> None:
        while protocol.pipeline or not protocol.cycle.response_complete:
            await asyncio.sleep(0.001)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Return whether each request that was held was answered before a task was made."""
    noted, answer = list[bool](), express.Application.answer_at_once

    def noting(self: express.Application, *given: Any) -> bool:  # noqa: ANN401
        noted.append(answer(self, *given))
        return noted[-1]

    monkeypatch.setattr(express.Application, "answer_at_once", noting)
    return noted


def request(company: Served, *headers: str, version: str = "1.1", **more: object) -> bytes:
    given = stored_values(company.bundle, rows_of(company)[0]["values"])
    body = json.dumps({"accounts": [{"features": given}], **more}).encode()
    head = (
        f"POST /v1/predictions HTTP/{version}", "Host: localhost",
        "Content-Type: application/json", f"Content-Length: {len(body)}", *headers, "", "",
    )  # fmt: skip
    return "\r\n".join(head).encode() + body


def alike(answers: bytes) -> bytes:
    """Return answers without what belongs to the single request."""
    return OF_THE_REQUEST.sub(rb"\1", answers)


def statuses(transport: Transport) -> list[bytes]:
    return re.findall(rb"HTTP/1.1 (\d+)", b"".join(transport.writes))


def test_the_answer_is_byte_for_byte_uvicorn_s_in_a_single_write(
    company: Served, at_once: list[bool]
) -> None:
    async def run(kind: type[HttpToolsProtocol]) -> list[Transport]:
        wire = await Wire(company, kind).known()
        asked = (request(company), request(company, "X-Request-ID: mine", drivers=3))
        return [await wire.answer(one) for one in asked]

    for ours, theirs in zip(
        asyncio.run(run(OURS)), asyncio.run(run(HttpToolsProtocol)), strict=True
    ):
        assert (len(ours.writes), len(theirs.writes)) == (1, 2)
        assert alike(b"".join(ours.writes)) == alike(b"".join(theirs.writes))
        assert b"date: Sun, 01 Nov" in ours.writes[0]
        assert not ours.closed
    assert at_once == [True, True]


def test_requests_behind_one_another_are_answered_in_their_order(
    company: Served, at_once: list[bool]
) -> None:
    async def run() -> Transport:
        wire = await Wire(company).known()
        return await wire.answer(
            b"".join(request(company, f"X-Request-ID: n{i}") for i in range(3)),
            request(company, "X-Request-ID: n3"),
        )

    transport = asyncio.run(run())
    assert re.findall(rb"x-request-id: (\w+)", b"".join(transport.writes)) == [
        b"n0", b"n1", b"n2", b"n3",
    ]  # fmt: skip
    # The loop belongs to all connections: of what came at a stroke only the first goes before them.
    assert at_once[0] is True
    assert len(at_once) <= 2


@pytest.mark.parametrize("cut", [40, -10], ids=["in the head", "in the body"])
def test_a_request_that_comes_in_pieces_is_answered_as_any(company: Served, cut: int) -> None:
    async def run() -> Transport:
        whole = request(company)
        return await (await Wire(company).known()).answer(whole[:cut], whole[cut:])

    assert statuses(asyncio.run(run())) == [b"200"]


@pytest.mark.parametrize(
    ("version", "header"), [("1.1", "Connection: close"), ("1.0", "X-Any: thing")]
)
def test_who_wants_no_second_answer_is_led_the_long_way_and_closed(
    company: Served, at_once: list[bool], version: str, header: str
) -> None:
    async def run() -> Transport:
        return await (await Wire(company).known()).answer(request(company, header, version=version))

    transport = asyncio.run(run())
    assert (statuses(transport), transport.closed, at_once) == ([b"200"], True, [])
    assert b"\r\nconnection: close\r\n" in transport.writes[0]


def test_a_server_that_stops_says_so_and_closes(company: Served, at_once: list[bool]) -> None:
    async def run() -> Transport:
        wire = await Wire(company).known()
        wire.state.default_headers = [DATE, (b"connection", b"close")]
        return await wire.answer(request(company))

    transport = asyncio.run(run())
    assert (statuses(transport), transport.closed, at_once) == ([b"200"], True, [])


def test_a_client_that_takes_no_answer_gets_no_further_one_until_it_does(
    company: Served, at_once: list[bool]
) -> None:
    async def run() -> tuple[int, Transport]:
        protocol, transport = (await Wire(company).known()).line()
        protocol.pause_writing()
        protocol.data_received(request(company))
        for _ in range(50):
            await asyncio.sleep(0)
        before = len(transport.writes)
        protocol.resume_writing()
        while not protocol.cycle.response_complete:
            await asyncio.sleep(0.001)
        protocol.connection_lost(None)
        return before, transport

    before, transport = asyncio.run(run())
    assert (before, statuses(transport), at_once) == (0, [b"200"], [])


@pytest.mark.parametrize(
    ("head", "status"),
    [("Cookie: kenshin=x", b"200"), ("Host: elsewhere", b"421"), ("Expect: 100-continue", b"200")],
)
def test_what_a_layer_decides_about_goes_through_the_layers(
    company: Served, at_once: list[bool], head: str, status: bytes
) -> None:
    async def run() -> Transport:
        return await (await Wire(company).known()).answer(request(company, head))

    assert statuses(asyncio.run(run()))[-1] == status
    assert at_once == [False]


def test_every_request_is_counted_once_whatever_its_way(company: Served) -> None:
    async def run() -> tuple[float, int]:
        wire = await Wire(company).known()
        await wire.answer(request(company), request(company, "Cookie: kenshin=x"))
        metrics = wire.app.state.metrics.registry
        labels = {"route": "/v1/predictions", "method": "POST", "status": "2xx"}
        counted = metrics.get_sample_value("kenshin_requests_total", labels)
        return counted or 0.0, wire.state.total_requests

    assert asyncio.run(run()) == (2.0, 2)


def test_an_idle_connection_is_left_one_timer(company: Served) -> None:
    async def run() -> tuple[bool, bool]:
        protocol, _ = (await Wire(company).known()).line()
        protocol.data_received(request(company))
        left = protocol.timeout_keep_alive_task is not None, protocol._patience is not None
        protocol.connection_lost(None)
        return left

    assert asyncio.run(run()) == (True, False)


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


def test_what_is_not_plain_is_found_so_only_once(
    company: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried, at_once = list[bool](), express.Express.at_once

    def noting(self: express.Express, *given: Any) -> bool:  # noqa: ANN401
        tried.append(at_once(self, *given))
        return tried[-1]

    monkeypatch.setattr(express.Express, "at_once", noting)

    async def run() -> Transport:
        return await (await Wire(company).known()).answer(request(company, drivers=-1))

    assert statuses(asyncio.run(run())) == [b"422"]
    assert tried == [False]
