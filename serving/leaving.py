"""The end of a process that has done its work."""

import atexit
import os
import sys
from contextlib import suppress
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
