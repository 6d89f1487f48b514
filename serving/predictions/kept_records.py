"""Records as they were sent, kept so that a stored score, which never changes, is told once."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from serving.plays import Play

if TYPE_CHECKING:
    from training.bundle import Bundle

MOST_BYTES: Final = 24_000_000
"""About 2,500 records with all their reasons."""

SECONDS: Final = 600.0
"""Nothing is kept for longer, so that who is erased leaves this memory as well."""


class Sources(NamedTuple):
    """What all records are made from that may be another one later."""

    bundle: "Bundle"
    plays: tuple[Play, ...]


class Told(NamedTuple):
    """What decides every byte of a stored score's record that is made from the same sources.

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
        self._of: Sources | None = None
        self._size, self._began = 0, 0.0
        self._changing = threading.Lock()

    def get(self, of: Sources, told: Told) -> bytes | None:
        """Return the record, where it is kept and was made from these very sources."""
        with self._changing:
            if not self._is_from(of) or self._clock() - self._began >= SECONDS:
                self._clear(of)
            found = self._kept.get(told)
            if found is not None:
                self._kept.move_to_end(told)
            return found

    def put(self, of: Sources, told: Told, record: bytes) -> None:
        """Keep a record made from ``of``, in place of those not asked for the longest."""
        with self._changing:
            if not self._is_from(of):
                self._clear(of)
            self._size += len(record) - len(self._kept.pop(told, b""))
            self._kept[told] = record
            while self._size > self._most:
                self._size -= len(self._kept.popitem(last=False)[1])

    def _is_from(self, of: Sources) -> bool:
        kept = self._of  # by identity: a bundle holds arrays, which cannot be compared
        return kept is not None and kept.bundle is of.bundle and kept.plays is of.plays

    def _clear(self, of: Sources) -> None:
        self._kept.clear()
        self._of, self._size, self._began = of, 0, self._clock()
