"""For how long the machine stops a process that wants nothing but a processor.

``python -m benchmarks.serving.stalls --seconds S`` looks at the clock without a pause in one
process a processor, and prints JSON of the gaps it saw there. Nothing a server does shortens them,
so they bound from below what any server's slowest requests take on this machine.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from statistics import median

SHORTEST_MS = 1.0
"""A gap shorter than this is no stall: a request that meets it is not among the slow ones."""


def watched(until: float, clock: Callable[[], float] = time.monotonic) -> list[float]:
    """Return the gaps, in ms, between looks at the ``clock`` until the instant ``until``."""
    found: list[float] = []
    last = clock()
    while last < until:
        now = clock()
        gap = 1000 * (now - last)
        if gap >= SHORTEST_MS:
            found.append(gap)
        last = now
    return found


def seen(seconds: float, processors: int) -> dict[str, float]:
    """Return what is seen on all processors at once.

    Returns
    -------
    dict
        ``per_second`` of one processor, ``median_ms`` and ``longest_ms`` (0 without a gap), and
        ``share`` of the time in [0, 1].
    """
    with ProcessPoolExecutor(processors) as pool:
        list(pool.map(abs, range(processors)))  # started, before the time runs
        until = time.monotonic() + seconds
        found = [gap for one in pool.map(watched, [until] * processors) for gap in one]
    return summary(found, seconds, processors)


def summary(found: list[float], seconds: float, processors: int) -> dict[str, float]:
    """Return what `seen` returns of the gaps ``found`` (ms) on all processors together."""
    watched_s = seconds * processors
    return {
        "seconds": seconds,
        "processors": processors,
        "per_second": len(found) / watched_s,
        "median_ms": median(found) if found else 0.0,
        "longest_ms": max(found, default=0.0),
        "share": sum(found) / 1000 / watched_s,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    given = parser.parse_args()
    json.dump(seen(given.seconds, len(os.sched_getaffinity(0))), sys.stdout)


if __name__ == "__main__":
    main()
