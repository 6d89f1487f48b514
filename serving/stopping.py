"""The end of serving: say so first, answer all who were let in, then go."""

import asyncio
import signal
import socket
import threading
from contextlib import suppress
from types import FrameType
from typing import Any, Final

import uvicorn

NOTICE_SECONDS: Final = 1.0
"""After SIGTERM so long is everybody still let in while /readyz already says to stay away."""

DRAIN_SECONDS: Final = 25
"""So long may requests that are under way take after that."""

_MOMENT = 0.1


class Server(uvicorn.Server):
    """Uvicorn, with a stop that no client notices.

    Uvicorn alone closes idle connections at once, while a request may be on its way through them.
    Here readiness goes first, then every answer asks its client to come back on another connection,
    then the door closes, and only then idle connections.

    Parameters
    ----------
    config : uvicorn.Config
    asked : threading.Event
        Set as soon as the process is asked to stop.
    """

    def __init__(self, config: uvicorn.Config, asked: threading.Event) -> None:
        super().__init__(config)
        self.asked = asked
        self._hurries = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop, after Ctrl+C without a notice; a second signal waits for nobody."""
        self.force_exit = self.should_exit
        self._hurries = self.should_exit or sig == signal.SIGINT
        self.asked.set()
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop in the order that loses nothing."""
        close = (b"connection", b"close")
        self.server_state.default_headers = [*self.server_state.default_headers, close]
        await self._pass(NOTICE_SECONDS, unless_hurried=True)
        for listener in sockets or []:
            listener.listen(0)  # Nobody new; who stands in the queue is still let in.
        await asyncio.sleep(_MOMENT)
        await self._close_the_door(sockets or [])
        await self._pass(NOTICE_SECONDS / 2)
        await super().shutdown(sockets)
        if self.force_exit:
            await self.lifespan.shutdown()  # Uvicorn would leave the application as it is.

    async def _close_the_door(self, listeners: list[socket.socket]) -> None:
        """Stop listening; who has connected but was not taken in yet would be reset otherwise."""
        doors = [listener.dup() for listener in listeners]
        for server in self.servers:
            server.close()
        waiting: list[socket.socket] = []
        for door in doors:
            door.setblocking(False)
            with door, suppress(BlockingIOError):
                while True:
                    waiting.append(door.accept()[0])
        loop = asyncio.get_running_loop()
        for client in waiting:
            client.setblocking(False)
            await loop.connect_accepted_socket(self._connection, client)

    def _connection(self) -> asyncio.Protocol:
        """Return what speaks HTTP on one connection, as uvicorn makes it."""
        make: Any = self.config.http_protocol_class
        protocol: asyncio.Protocol = make(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return protocol

    async def _pass(self, seconds: float, *, unless_hurried: bool = False) -> None:
        """Let time pass, less of it when nobody is connected or somebody hurries."""
        for _ in range(round(seconds / _MOMENT)):
            done = self._hurries if unless_hurried else not self.server_state.connections
            if done or self.force_exit:
                return
            await asyncio.sleep(_MOMENT)


def run(server: Server, listener: socket.socket) -> None:
    """Run ``server`` until a signal stops it.

    Its handlers stay: uvicorn raises the signal that stopped it once more when it is done.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, server.handle_exit)
    server.run(sockets=[listener])
