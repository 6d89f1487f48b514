"""A load generator in a process of its own, the same for every server.

``python -m benchmarks.serving.load URL BODIES --seconds S [--rate R]``: BODIES is a file with one
JSON body a line, sent in turns over keep-alive connections. Without a rate each connection sends
its next request when it has its answer; with one, requests are due at fixed instants and a
latency counts from the instant, so that a server that falls behind cannot hide it. Prints JSON.
"""

import argparse
import asyncio
import json
import sys
import time
from collections import deque
from itertools import cycle
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import httptools
import uvloop

DRAIN_SECONDS = 30.0
"""So long is waited for answers to requests that were sent in time."""


class Connection(asyncio.Protocol):
    """One keep-alive connection that sends one request after the other."""

    def __init__(self, load: "Load") -> None:
        self.load = load
        self.transport: asyncio.Transport | None = None
        self.parser = httptools.HttpResponseParser(self)
        self.due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.load.free(self)

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_message_complete(self) -> None:
        status = self.parser.get_status_code()
        keeps = self.parser.should_keep_alive()
        self.parser = httptools.HttpResponseParser(self)
        self.load.answered(self, status)
        if not keeps:
            self.load.lost()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.load.is_over:
            self.load.lost()

    def ask(self, request: bytes, due: float) -> None:
        assert self.transport is not None
        self.due = due
        self.transport.write(request)


class Load:
    """Requests until the time is over.

    Parameters
    ----------
    requests : sequence of bytes
    seconds : float
    rate : float or None
        Requests per second; None is as fast as answers come.
    """

    def __init__(self, requests: list[bytes], seconds: float, rate: float | None) -> None:
        self.requests, self.seconds, self.rate = cycle(requests), seconds, rate
        self.latencies: list[float] = []
        self.errors = 0
        self.is_over = False
        self.idle: deque[Connection] = deque()
        self.waiting: deque[float] = deque()
        self.began, self.ends, self.took = time.perf_counter(), 0.0, seconds

    def free(self, connection: Connection) -> None:
        """Give ``connection`` its next request."""
        if self.ends and time.perf_counter() >= self.ends and not self.waiting:
            self.idle.append(connection)
        elif self.rate is None:
            connection.ask(next(self.requests), time.perf_counter())
        elif self.waiting:
            connection.ask(next(self.requests), self.waiting.popleft())
        else:
            self.idle.append(connection)

    def answered(self, connection: Connection, status: int) -> None:
        """Count an answer."""
        self.took = time.perf_counter() - self.began
        if status == 200:
            self.latencies.append(time.perf_counter() - connection.due)
        else:
            self.errors += 1
        self.free(connection)

    def lost(self) -> None:
        """Count a connection that the server closed."""
        self.errors += 1

    async def run(self, host: str, port: int, connections: int) -> None:
        """Send until the time is over."""
        loop = asyncio.get_running_loop()
        self.began = time.perf_counter()
        self.ends = self.began + self.seconds
        made = [await loop.create_connection(lambda: Connection(self), host, port)
                for _ in range(connections)]  # fmt: skip
        if self.rate is None:
            await asyncio.sleep(self.seconds)
        else:
            await self._due(self.rate)
        # What is under way at the end still counts, with the time it took.
        late = time.perf_counter() + DRAIN_SECONDS
        while len(self.idle) < connections and time.perf_counter() < late:
            await asyncio.sleep(0.005)
        self.errors += len(self.waiting) + connections - len(self.idle)
        self.is_over = True
        for transport, _ in made:
            transport.close()

    async def _due(self, rate: float) -> None:
        sent = 0
        while (now := time.perf_counter()) < self.ends:
            while (at := self.began + sent / rate) <= now:
                sent += 1
                if self.idle:
                    self.idle.popleft().ask(next(self.requests), at)
                else:
                    self.waiting.append(at)
            await asyncio.sleep(max(0.0, min(at - time.perf_counter(), 0.01)))

    def report(self) -> dict[str, float]:
        """Return the figures: rates per second, latencies in milliseconds."""
        found = sorted(self.latencies)
        return {
            "answered": len(found),
            "errors": self.errors,
            "per_second": len(found) / self.took,
            **{f"p{int(q * 1000) / 10:g}": _quantile(found, q) for q in (0.5, 0.99, 0.999)},
        }


def _quantile(found: list[float], q: float) -> float:
    return 1000 * found[min(int(q * len(found)), len(found) - 1)] if found else float("nan")


def requests_of(url: str, bodies: list[bytes]) -> list[bytes]:
    """Return whole HTTP requests; without bodies one GET."""
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    head = f"Host: {parts.netloc}\r\nAccept: */*\r\n"
    if not bodies:
        return [f"GET {target} HTTP/1.1\r\n{head}Accept-Encoding: gzip\r\n\r\n".encode()]
    head += "Content-Type: application/json\r\n"
    return [
        f"POST {target} HTTP/1.1\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
        for body in bodies
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("bodies", type=Path)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--rate", type=float)
    given = parser.parse_args()
    lines = given.bodies.read_bytes().splitlines()
    load = Load(requests_of(given.url, lines), given.seconds, given.rate)
    parts = urlsplit(given.url)
    uvloop.run(load.run(str(parts.hostname), int(parts.port or 80), given.connections))
    json.dump(load.report(), sys.stdout)


if __name__ == "__main__":
    main()
