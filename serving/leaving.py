"""The end of a process that has done its work."""

import atexit
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import NoReturn


def leave(code: int) -> NoReturn:
    """End the process with ``code``: do what was put off to the end, and go.

    The interpreter would first take a million small objects apart, one by one: a quarter of a
    second after a snapshot, for memory that the system takes back at once.
    """
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # Who read it has gone.
            stream.flush()
    os._exit(code)


def leave_on_signals() -> threading.Event:
    """Let SIGINT and SIGTERM end the process with code 0 while it has nothing to lose yet.

    Returns
    -------
    threading.Event
        Set by a signal, for where the end that it raises is swallowed.
    """
    asked = threading.Event()

    def ended(_: int, __: FrameType | None) -> None:
        asked.set()
        raise SystemExit(0)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ended)
    sys.unraisablehook = _quiet_once(asked, sys.unraisablehook)
    return asked


def _quiet_once(
    asked: threading.Event, tell: Callable[["sys.UnraisableHookArgs"], object]
) -> Callable[["sys.UnraisableHookArgs"], None]:
    """Return a hook that tells of no end that was asked for and raised where nothing can end."""

    def hook(what: "sys.UnraisableHookArgs") -> None:
        if not (asked.is_set() and what.exc_type is SystemExit):
            tell(what)

    return hook
