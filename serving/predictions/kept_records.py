"""Records as they were sent, kept so that a stored score, which never changes, is told once."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple

MOST_BYTES: Final = 24_000_000
"""About 2,500 records with all their reasons."""

SECONDS: Final = 600.0
"""Nothing is kept for longer, so that who is erased leaves this memory as well."""


class Told(NamedTuple):
    """What decides every byte of a stored score's record under one model in service.

    Attributes
    ----------
    before_id : str or None
        The score it is told against.
    most : int or None
        So many drivers are named at most.
    """

    score_id: str
    before_id: str | None
    most: int | None


class KeptRecords:
    """Records by what decides them, those asked for last.

    Parameters
    ----------
    most_bytes : int
    clock : callable
        Seconds that only grow.
    """

    def __init__(
        self, most_bytes: int = MOST_BYTES, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most, self._clock = most_bytes, clock
        self._kept: OrderedDict[Told, bytes] = OrderedDict()
        self._of: object = None
        self._size, self._began = 0, 0.0
        self._changing = threading.Lock()

    def get(self, bundle: object, told: Told) -> bytes | None:
        """Return the record, where it is kept and ``bundle`` is the one that told it."""
        with self._changing:
            if bundle is not self._of or self._clock() - self._began >= SECONDS:
                self._clear(bundle)
            found = self._kept.get(told)
            if found is not None:
                self._kept.move_to_end(told)
            return found

    def put(self, bundle: object, told: Told, record: bytes) -> None:
        """Keep a record that ``bundle`` told, in place of those not asked for the longest."""
        with self._changing:
            if bundle is not self._of:
                self._clear(bundle)
            self._size += len(record) - len(self._kept.pop(told, b""))
            self._kept[told] = record
            while self._size > self._most:
                self._size -= len(self._kept.popitem(last=False)[1])

    def _clear(self, bundle: object) -> None:
        self._kept.clear()
        self._of, self._size, self._began = bundle, 0, self._clock()
