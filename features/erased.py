"""Whom to leave out for ever: keyed hashes of the accounts that were erased.

``<workspace>/erased.json`` holds the hashes, never an id. The key lies in
``<workspace>/erasure.key``, readable by its owner alone, or comes from the environment
(``KENSHIN_ERASURE_KEY``); without it the hashes tell nothing, with it an id can only be tried. A
source that still holds an erased account is read as if it did not.
"""

import fcntl
import hashlib
import hmac
import json
import os
import secrets
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from features.errors import NotReadyError, SettingsError
from features.settings import Settings

KEY_VARIABLE = "KENSHIN_ERASURE_KEY"
SHORTEST_KEY = 16
_MARK = "kenshin: the key that these subjects were hashed with"
_IDS = ("account_id", "account_external_id")
_HELD = threading.local()
"""Workspaces that this thread keeps others from erasing in."""


@dataclass(frozen=True)
class Erased:
    """The accounts that were erased, recognised by whoever has the key.

    Attributes
    ----------
    subjects : frozenset of str
        Keyed hashes, see `of`.
    snapshots : mapping of str to str
        Snapshot that had an erased account → the one without it that took its place.
    """

    key: bytes
    subjects: frozenset[str] = frozenset()
    snapshots: Mapping[str, str] = field(default_factory=dict)

    def of(self, account_id: str) -> str:
        """Return the keyed hash of an account: HMAC-SHA256, hexadecimal."""
        return hmac.new(self.key, account_id.encode(), hashlib.sha256).hexdigest()

    def among(self, accounts: Iterable[str | None]) -> frozenset[str]:
        """Return which of ``accounts`` were erased."""
        if not self.subjects:
            return frozenset()
        return frozenset(a for a in accounts if a is not None and self.of(a) in self.subjects)

    def out_of(self, content: Any) -> Any:  # noqa: ANN401
        """Return a JSON document without the entries about erased accounts, by their id."""
        if isinstance(content, Mapping):
            return {key: self.out_of(value) for key, value in content.items()}
        if isinstance(content, list):
            return [self.out_of(one) for one in content if not self._is_about(one)]
        return content

    def _is_about(self, one: object) -> bool:
        return isinstance(one, Mapping) and bool(self.among(one.get(key) for key in _IDS))

    def successor(self, snapshot_id: str) -> str:
        """Return the snapshot that holds today what is left of ``snapshot_id``."""
        while snapshot_id in self.snapshots:
            snapshot_id = self.snapshots[snapshot_id]
        return snapshot_id


def read(settings: Settings, environ: Mapping[str, str] = os.environ) -> Erased:
    """Return who was erased; nobody where nothing was.

    Raises
    ------
    NotReadyError
        Where accounts were erased and the key they were hashed with is not the one given: they
        would come back.
    """
    said = _said(settings)
    if not said:
        return Erased(b"")
    key = _key(settings, environ)
    if key is None or said["mark"] != _mark(key):
        raise NotReadyError(
            f"the key of the {len(said['subjects'])} erased accounts",
            "none" if key is None else "another key",
            f"Bring back {key_file(settings)}, or set {KEY_VARIABLE} as it was; without it erased "
            "accounts would come back.",
        )
    return Erased(key, frozenset(said["subjects"]), said["snapshots"])


def held_in(settings: Settings, snapshot_id: str) -> str:
    """Return the snapshot that holds today what is left of ``snapshot_id``; needs no key."""
    said = _said(settings)
    return Erased(b"", snapshots=said.get("snapshots", {})).successor(snapshot_id)


def ready(settings: Settings, environ: Mapping[str, str] = os.environ) -> Erased:
    """Return who was erased, with a key to hash the next one; one is made where there is none."""
    there = read(settings, environ)
    if there.key:
        return there
    key = _key(settings, environ)
    return Erased(_made(settings) if key is None else key)


@contextmanager
def changing(settings: Settings, *, wait: bool = True) -> Iterator[None]:
    """Let nobody else erase while the block runs, in this process or another.

    What writes something about accounts that it read before looks inside such a block who was
    erased meanwhile, leaves them out, and makes it visible there. A block inside a block waits for
    nothing.

    Parameters
    ----------
    wait : bool
        Whether to wait for whoever is at it, which can be minutes: a request may not.

    Raises
    ------
    NotReadyError
        Where somebody else is at it and ``wait`` is False.

    Notes
    -----
    Of two erasures at once the later one would otherwise write the hashes that it had read before
    the earlier one's, and that account would come back. The system frees a dead process's lock.
    """
    held: set[Path] = _HELD.__dict__.setdefault("workspaces", set())
    workspace = settings.workspace.resolve()
    if workspace in held:
        yield
        return
    with _locked(workspace, wait=wait):
        held.add(workspace)
        try:
            yield
        finally:
            held.discard(workspace)


@contextmanager
def _locked(workspace: Path, *, wait: bool) -> Iterator[None]:
    workspace.mkdir(parents=True, exist_ok=True)
    with (workspace / ".erasing").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise NotReadyError(
                "nobody else erasing, exporting or scoring at this moment",
                "somebody who is",
                "Ask again in a minute.",
            ) from None
        yield


def require_unchanged(settings: Settings, noted: Erased) -> None:
    """Refuse to go on with what was read while ``noted`` were all who had been erased.

    Raises
    ------
    NotReadyError
        Where more have been erased since.
    """
    if read(settings).subjects != noted.subjects:
        raise NotReadyError(
            "nobody erased while the tables are being read",
            "somebody who was",
            "Nothing of this reading was kept. Run it again.",
        )


def keep(settings: Settings, erased: Erased) -> None:
    """Write who was erased; an interrupted write leaves the old file."""
    said = {
        "mark": _mark(erased.key),
        "subjects": sorted(erased.subjects),
        "snapshots": dict(sorted(erased.snapshots.items())),
    }
    file = erased_file(settings)
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f".{file.name}.{os.getpid()}")
    with partial.open("w", encoding="utf-8") as opened:
        opened.write(json.dumps(said, indent=1) + "\n")
        opened.flush()
        os.fsync(opened.fileno())
    partial.replace(file)


def erased_file(settings: Settings) -> Path:
    """Return where the hashes are kept."""
    return settings.workspace / "erased.json"


def key_file(settings: Settings) -> Path:
    """Return where the key is kept, unless it comes from the environment."""
    return settings.workspace / "erasure.key"


def _said(settings: Settings) -> dict[str, Any]:
    try:
        said: dict[str, Any] = json.loads(erased_file(settings).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return said


def _key(settings: Settings, environ: Mapping[str, str]) -> bytes | None:
    given = environ.get(KEY_VARIABLE)
    if given is not None:
        if len(given) < SHORTEST_KEY:
            raise SettingsError(
                f"at least {SHORTEST_KEY} characters in {KEY_VARIABLE}",
                f"{len(given)}",
                "Set a long random text, once and for ever.",
            )
        return given.encode()
    try:
        return key_file(settings).read_bytes().strip()
    except FileNotFoundError:
        return None


def _made(settings: Settings) -> bytes:
    """Write a new key; of two processes at it, both go by the first one's."""
    file = key_file(settings)
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(secrets.token_hex(32).encode() + b"\n")
        opened.flush()
        os.fsync(opened.fileno())
    try:
        os.link(partial, file)  # whole at once: nobody reads half a key
    except FileExistsError:
        pass
    finally:
        partial.unlink()
    return file.read_bytes().strip()


def _mark(key: bytes) -> str:
    return hmac.new(key, _MARK.encode(), hashlib.sha256).hexdigest()
