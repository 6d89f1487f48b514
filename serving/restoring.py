"""Putting a verified backup in place, without ever deleting what is there."""

import shutil
import tempfile
from datetime import datetime
from pathlib import Path

from features.settings import Settings, load_settings
from serving.backup import (
    RUNS,
    SETTINGS,
    STORE,
    WORKSPACE,
    BackupError,
    runs_folder,
    sqlite_file,
    verified,
)


def restore(folder: Path, into: Path, now: datetime, *, force: bool = False) -> Path | None:
    """Put a verified backup in place below ``into``; return where what was there lies now.

    Parameters
    ----------
    force : bool
        Move what is in the way to ``before-restore-…`` instead of refusing.

    Raises
    ------
    BackupError, DamagedBackupError
        Where the backup cannot be used, its settings lead out of ``into``, or something is in the
        way; then nothing has changed.
    """
    verified(folder)
    settings = load_settings(folder / SETTINGS)
    places = _places(settings, folder, into.resolve())
    taken = [place for place in places.values() if _occupied(place)]
    if taken and not force:
        raise BackupError(
            "nothing where the backup goes",
            str(taken[0]),
            "Stop the server and say --force: what is there is moved aside, not deleted.",
        )
    into.mkdir(parents=True, exist_ok=True)
    aside = into.resolve() / f"before-restore-{now:%Y%m%dT%H%M%S}" if taken else None
    staging = Path(tempfile.mkdtemp(prefix=".restoring-", dir=into))
    try:
        for name in places:
            _copy(folder / name, staging / name)
        for name, place in places.items():
            _put(staging / name, place, aside)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return aside


def _places(settings: Settings, folder: Path, into: Path) -> dict[str, Path]:
    """Return each part that the backup has → where it goes."""
    inside = settings.model_copy(update={"root": into})
    store, runs = sqlite_file(inside), runs_folder(inside)
    places = {SETTINGS: into / SETTINGS, WORKSPACE: inside.workspace}
    if (folder / STORE).exists():
        if store is None:
            raise BackupError(
                "settings whose store is a SQLite file",
                "a store in PostgreSQL",
                "The backup holds a SQLite store: unset KENSHIN_STORE__URL.",
            )
        places[STORE] = store
    if (folder / RUNS).exists() and runs is not None:
        places[RUNS] = runs
    found = {name: place for name, place in places.items() if (folder / name).exists()}
    for name, place in found.items():
        _require_inside(name, place, into)
    return found


def _require_inside(name: str, place: Path, into: Path) -> None:
    """Refuse settings that lead out of ``into``: there may lie what is in service now."""
    if not place.resolve().is_relative_to(into):
        raise BackupError(
            f"settings in the backup that keep everything below {into}",
            f"a place of {name} outside it: {place}",
            f"{_ELSEWHERE[name]} for this command to a place below it, and move the part yourself "
            "if it has to lie elsewhere.",
        )


_ELSEWHERE = {
    STORE: "Set KENSHIN_STORE__URL=sqlite:////…",
    WORKSPACE: "Set KENSHIN_WORKSPACE_FOLDER",
    RUNS: "Set KENSHIN_MLFLOW__FOLDER",
}


def _occupied(place: Path) -> bool:
    if place.is_dir():
        return any(path.name != ".gitkeep" for path in place.iterdir())
    return place.exists()


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy(source, target)


def _put(source: Path, place: Path, aside: Path | None) -> None:
    """Move a part into place; what is there, and a database's log beside it, goes aside."""
    place.parent.mkdir(parents=True, exist_ok=True)
    for there in (place, *(place.with_name(f"{place.name}-{log}") for log in ("wal", "shm"))):
        if aside is not None and there.exists():
            aside.mkdir(exist_ok=True)
            there.replace(aside / there.name)
    if place.is_dir():
        shutil.rmtree(place)  # empty but for .gitkeep, or it had gone aside
    shutil.move(source, place)
