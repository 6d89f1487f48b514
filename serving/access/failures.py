"""Failed sign-ins by address: after ten in five minutes there is a pause."""

import ipaddress
import threading
from collections import OrderedDict
from collections.abc import Callable
from math import ceil
from time import monotonic
from typing import Final

MOST: Final = 10
WINDOW_SECONDS: Final = 300.0
ADDRESSES: Final = 10_000
"""So many addresses are remembered; the longest silent is forgotten first."""


class Failures:
    """Counts in memory; a key has 256 random bits, so this spares the log and the store."""

    def __init__(self, ticks: Callable[[], float] = monotonic) -> None:
        self._ticks = ticks
        self._seen: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._lock = threading.Lock()

    def pause(self, address: str) -> int:
        """Return the seconds that ``address`` has to wait; 0: it may try."""
        count, began = self._seen.get(_network(address), (0, 0.0))
        left = began + WINDOW_SECONDS - self._ticks()
        return ceil(left) if count >= MOST and left > 0 else 0

    def note(self, address: str) -> None:
        """Count one failed try."""
        name, now = _network(address), self._ticks()
        with self._lock:
            count, began = self._seen.pop(name, (0, now))
            if now - began >= WINDOW_SECONDS:
                count, began = 0, now
            self._seen[name] = count + 1, began
            if len(self._seen) > ADDRESSES:
                self._seen.popitem(last=False)


def _network(address: str) -> str:
    """Return what one caller has: an address of version 4, half of one of version 6."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return address
    return str(ipaddress.ip_network((found, 64), strict=False))
