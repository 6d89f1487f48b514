"""One connection without a socket: what a request costs from its bytes to the answer's bytes."""

import asyncio
from collections.abc import Callable
from itertools import cycle
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from starlette.types import ASGIApp
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

AT_A_TIME = 20
"""Requests of a call, one after the other: to start and stop the loop costs as much as one."""


class Nowhere(asyncio.Transport):
    """A transport that keeps only what was written last."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 5000), "sockname": ("127.0.0.1", 8000)})
        self.last: object = b""

    def write(self, data: object) -> None:
        self.last = data

    def is_closing(self) -> bool:
        return False


def asked(
    app: "ASGIApp", kind: "type[HttpToolsProtocol]", bodies: list[bytes]
) -> Callable[[], int]:
    """Return a call that sends `AT_A_TIME` requests over one connection and returns how many."""
    import uvicorn
    import uvloop
    from uvicorn.server import ServerState

    config = uvicorn.Config(
        app, http=kind, lifespan="off", ws="none", log_config=None, access_log=False,
        proxy_headers=False,
    )  # fmt: skip
    config.load()
    loop, state = uvloop.new_event_loop(), ServerState()
    state.default_headers = [(b"date", b"Sun, 01 Nov 2026 00:00:00 GMT")]
    protocol, requests = kind(config, state, {}, loop), cycle(map(_request, bodies))
    protocol.connection_made(cast(Any, Nowhere()))

    async def some() -> int:
        for _ in range(AT_A_TIME):
            protocol.data_received(next(requests))
            while not protocol.cycle.response_complete:
                await asyncio.sleep(0)
        return AT_A_TIME

    return lambda: loop.run_until_complete(some())


def _request(body: bytes) -> bytes:
    head = (
        "POST /v1/predictions HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nAccept: */*\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
