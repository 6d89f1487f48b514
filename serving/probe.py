"""Loading a bundle in a process of its own first.

A model whose hashes are right can still be one that LightGBM aborts on: made by hand, or by another
LightGBM. An abort cannot be caught, so it has to happen to somebody else.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Final

from features.errors import DamagedBundleError, KenshinError
from training.seal import Opened, unlike

SECONDS: Final = 60
"""A bundle that takes longer to load is refused."""

REFUSED: Final = 3
"""Exit code of a process that refused the bundle and said why."""


class UntriedBundleError(KenshinError):
    """A bundle could not be tried, so nothing is known about it."""

    status = 503
    slug = "untried-bundle"
    title = "The model could not be tried"


def survived(opened: Opened, version: str, stopping: threading.Event) -> None:
    """Return once another process has loaded the very bytes of ``opened``.

    Parameters
    ----------
    stopping : threading.Event
        Ends the other process when set.

    Raises
    ------
    DamagedBundleError
        Where the bundle is refused there, the process did not survive it, or it found other bytes.
    UntriedBundleError
        Where it took longer than `SECONDS`, or was stopped.
    """
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "serving.probe", str(opened.folder), version],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # LightGBM prints what lies beside a damaged text in memory.
        start_new_session=True,
        encoding="utf-8",
        errors="replace",  # On stdout as well.
    ) as child:
        try:
            said = _awaited(child, stopping)
        except BaseException:
            child.kill()
            raise
    seal = _verdict(opened.folder, child.returncode, said)
    if seal != opened.seal:
        raise unlike(opened.folder, "the same bytes twice", "other ones when it was tried")


def _awaited(child: "subprocess.Popen[str]", stopping: threading.Event) -> str:
    """Return what ``child`` printed until it ended."""
    until = time.monotonic() + SECONDS
    while True:
        try:
            return child.communicate(timeout=0.1)[0]
        except subprocess.TimeoutExpired:
            if stopping.is_set() or time.monotonic() > until:
                raise UntriedBundleError(
                    f"a bundle that loads within {SECONDS} seconds",
                    "a process that was stopped before it had",
                    "It is tried again.",
                ) from None


def _verdict(folder: Path, code: int, said: str) -> str:
    if code in (0, REFUSED):
        answer: Any = json.loads(said.splitlines()[-1])
        if code == 0:
            return str(answer["seal"])
        raise DamagedBundleError(answer["expected"], answer["found"], answer["fix"])
    how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    raise DamagedBundleError(
        f"bundle {folder.name} to be loadable",
        f"the process that tried it first ended with {how}",
        "Its files are as they were shipped, but this LightGBM cannot read them: train again.",
    )


def _try() -> int:
    """Load the bundle named on the command line, say its seal or what is wrong with it."""
    signal.alarm(SECONDS)  # Nobody may be left to end it.
    os.nice(5)
    from serving.lean import import_lightgbm

    import_lightgbm()
    from training.bundle import load_bundle

    try:
        bundle = load_bundle(Path(sys.argv[1]), version=sys.argv[2])
    except KenshinError as error:
        _say(expected=error.expected, found=error.found, fix=error.fix)
        return REFUSED
    _say(seal=bundle.manifest["seal"])
    return 0


def _say(**answer: str) -> None:
    sys.stdout.write("\n" + json.dumps(answer))


if __name__ == "__main__":
    from serving.leaving import leave

    leave(_try())
