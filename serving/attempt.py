"""A note beside the bundles of which one is being loaded; it outlives a process that does not."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

NAME = ".loading"


class Attempt:
    """The loading that a process is at, or the one that another process never ended.

    Parameters
    ----------
    folder : Path
        Where the bundles are. Where it cannot be written to, nothing is noted.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME

    def is_unfinished(self, seal: str) -> bool:
        """Return whether some process began to load the bundle of that seal and did not end."""
        try:
            return self._path.read_text(encoding="utf-8") == seal
        except (OSError, ValueError):
            return False

    @contextmanager
    def at(self, seal: str) -> Iterator[None]:
        """Note that the bundle of that seal is being loaded until the block ends, well or not."""
        with suppress(OSError):
            self._path.write_text(seal, encoding="utf-8")
        try:
            yield
        finally:
            with suppress(OSError):
                self._path.unlink()
