"""Bundles that issued scores once and no longer serve: loaded when they are asked for."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final

from features.errors import KenshinError
from training.bundle import Bundle

KEPT: Final = 4
"""So many of them stay loaded."""

AGAIN_AFTER: Final = 10.0
"""Seconds for which one that could not be loaded is not tried again."""


class Earlier:
    """Loaded bundles by version; whoever asks for one that is being loaded waits for it.

    Parameters
    ----------
    load : callable
        Returns the bundle of a version; raises `KenshinError` where it cannot be used.
    """

    def __init__(self, load: Callable[[str], Bundle]) -> None:
        self._load = load
        self._guard = threading.Lock()
        self._kept: OrderedDict[str, Bundle] = OrderedDict()
        self._coming: dict[str, Future[Bundle]] = {}
        self._failed: dict[str, tuple[float, KenshinError]] = {}

    def of(self, version: str) -> Bundle:
        """Return the bundle of ``version``.

        Raises
        ------
        KenshinError
            What ``load`` raised, now or a moment ago.
        """
        with self._guard:
            if version in self._kept:
                self._kept.move_to_end(version)
                return self._kept[version]
            until, error = self._failed.get(version, (0.0, None))
            if error is not None and time.monotonic() < until:
                raise type(error)(error.expected, error.found, error.fix)
            coming = self._coming.get(version)
            if coming is None:
                self._coming[version] = mine = Future[Bundle]()
        return coming.result() if coming is not None else self._loaded(version, mine)

    def _loaded(self, version: str, mine: "Future[Bundle]") -> Bundle:
        """Load one bundle for all who wait for it."""
        try:
            bundle = self._load(version)
        except BaseException as error:
            with self._guard:
                del self._coming[version]
                if isinstance(error, KenshinError):
                    self._failed[version] = (time.monotonic() + AGAIN_AFTER, error)
            mine.set_exception(error)
            raise
        with self._guard:
            del self._coming[version]
            self._failed.pop(version, None)
            self._kept[version] = bundle
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        mine.set_result(bundle)
        return bundle
