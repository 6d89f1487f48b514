"""Processes that write to a store and can be killed while they do; one server forks them fast."""

import multiprocessing as mp
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from serving.store.engine import open_url
from serving.store.scores import save_run
from tests.builders.runs import a_row, a_run

ROWS = 6_000


def processes(*more: str) -> "mp.context.ForkServerContext":
    """Return a context whose children find the store's modules imported already.

    Those of ``more`` as well, where this is the first call in this process.
    """
    context = mp.get_context("forkserver")
    context.set_forkserver_preload(["tests.builders.killing", "tests.builders.deeds", *more])
    return context


def open_and_close(url: str) -> None:
    """Open a store as one of several processes."""
    open_url(url).dispose()


def write_runs(url: str, name: str, acknowledge: Connection) -> None:
    """Write runs of `ROWS` accounts without end, reporting each that is stored."""
    engine = open_url(url)
    acknowledge.send("open")
    for number in range(1_000):
        run_id = f"{name}-{number}"
        rows = (a_row(f"{run_id}-{i}", f"a{i}") for i in range(ROWS))
        save_run(engine, a_run(run_id), rows)
        acknowledge.send(run_id)


class Writer:
    """A process that writes to a store and tells what it has written.

    Attributes
    ----------
    reported : list
        What it told so far.
    """

    def __init__(self, write: Callable[[str, str, Connection], None], url: str, name: str) -> None:
        self._ours, theirs = mp.Pipe(duplex=False)
        self._process = processes(write.__module__).Process(
            target=write, args=(url, name, theirs), daemon=True
        )
        self._process.start()
        theirs.close()
        assert self._ours.recv() == "open"
        self.reported: list[Any] = []

    def wait_for(self, more: int) -> None:
        """Wait until so many more writes are done; those that failed do not count."""
        while more:
            assert self._ours.poll(60), "the writer does not write"
            self.reported.append(self._ours.recv())
            more -= not is_failed(self.reported[-1])

    def kill_in(self, seconds: float) -> None:
        """Kill it after so many seconds, whatever it does then; `kill` must follow."""
        assert self._process.pid is not None
        threading.Timer(seconds, os.kill, (self._process.pid, signal.SIGKILL)).start()

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Kill it, or end it by another signal, and take down what it had told before."""
        assert self._process.pid is not None
        with suppress(ProcessLookupError):
            os.kill(self._process.pid, number)
        self._process.join(30)
        with suppress(EOFError):
            while True:
                self.reported.append(self._ours.recv())
        self._ours.close()
        self._process.close()


def is_failed(report: object) -> bool:
    return isinstance(report, tuple) and report[0] == "failed"


def killed_after(
    seconds: float,
    write: Callable[[str, str, Connection], None],
    url: str,
    name: str,
    *,
    finished: int = 0,
    by: int = signal.SIGKILL,
) -> set[Any]:
    """Let ``write`` finish so many writes and work on, kill it, and return what it reported."""
    writer = Writer(write, url, name)
    writer.wait_for(finished)
    time.sleep(seconds)
    writer.kill(by)
    return {report for report in writer.reported if not is_failed(report)}
