"""A server in a process group of its own: how long until its first answer, how much memory."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

STARTING_SECONDS = 120
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Server:
    """A running server.

    Attributes
    ----------
    first_answer : float
        Seconds from its start to the first 200 on a real request.
    rss_at_start : float
        Resident memory of its processes right then, in 10^6 bytes.
    """

    process: subprocess.Popen[bytes]
    port: int
    first_answer: float = 0.0
    rss_at_start: float = 0.0

    def rss(self) -> float:
        """Return the resident memory of all its processes, in 10^6 bytes."""
        return sum(_rss(pid) for pid in family_of(self.process.pid)) / 1e6

    def cpu(self) -> float:
        """Return the processor seconds of all its processes."""
        return processor_seconds(family_of(self.process.pid))

    def ask(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        """Return status and body of one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


def family_of(process: int) -> list[int]:
    """Return a process and all that descend from it."""
    parents = dict(_parents())
    family = {process}
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    return sorted(family)


def processor_seconds(processes: Iterable[int]) -> float:
    """Return the processor seconds that these processes have taken so far."""
    return sum(_ticks(pid) for pid in processes) / os.sysconf("SC_CLK_TCK")


def _parents() -> Iterator[tuple[int, int]]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError, ValueError):
                state = (folder / "stat").read_text().rpartition(")")[2].split()
                yield int(folder.name), int(state[1])


@contextlib.contextmanager
def running(
    command: Sequence[str | Path],
    cwd: Path,
    log: Path,
    first: tuple[str, str, bytes | None],
    environment: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """Yield a server once it has answered ``first``; ``{port}`` in the command becomes a free one.

    Raises
    ------
    SystemExit
        Where it does not answer in time.
    """
    port = _free_port()
    with log.open("wb") as said:
        began = time.perf_counter()
        process = subprocess.Popen(
            [str(part).format(port=port) for part in command],
            cwd=cwd,
            stdout=said,
            stderr=said,
            start_new_session=True,
            env={**os.environ, **(environment or {})},
        )
    server = Server(process, port)
    try:
        while not _answers(server, first):
            late = time.perf_counter() - began > STARTING_SECONDS
            if late or process.poll() is not None:
                raise SystemExit(f"{command[0]} does not answer:\n{log.read_text()[-2000:]}")
            time.sleep(0.05)
        server.first_answer = time.perf_counter() - began
        server.rss_at_start = server.rss()
        yield server
    finally:
        family = family_of(process.pid)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=15)
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()


def _answers(server: Server, first: tuple[str, str, bytes | None]) -> bool:
    try:
        return server.ask(*first)[0] == 200
    except (OSError, http.client.HTTPException):
        return False


def _free_port() -> int:
    with socket.socket() as some:
        some.bind(("127.0.0.1", 0))
        port: int = some.getsockname()[1]
        return port


def _rss(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except (OSError, IndexError):
        return 0


def _ticks(pid: int) -> int:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, state[11:15]))  # its own, and of its children that have ended
    except (OSError, IndexError):
        return 0
