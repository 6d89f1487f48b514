"""The load generator counts what it is answered, and hides no wait."""

import asyncio
import contextlib
from typing import cast

import pytest

from benchmarks.serving.load import Load, requests_of


async def asked(load: Load, connections: int, statuses: list[int], wait: float = 0.0) -> int:
    """Run ``load`` against a server that answers with ``statuses`` in turns; return how many."""
    seen = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        served.append(cast("asyncio.Task[None]", asyncio.current_task()))
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
                await reader.readexactly(length)
                status = statuses[seen % len(statuses)]
                seen += 1
                if wait:
                    await asyncio.sleep(wait)
                writer.write(b"HTTP/1.1 %d x\r\nContent-Length: 2\r\n\r\nok" % status)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    served: list[asyncio.Task[None]] = []
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    await load.run("127.0.0.1", port, connections)
    server.close()
    await asyncio.gather(*served)
    return seen


REQUESTS = requests_of("http://127.0.0.1:1/v1/predictions?x=1", [b'{"a":1}', b"{}"])


def test_a_request_is_whole() -> None:
    head, _, body = REQUESTS[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v1/predictions?x=1 HTTP/1.1\r\nHost: 127.0.0.1:1\r\n")
    assert b"Content-Length: 7" in head
    assert body == b'{"a":1}'


def test_every_request_is_answered_or_an_error() -> None:
    load = Load(REQUESTS, 0.2, None)
    seen = asyncio.run(asked(load, 4, [200, 200, 503]))
    report = load.report()
    assert report["answered"] + report["errors"] == seen > 10
    assert report["errors"] == pytest.approx(seen / 3, abs=1)


def test_a_slow_answer_at_the_end_still_counts() -> None:
    load = Load(REQUESTS, 0.01, None)
    asyncio.run(asked(load, 2, [200], wait=0.1))
    report = load.report()
    assert (report["answered"], report["errors"]) == (2, 0)
    assert report["p50"] >= 100
    assert report["per_second"] <= 20


def test_a_latency_counts_from_the_instant_a_request_was_due() -> None:
    load = Load(REQUESTS, 0.3, 100.0)
    asyncio.run(asked(load, 1, [200], wait=0.05))  # 20 a second at most: it falls behind
    report = load.report()
    assert report["errors"] == 0
    assert report["answered"] == pytest.approx(30, abs=3)
    assert report["p99"] > 500
