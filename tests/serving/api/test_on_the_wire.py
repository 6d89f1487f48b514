"""Plain predictions on the wire: sent at a stroke, and byte for byte what the layers send."""

import asyncio
import re
from typing import Any

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from serving import express
from tests.builders.plain_wire import DATE, OURS, Transport, Wire, alike, request, statuses
from tests.builders.served import Served


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
