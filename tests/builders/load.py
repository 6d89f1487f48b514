"""Clients that ask a server for predictions without end, each on a connection it keeps."""

import http.client
import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Answered:
    """One request and what became of it.

    Attributes
    ----------
    asked : int
        Which of the requests it was.
    status : int
        0 where there was no answer; `said` then tells what happened instead.
    fresh : bool
        Whether the connection was opened for it.
    """

    asked: int
    status: int
    said: Any
    began: float
    seconds: float
    fresh: bool = False


@dataclass
class Load:
    """Threads that send requests as fast as they are answered, from entering to leaving.

    Parameters
    ----------
    url : str
    documents : sequence of dict
        Bodies for ``POST /v1/predictions``, sent in turn.
    connections : int
        So many clients.
    """

    url: str
    documents: Sequence[dict[str, Any]]
    connections: int = 4
    answers: list[Answered] = field(default_factory=list)
    refused: int = 0
    """Connections that nobody accepted any more: the server had stopped."""

    def __enter__(self) -> "Load":
        self._enough = threading.Event()
        self._threads = [
            threading.Thread(target=self._ask, args=(number,)) for number in range(self.connections)
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def end(self) -> None:
        """Stop asking, once every request under way is answered."""
        self._enough.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), "a request hangs"

    def _ask(self, number: int) -> None:
        place = urlsplit(self.url)
        assert place.hostname is not None
        connection = http.client.HTTPConnection(place.hostname, place.port, timeout=30)
        asked = number
        bodies = [json.dumps(document).encode() for document in self.documents]
        while not self._enough.is_set():
            asked = (asked + 1) % len(bodies)
            began, fresh = time.monotonic(), connection.sock is None
            try:
                connection.connect() if connection.sock is None else None
            except OSError:
                self.refused += 1
                time.sleep(0.01)
                continue
            status, said = _exchange(connection, bodies[asked])
            took = time.monotonic() - began
            self.answers.append(Answered(asked, status, said, began, took, fresh))
        connection.close()


def _exchange(connection: http.client.HTTPConnection, body: bytes) -> tuple[int, Any]:
    try:
        connection.request("POST", "/v1/predictions", body=body, headers=JSON)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        connection.close()
        return 0, repr(error)
