"""A real `kenshin serve` in a process of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

KENSHIN = Path(sys.executable).with_name("kenshin")
STARTING_SECONDS = 90


@dataclass
class Server:
    """A running server.

    Attributes
    ----------
    url : str
        Its address, without a slash at the end.
    log : Path
        What it writes to stderr.
    """

    process: subprocess.Popen[str]
    url: str
    log: Path

    def stop(self, signal_number: int = signal.SIGTERM) -> tuple[int, float]:
        """Return exit code and seconds from the signal to the end."""
        began = time.monotonic()
        self.process.send_signal(signal_number)
        code = self.process.wait(timeout=30)
        return code, time.monotonic() - began

    def group(self) -> list[int]:
        """Return the processes of its group that are there."""
        found = []
        for folder in Path("/proc").iterdir():
            try:
                state = (folder / "stat").read_text().rpartition(")")[2].split()
            except (OSError, ValueError):
                continue
            if state[2] == str(self.process.pid) and state[0] != "Z":
                found.append(int(folder.name))
        return found


@contextmanager
def running(
    folder: Path,
    *options: str,
    environment: Mapping[str, str] | None = None,
    through: Sequence[str] = (),
    log_name: str = "serve.log",
) -> Iterator[Server]:
    """Yield `kenshin serve` over the workspace in ``folder``, ready to be asked.

    Parameters
    ----------
    environment : mapping of str to str, optional
        On top of that of the tests.
    through : sequence of str, optional
        A command that runs the command given to it, another way.
    log_name : str, optional
        Of the file in ``folder`` with what it writes to stderr.
    """
    log = folder / log_name
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [*through, KENSHIN, "serve", "--port", "0", "--json", *options],
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            start_new_session=True,
        )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, log.read_text()
        server = Server(process, json.loads(line)["url"], log)
        _await_answer(server)
        yield server
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        process.stdout.close()


def _await_answer(server: Server) -> None:
    until = time.monotonic() + STARTING_SECONDS
    while time.monotonic() < until and server.process.poll() is None:
        try:
            httpx.get(f"{server.url}/livez", timeout=5)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"kenshin serve does not answer: {server.log.read_text()}")
