"""The folder of segments: which of them count, changed in one step, by one process at a time."""

import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from features.digests.segment import Segment, load

UNUSED_SECONDS = 24 * 60 * 60
"""So long a segment that no longer counts is kept for those who may still be reading it."""


@dataclass(frozen=True)
class Shelf:
    """The segments that count, with the files in them that no longer do.

    Attributes
    ----------
    segments : tuple of Segment
    gone : dict of str to list of int
        Segment name → numbers of the files whose rows no longer count.
    """

    folder: Path
    segments: tuple[Segment, ...] = ()
    gone: dict[str, list[int]] = field(default_factory=dict)

    def save(self) -> None:
        """Make this the state that counts, in one step."""
        said = {"segments": [s.name for s in self.segments], "gone": self.gone}
        unfinished = self.folder / f".state-{os.getpid()}"
        with unfinished.open("w", encoding="utf-8") as file:
            json.dump(said, file)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self.folder / "state.json")

    def sweep(self) -> None:
        """Remove what no longer counts and what a dead process left; only under `locked`."""
        counting = {segment.name for segment in self.segments}
        for path in self.folder.iterdir():
            if path.is_dir() and path.name not in counting and _unused(path):
                shutil.rmtree(path, ignore_errors=True)
        for state in self.folder.parent.glob("*/state.json"):
            # Of other settings, or of an earlier version.
            if state.parent != self.folder and _age(state) > UNUSED_SECONDS:
                shutil.rmtree(state.parent, ignore_errors=True)

    def clear(self) -> None:
        """Remove everything that is stored; the next reading digests all files. Under `locked`."""
        (self.folder / "state.json").unlink(missing_ok=True)
        for path in self.folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)

    def names(self) -> Iterable[str]:
        """Return the names of all events that occur."""
        return {name for segment in self.segments for name in segment.events}


def opened(folder: Path) -> Shelf:
    """Return the shelf as it is; an empty one where there is none or it cannot be read."""
    try:
        said = json.loads((folder / "state.json").read_text(encoding="utf-8"))
        segments = tuple(load(folder / name) for name in said["segments"])
        return Shelf(folder, segments, said["gone"])
    except (OSError, ValueError, KeyError, TypeError):
        return Shelf(folder)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Let nobody else change the shelf while the block runs; the system frees a dead one's lock."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _unused(path: Path) -> bool:
    # Who holds the lock is alone: an unfinished segment is a dead process's.
    if path.name.startswith(".unfinished-"):
        return True
    return _age(path) > UNUSED_SECONDS


def _age(path: Path) -> float:
    return time.time() - path.stat().st_mtime
