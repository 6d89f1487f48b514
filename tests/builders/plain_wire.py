"""One connection to an application as its protocol sees it: bytes in, writes out."""

import asyncio
import json
import re
from typing import Any, cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from serving.app import create_app
from serving.protocol import BoundedProtocol, bounded
from tests.builders.served import Served, rows_of, stored_values

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
