"""One way in a process of its own: how long it took, how much memory and disk it needed."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MB = 1_000_000
_PAUSE_S = 0.1


@dataclass(frozen=True)
class Measured:
    """What one run needed.

    Attributes
    ----------
    seconds, cpu_seconds : float
        From start to end of the process; user and system time of all its threads.
    peak_mb : float
        Largest resident memory, in 10^6 bytes.
    spill_mb : float
        Most bytes that lay in its work folder at once, seen ten times a second.
    stopped : str
        Why it was stopped or failed; empty where it finished.
    """

    seconds: float
    cpu_seconds: float
    peak_mb: float
    spill_mb: float
    stopped: str


def measured(
    command: Sequence[str | Path], work: Path, cwd: Path, limit_s: float, limit_mb: float
) -> Measured:
    """Run ``command`` and measure it; stop it beyond ``limit_s`` or ``limit_mb``.

    This process should be a small one: on Linux a child's peak memory counts from the copy of its
    parent that it began as.
    """
    said = work / "said.txt"
    with said.open("wb") as stderr:
        started = time.perf_counter()
        process = subprocess.Popen(
            list(command), cwd=cwd, stdout=stderr, stderr=stderr, start_new_session=True
        )
        watch = _Watch(process.pid, work, limit_s, limit_mb)
        watch.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    watch.end()
    stopped = watch.stopped
    if process.returncode and not stopped:
        lines = said.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        stopped = f"failed: {lines[-1] if lines else process.returncode}"
    peak = usage.ru_maxrss * 1024 / MB
    cpu = usage.ru_utime + usage.ru_stime
    return Measured(round(seconds, 3), round(cpu, 3), round(peak, 1), watch.spill_mb, stopped)


class _Watch(threading.Thread):
    """Looks at a process and its folder, and stops it where it goes too far."""

    def __init__(self, pid: int, work: Path, limit_s: float, limit_mb: float) -> None:
        super().__init__(daemon=True)
        self.pid, self.work, self.limit_s, self.limit_mb = pid, work, limit_s, limit_mb
        self.stopped, self.spill_mb = "", 0.0
        self._ended = threading.Event()

    def run(self) -> None:
        """Look until the process ends."""
        started = time.perf_counter()
        while not self._ended.wait(_PAUSE_S):
            self.spill_mb = max(self.spill_mb, round(_bytes_under(self.work) / MB, 1))
            seconds, now = time.perf_counter() - started, _resident_mb(self.pid)
            if seconds > self.limit_s:
                self._kill(f"stopped after {self.limit_s:.0f} s")
            elif now > self.limit_mb:
                self._kill(f"stopped at {now / 1000:.1f} GB of memory after {seconds:.0f} s")

    def end(self) -> None:
        """Stop looking."""
        self._ended.set()
        self.join()

    def _kill(self, why: str) -> None:
        self.stopped = self.stopped or why
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)


def _resident_mb(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / MB


def _bytes_under(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            if path.is_file():
                total += path.stat().st_blocks * 512
        except OSError:  # Spilled files come and go.
            continue
    return total
