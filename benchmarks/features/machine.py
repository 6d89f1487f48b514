"""What the measurements were made on, and whether it was quiet."""

import os
import platform
import time
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Any

QUIET = 0.5
"""Load average of the last minute up to which the machine counts as quiet."""


def facts() -> dict[str, Any]:
    """Return the machine and the versions of what is compared."""
    packages = ("duckdb", "ibis-framework", "polars", "pandas", "numpy", "pyarrow")
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(memory_mb() / 1000, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "versions": {name: metadata.version(name) for name in packages},
        "load_at_start": round(os.getloadavg()[0], 2),
    }


def today() -> str:
    """Return the day of the measurement."""
    return date.today().isoformat()


def memory_mb() -> float:
    """Return the machine's memory in 10^6 bytes."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e6


def wait_until_quiet(at_most_s: float) -> bool:
    """Wait for other work to end; return whether the machine is quiet."""
    until = time.monotonic() + at_most_s
    while os.getloadavg()[0] > QUIET:
        if time.monotonic() >= until:
            return False
        time.sleep(5)
    return True


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
