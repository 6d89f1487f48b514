"""Clients that send many requests at a stroke, or none to their end, beside those that behave."""

import json
import random
import select
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from tests.builders.load import Load
from tests.builders.served import Served, served
from tests.builders.server import Server, running
from tests.builders.wire import Answer, Wire, request, wire
from tests.serving.faults.conftest import Asked
from tests.serving.faults.test_stops import went_in_order

IMPATIENT = {
    "KENSHIN_SERVING__HEAD_SECONDS": "1",
    "KENSHIN_SERVING__REQUESTS_PER_SECOND": "100000",
    "KENSHIN_SERVING__BURST": "100000",
}


@pytest.fixture
def made(tmp_path: Path) -> Served:
    return served(tmp_path, accounts=6, weeks=1)


def kinds_of(asked: Asked) -> list[bytes]:
    """Return requests that are answered at once, by the layers, and without a key."""
    by_features = json.dumps(asked.by_features).encode()
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(by_features), by_features)
    plain = request("POST", "/v1/predictions", by_features)
    parts = "Content-Type: application/json", "Transfer-Encoding: chunked"
    return [
        plain,
        plain,
        request("POST", "/v1/predictions", by_features, "Cookie: a=b"),
        request("POST", "/v1/predictions", None, *parts) + chunked,
        request("GET", "/livez"),
    ]


class Bursts:
    """A client that sends up to nine requests at a stroke until it is told that it is the end."""

    def __init__(self, server: Server, kinds: list[bytes], seed: int) -> None:
        self.url, self.kinds, self.dice = server.url, kinds, random.Random(seed)
        self.answered, self.told, self.cut = 0, False, ""
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        try:
            with wire(self.url, 30) as line:
                while not self.told:
                    self._burst(line)
        except (OSError, ValueError) as error:
            self.cut = repr(error)

    def _burst(self, line: Wire) -> None:
        sent = self.dice.choices(self.kinds, k=self.dice.choice([1, 2, 5, 9]))
        line.send(b"".join(sent))
        for _ in sent:
            answer = line.answer()
            assert answer.status == 200, answer.body
            self.answered += 1
            if answer.headers.get("connection") == "close":
                self.told = True
                return


@pytest.mark.scale
def test_a_stop_amid_bursts_answers_each_request_whole_or_says_it_is_the_end(made: Served) -> None:
    with running(made.settings.root) as server:
        asked = Asked(made, server)
        clients = [Bursts(server, kinds_of(asked), number) for number in range(6)]
        asked.wait_until(lambda: all(client.answered > 20 for client in clients))
        code, seconds = server.stop()
        for client in clients:
            client.thread.join(30)
        asked.client.close()
        assert went_in_order(server, code, seconds)
    assert [(client.told, client.cut) for client in clients] == [(True, "")] * 6


def drips(url: str, data: bytes) -> Answer:
    """Send a request byte by byte, the others' turns in between, and return its answer."""
    with wire(url, 30) as line:
        for place in range(len(data)):
            line.send(data[place : place + 1])
        return line.answer()


def leave(url: str, data: bytes, times: int) -> None:
    """Send half a body and go, every other time with a reset."""
    for number in range(times):
        with wire(url) as line:
            if number % 2:
                now = struct.pack("ii", 1, 0)
                line.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)
            line.send(data[:-8])


def reads_nothing(url: str, data: bytes) -> bool:
    """Send without reading until nothing goes any more; return whether it is cut off then."""
    with wire(url, 1) as line:
        with suppress(TimeoutError, ConnectionError):
            while True:
                line.send(data * 4)
        ended = select.poll()
        ended.register(line.socket, 0)  # of itself it tells of an end only
        return bool(ended.poll(20_000))


def together(*each: Callable[[], object]) -> None:
    threads = [threading.Thread(target=one) for one in each]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


def open_files(server: Server) -> int:
    return sum(1 for _ in Path(f"/proc/{server.process.pid}/fd").iterdir())


@pytest.mark.scale
def test_who_drips_leaves_or_reads_nothing_holds_up_nobody_and_leaves_nothing(made: Served) -> None:
    with running(made.settings.root, environment=IMPATIENT) as server:
        asked = Asked(made, server)
        assert asked.ready()["ready"]
        plain, before = kinds_of(asked)[0], open_files(server)
        long = request("GET", "/docs/swagger-ui-bundle.js")
        dripped, cut_off = list[int](), list[bool]()
        with Load(server.url, [asked.by_features], connections=2) as load:
            together(
                lambda: dripped.append(drips(server.url, request("GET", "/livez")).status),
                partial(leave, server.url, plain, 200),
                lambda: cut_off.append(reads_nothing(server.url, long)),
            )
            asked.wait_until(lambda: len(load.answers) > 20)
        assert (dripped, cut_off) == ([200], [True])
        assert {one.status for one in load.answers} == {200}
        asked.wait_until(lambda: open_files(server) <= before)
        assert "Traceback" not in server.log.read_text()
        asked.client.close()
