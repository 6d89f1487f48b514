"""The model that serves: loaded once, verified, swapped in one assignment when another is crowned.

A request takes ``current`` once and keeps that reference, so it is answered by one model even when
another takes over half way.
"""

import logging
import threading
from collections import OrderedDict

from features.errors import (
    DamagedBundleError,
    KenshinError,
    NoSignalError,
    NotFoundError,
    NotReadyError,
)
from features.settings import Settings
from training import bundle as shipping
from training.bundle import Bundle

KEPT = 4
"""So many earlier bundles stay loaded to explain scores that they issued."""

log = logging.getLogger("kenshin.champion")

_Signature = tuple[tuple[int, int, int] | None, ...]


class GoneBundleError(NotFoundError):
    """The bundle that issued a score is no longer in the workspace."""

    status = 503
    slug = "gone-bundle"
    title = "The model that issued the score is gone"


class Champion:
    """The bundle in service and the reason when there is none.

    Parameters
    ----------
    settings : Settings
        Of the company; the champion is looked for in its workspace.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._serving: Bundle | KenshinError = NotReadyError(
            "a loaded model", "none yet", "Wait a moment and try again."
        )
        self._signature: _Signature | None = None
        self._loading = threading.Lock()
        self._earlier: OrderedDict[str, Bundle] = OrderedDict()
        self._stopping = threading.Event()
        self._watcher: threading.Thread | None = None
        self.refresh()

    @property
    def current(self) -> Bundle:
        """The bundle in service.

        Raises
        ------
        NoSignalError
            Where the last training found no usable signal.
        NotReadyError
            Where nothing has been trained.
        DamagedBundleError
            Where the only bundle there ever was in this process is damaged.
        """
        serving = self._serving
        if isinstance(serving, KenshinError):
            raise type(serving)(serving.expected, serving.found, serving.fix)
        return serving

    def bundle_of(self, version: str) -> Bundle:
        """Return the bundle that issued a score, the champion or an earlier one.

        Raises
        ------
        GoneBundleError
            Where that version is no longer in the workspace.
        DamagedBundleError
            Where its bytes have changed.
        """
        serving = self._serving
        if not isinstance(serving, KenshinError) and serving.version == version:
            return serving
        with self._loading:
            if version not in self._earlier:
                self._earlier[version] = self._load(version)
            self._earlier.move_to_end(version)
            while len(self._earlier) > KEPT:
                self._earlier.popitem(last=False)
            return self._earlier[version]

    def _load(self, version: str) -> Bundle:
        folder = shipping.bundles(self._settings) / version
        if not (folder / "manifest.json").exists():
            raise GoneBundleError(
                f"bundle {version}, which issued this score",
                "it is no longer in the workspace",
                "Restore it, or run `kenshin score` for new scores.",
            )
        return shipping.load_bundle(folder)

    def refresh(self) -> bool:
        """Look whether another champion was crowned; return whether something changed.

        A new bundle that is damaged or absent is refused and logged; the one in service stays.
        """
        with self._loading:
            signature = self._now()
            if signature == self._signature:
                return False
            try:
                found: Bundle | KenshinError = shipping.champion(self._settings)
            except KenshinError as error:
                found = error
            except (OSError, ValueError, KeyError, TypeError) as error:
                found = DamagedBundleError(
                    "a readable champion.json",
                    type(error).__name__,
                    "Run `kenshin train`; `kenshin models` lists what there is.",
                )
            self._signature = signature
            return self._replace(found)

    def _replace(self, found: Bundle | KenshinError) -> bool:
        """Put ``found`` in service unless it is a failure and a model is in service."""
        if not isinstance(found, KenshinError):
            log.info("model %s is in service", found.version)
        elif isinstance(found, NoSignalError):
            log.warning("no model is in service: %s", found)
        elif not isinstance(self._serving, KenshinError):
            log.error("refused, model %s stays in service: %s", self._serving.version, found)
            return False
        self._serving = found
        return True

    def _now(self) -> _Signature:
        """Return what tells one state of the two small files from the next."""
        folder = shipping.bundles(self._settings)
        found: list[tuple[int, int, int] | None] = []
        for name in ("champion.json", "verdict.json"):
            try:
                state = (folder / name).stat()
            except FileNotFoundError:
                found.append(None)
            else:
                found.append((state.st_mtime_ns, state.st_ino, state.st_size))
        return tuple(found)

    def watch(self, seconds: float = 1.0) -> None:
        """Refresh every so many seconds, in a thread of its own, until `stop`."""
        self._stopping.clear()
        self._watcher = threading.Thread(
            target=self._refresh_until_stopped, args=(seconds,), name="champion", daemon=True
        )
        self._watcher.start()

    def _refresh_until_stopped(self, seconds: float) -> None:
        while not self._stopping.wait(seconds):
            try:
                self.refresh()
            except Exception:
                log.exception("looking for a new champion failed; the one in service stays")

    def stop(self) -> None:
        """Stop watching."""
        self._stopping.set()
        if self._watcher is not None:
            self._watcher.join(timeout=10)
