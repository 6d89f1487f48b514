"""What the gate costs a request, in processor time."""

import asyncio
import time
from typing import Any

from starlette.types import Receive, Scope, Send

from serving.access.gate import Access
from serving.access.scopes import Rules
from tests.serving.access.conftest import Gate

MOST_MICROSECONDS = 20.0
REQUESTS = 2_000


async def nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """Stand for all that comes behind the gate."""


async def unused(*_: object) -> Any:  # noqa: ANN401
    raise AssertionError("the gate let nothing pass")


def asked(header: tuple[bytes, bytes]) -> Scope:
    """Return a request with the headers of a usual client."""
    usual = [(b"host", b"127.0.0.1:8000"), (b"user-agent", b"python-httpx/0.28"),
             (b"accept", b"*/*"), (b"accept-encoding", b"gzip"), (b"connection", b"keep-alive"),
             (b"content-type", b"application/json"), (b"content-length", b"512")]  # fmt: skip
    return {
        "type": "http", "method": "GET", "path": "/v1/accounts/A00001/explanation",
        "root_path": "", "query_string": b"", "server": ("127.0.0.1", 8000),
        "headers": [*usual, header],
    }  # fmt: skip


def test_a_key_or_a_session_costs_less_than_twenty_microseconds(gate: Gate) -> None:
    """The best of several rounds: the others of this machine can only make it slower."""
    access = Access(nothing, callers=gate.callers, rules=Rules(lambda: gate.app.routes))
    token = gate.sign_in(gate.keys["read"].token.text).headers["set-cookie"].split(";")[0]
    key = f"Bearer {gate.keys['read'].token.text}".encode()

    async def seconds(header: tuple[bytes, bytes]) -> float:
        best = float("inf")
        for _ in range(7):
            requests = [asked(header) for _ in range(REQUESTS)]
            began = time.process_time()
            for request in requests:
                await access(request, unused, unused)
            best = min(best, time.process_time() - began)
        return best

    for header in ((b"authorization", key), (b"cookie", token.encode())):
        cost = asyncio.run(seconds(header)) / REQUESTS * 1e6
        assert cost < MOST_MICROSECONDS, (header[0], cost)
