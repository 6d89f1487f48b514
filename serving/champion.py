"""The model that serves: loaded once, verified, swapped in one assignment when another is crowned.

A request takes ``current`` once and keeps that reference, so it is answered by one model even when
another takes over half way.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from features.clock import utc_now
from features.errors import (
    DamagedBundleError,
    KenshinError,
    NoSignalError,
    NotFoundError,
    NotReadyError,
)
from features.settings import Settings
from serving.attempt import Attempt
from serving.crowned_files import FilesState, files_state
from serving.earlier import Earlier
from serving.lean import settle
from training import bundle as shipping
from training.bundle import Bundle, Opened

RETRY_SECONDS: Final = 60.0
"""A refused bundle is tried again so often, even where none of its files has changed."""

log = logging.getLogger("kenshin.champion")

Probe = Callable[[Opened, str, threading.Event], None]
"""See `serving.probe.survived`."""


class GoneBundleError(NotFoundError):
    """The bundle that issued a score is no longer in the workspace."""

    status = 503
    slug = "gone-bundle"
    title = "The model that issued the score is gone"


@dataclass(frozen=True)
class Refusal:
    """A candidate that was not put in service.

    Attributes
    ----------
    version : str or None
        None where not even its name could be read.
    reason : str
        What was expected, what was found, what to do.
    at : datetime
        Naive UTC.
    """

    version: str | None
    reason: str
    at: datetime


class Champion:
    """The bundle in service and the reason when there is none.

    Parameters
    ----------
    settings : Settings
        Of the company; the champion is looked for in its workspace.
    probe : callable, optional
        Tries a bundle elsewhere before it is loaded here; default: it is loaded here at once.
    clock : callable
        Gives naive UTC.

    Attributes
    ----------
    refused : Refusal or None
        The candidate that should serve and does not, as long as that is so.
    swaps, refusals : int
        How often another model was put in service, and how often one was refused.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        probe: Probe | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._settings, self._probe, self._clock = settings, probe, clock
        self._serving: Bundle | KenshinError = NotReadyError(
            "a loaded model", "none yet", "Wait a moment and try again."
        )
        self.refused: Refusal | None = None
        self.swaps = self.refusals = 0
        self._seen: FilesState | None = None
        self._retry_at = 0.0
        self._loading = threading.Lock()
        self._survived: set[str] = set()
        self._attempt = Attempt(shipping.bundles(settings))
        self._earlier = Earlier(self._load)
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
        return self._earlier.of(version)

    def refresh(self) -> bool:
        """Look whether another champion was crowned; return whether another one serves now.

        A new bundle that is damaged or absent is refused and logged; the one in service stays.
        """
        with self._loading:
            seen = files_state(self._settings)
            if seen == self._seen and not (self.refused and time.monotonic() >= self._retry_at):
                return False
            self._seen, self._retry_at = seen, time.monotonic() + RETRY_SECONDS
            return self._replace(self._found())

    def _found(self) -> Bundle | KenshinError:
        """Return the bundle that should serve, or why it cannot."""
        try:
            shipping.check_signal(self._settings)
            version = shipping.crowned_version(self._settings)
            return self._unless_serving(version)
        except KenshinError as error:
            return error
        except shipping.UNREADABLE as error:
            return DamagedBundleError(
                "a readable champion.json",
                type(error).__name__,
                "Run `kenshin train`; `kenshin models` lists what there is.",
            )

    def _unless_serving(self, version: str) -> Bundle:
        """Return the bundle of ``version``, the one in service where it is that very one."""
        opened, serving = self._opened(version), self._serving
        if not isinstance(serving, KenshinError) and serving.manifest.get("seal") == opened.seal:
            return serving
        return self._tried(opened, version)

    def _load(self, version: str) -> Bundle:
        return self._tried(self._opened(version), version)

    def _opened(self, version: str) -> Opened:
        """Return the checked bytes of ``version``; no library has read any of them yet."""
        folder = shipping.folder_of(self._settings, version)
        if not (folder / "manifest.json").exists():
            raise GoneBundleError(
                f"bundle {version} in the workspace",
                "it is no longer there",
                "Restore it, or run `kenshin train` and `kenshin score`.",
            )
        return shipping.opened(folder, version=version)

    def _tried(self, opened: Opened, version: str) -> Bundle:
        """Return the bundle of checked bytes; where much is at stake, another process tries first.

        That is where a model serves already, or where the last process that loaded these bytes did
        not live to tell. A start is otherwise not held up.
        """
        at_stake = not isinstance(self._serving, KenshinError)
        is_known = opened.seal in self._survived
        if self._probe and not is_known and (at_stake or self._attempt.is_unfinished(opened.seal)):
            self._probe(opened, version, self._stopping)
        with self._attempt.at(opened.seal):
            bundle = shipping.parsed(opened)
        self._survived.add(opened.seal)
        return bundle

    def _replace(self, found: Bundle | KenshinError) -> bool:
        """Put ``found`` in service unless it is a failure and a model is in service."""
        if not isinstance(found, KenshinError):
            self.refused = None
        elif isinstance(found, NoSignalError):
            log.warning("no model is in service: %s", found)
            self.refused = None
        elif not self._is_empty(found):
            self._refuse(found)
            found = self._instead_of(found)
        if found is self._serving:
            return False
        if not isinstance(found, KenshinError):
            log.info("model %s is in service", found.version)
            self.swaps += 1
        self._serving = found
        return True

    def _is_empty(self, found: KenshinError) -> bool:
        """Whether nothing serves because nothing has been trained yet."""
        return isinstance(found, NotReadyError) and isinstance(self._serving, KenshinError)

    def _refuse(self, error: KenshinError) -> None:
        """Keep, count and log that the candidate was refused, once for each reason."""
        refusal = Refusal(shipping.readable_version(self._settings), str(error), self._clock())
        known = self.refused
        if self._stopping.is_set() or (
            known and (known.version, known.reason) == (refusal.version, refusal.reason)
        ):
            return
        self.refused = refusal
        self.refusals += 1
        serving = self._serving
        stays = "no model" if isinstance(serving, KenshinError) else f"model {serving.version}"
        log.error("refused, %s stays in service: %s", stays, error)

    def _instead_of(self, refused: KenshinError) -> Bundle | KenshinError:
        """Return what serves in place of a refused candidate.

        That is what serves already; a server that has just started takes the latest version that
        served before and is whole.
        """
        if not isinstance(self._serving, KenshinError):
            return self._serving
        for version in shipping.readable_before(self._settings):
            try:
                return self._load(version)
            except KenshinError as error:
                log.error("model %s cannot serve in its place: %s", version, error)
        return refused

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
                if self.refresh():
                    settle()
            except Exception:
                log.exception("looking for a new champion failed; the one in service stays")

    def stop(self) -> None:
        """Stop watching."""
        self._stopping.set()
        if self._watcher is not None:
            self._watcher.join(timeout=10)
