"""What tells one state of the files a champion is made of from the next."""

from pathlib import Path

from features.errors import KenshinError
from features.settings import Settings
from training import bundle as shipping

FilesState = tuple[object, ...]
"""Equal where nothing has changed."""


def files_state(settings: Settings) -> FilesState:
    """Return the state of the files that say what should serve, without reading a bundle.

    The files of the bundle that should serve count as well, so that mending them is noticed.
    """
    folder = shipping.bundles(settings)
    seen: FilesState = (_state(folder / "champion.json"), _state(folder / "verdict.json"))
    try:
        candidate = shipping.folder_of(settings, shipping.readable_version(settings) or "")
        return (*seen, *((path.name, _state(path)) for path in sorted(candidate.iterdir())))
    except (OSError, KenshinError):
        return seen


def _state(path: Path) -> tuple[int, ...] | None:
    """Return what changes when a file does; None where there is none."""
    try:
        state = path.lstat()
    except OSError:
        return None
    return (state.st_mtime_ns, state.st_ctime_ns, state.st_ino, state.st_size)
