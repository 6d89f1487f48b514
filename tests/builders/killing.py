"""Processes that write to a store and can be killed while they do; one server forks them fast."""

import multiprocessing as mp
import os
import signal
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

from serving.store.engine import open_url
from serving.store.scores import save_run
from tests.builders.runs import a_row, a_run

ROWS = 6_000


def processes() -> "mp.context.ForkServerContext":
    """Return a context whose children find the store's modules imported already."""
    context = mp.get_context("forkserver")
    context.set_forkserver_preload(["tests.builders.killing"])
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


def killed_after(
    seconds: float,
    write: Callable[[str, str, Connection], None],
    url: str,
    name: str,
    *,
    finished: int = 0,
) -> set[str]:
    """Let ``write`` finish so many runs and work on, kill it, and return the runs it reported."""
    ours, theirs = mp.Pipe(duplex=False)
    writer = processes().Process(target=write, args=(url, name, theirs))
    writer.start()
    theirs.close()
    assert ours.recv() == "open"
    reported = {ours.recv() for _ in range(finished)}
    time.sleep(seconds)
    assert writer.pid is not None
    os.kill(writer.pid, signal.SIGKILL)
    writer.join(30)
    try:
        while True:
            reported.add(ours.recv())
    except EOFError:
        return reported
    finally:
        ours.close()
        writer.close()
