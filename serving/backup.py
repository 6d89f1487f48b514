"""A copy of everything a company cannot make again: scores, models, snapshots, runs, settings.

The store is copied first, by SQLite's own online backup: every model that issued a score in the
copy was written before that score, so the files copied after it hold it. A store in PostgreSQL is
left to ``pg_dump``, for the same reason before this.
"""

import hashlib
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from features.errors import KenshinError, NotFoundError
from features.settings import Settings
from training import bundle as shipping
from training.seal import write_json

Json = dict[str, Any]

SETTINGS, STORE, WORKSPACE, RUNS, LIST = (
    "kenshin.toml", "store.db", "workspace", "mlruns", "backup.json",
)  # fmt: skip
"""What a backup is made of."""

_LEFT_OUT: Final = frozenset(("cache", "digests", "locks"))
"""Folders of the workspace that are made again from the tables."""


class BackupError(KenshinError):
    """A backup cannot be written, or is not what was written."""

    slug = "backup"
    title = "The backup cannot be used"


class DamagedBackupError(BackupError):
    """A backup's bytes are not those that were written."""

    exit_code = 1
    slug = "damaged-backup"
    title = "The backup is damaged"


@dataclass(frozen=True)
class Backup:
    """What a folder holds.

    Attributes
    ----------
    made_at : datetime
        Naive UTC.
    scores : int or None
        Scores in the copy of the store; None where the store is in PostgreSQL.
    champion : str or None
        The model in service.
    """

    folder: Path
    made_at: datetime
    files: int
    bytes: int
    scores: int | None
    champion: str | None


def back_up(
    settings: Settings, file: Path, folder: Path, now: datetime, *, force: bool = False
) -> Backup:
    """Write a backup to ``folder``, which appears whole, verified, or not at all.

    Parameters
    ----------
    file : Path
        The settings file.
    force : bool
        Replace a backup that is there; anything else is never replaced.

    Raises
    ------
    BackupError
        Where something is there already, or there is no workspace.
    DamagedBackupError
        Where what was written does not read back as it should.
    """
    _check_free(folder, force)
    if not settings.workspace.exists():
        raise BackupError(
            "a workspace to back up", f"none at {settings.workspace}", "See --config."
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".backup-", dir=folder.parent))  # mode 0700
    try:
        _write(settings, file, staging, now)
        made = verified(staging)
        if folder.exists():
            shutil.rmtree(folder)
        staging.replace(folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return Backup(**{**vars(made), "folder": folder})


def verified(folder: Path) -> Backup:
    """Return what the backup in ``folder`` holds once all of it was read.

    Raises
    ------
    BackupError
        Where it is no backup.
    DamagedBackupError
        Where a file is absent or other than written, or the store or the model cannot be used.
    """
    listed = _listed(folder)
    wanted: Mapping[str, str] = listed["files"]
    strangers = sorted(_would_be_restored(folder) - set(wanted))
    if strangers:
        raise _damaged(folder, f"files that were not written by it, such as {strangers[0]}")
    for name, promised in wanted.items():
        if not (folder / name).is_file() or _hash(folder / name) != promised:
            raise _damaged(folder, f"other bytes in {name}" if (folder / name).is_file() else name)
    store = folder / STORE
    scores = _checked_store(store) if STORE in wanted else None
    return Backup(
        folder=folder,
        made_at=datetime.fromisoformat(listed["made_at"]),
        files=len(wanted),
        bytes=sum((folder / name).stat().st_size for name in wanted),
        scores=scores,
        champion=_checked_champion(folder),
    )


def _check_free(folder: Path, force: bool) -> None:
    if not folder.exists():
        return
    if folder.is_dir() and ((folder / LIST).exists() if force else not any(folder.iterdir())):
        return
    raise BackupError(
        "a folder that is not there yet",
        str(folder),
        "Name another one; --force replaces an earlier backup, and nothing else.",
    )


def _write(settings: Settings, file: Path, folder: Path, now: datetime) -> None:
    shutil.copy(file, folder / SETTINGS)
    store = sqlite_file(settings)
    if store is not None and store.exists():
        _copy_database(store, folder / STORE)
    left_out = set() if store is None else {store.name, f"{store.name}-wal", f"{store.name}-shm"}
    _copy_files(settings.workspace, folder / WORKSPACE, left_out)
    runs = runs_folder(settings)
    if runs is not None and runs.exists():
        for database in runs.glob("*.db"):
            (folder / RUNS).mkdir(exist_ok=True)
            _copy_database(database, folder / RUNS / database.name)
        _copy_files(runs, folder / RUNS, {path.name for path in runs.glob("*.db*")})
    files = {str(path.relative_to(folder)): _hash(path) for path in _files(folder)}
    about = {"made_at": now.isoformat(), "kenshin": version("kenshin"), "files": files}
    write_json(folder / LIST, about)


def _copy_database(source: Path, target: Path) -> None:
    """Copy a SQLite database that may be written to meanwhile, as of one instant."""
    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as given,
        closing(sqlite3.connect(target)) as copy,
    ):
        given.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it


def _copy_files(source: Path, target: Path, left_out: set[str]) -> None:
    """Copy what is there; hidden files are half written, and what vanishes meanwhile is old."""
    for path in _files(source):
        place = path.relative_to(source)
        hidden = any(part.startswith(".") for part in place.parts)
        if hidden or place.parts[0] in _LEFT_OUT | left_out:
            continue
        (target / place).parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copy(path, target / place)
        except FileNotFoundError:
            continue


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _would_be_restored(folder: Path) -> set[str]:
    """Return the files below ``folder`` that a restore puts in place; others may lie beside."""
    parts = {SETTINGS, STORE, WORKSPACE, RUNS}
    places = (path.relative_to(folder) for path in _files(folder))
    return {str(place) for place in places if place.parts[0] in parts}


def _listed(folder: Path) -> Json:
    try:
        listed: Json = json.loads((folder / LIST).read_text(encoding="utf-8"))
        datetime.fromisoformat(listed["made_at"])
        files: Json = listed["files"]
        if SETTINGS not in files or any(map(_leads_out, files)):
            raise ValueError
    except FileNotFoundError:
        raise NotFoundError(
            f"a backup in {folder}", f"no {LIST} there", "Name the folder of `kenshin backup`."
        ) from None
    except (ValueError, KeyError, TypeError):
        raise _damaged(folder, f"an unreadable {LIST}") from None
    return listed


def _leads_out(name: str) -> bool:
    return Path(name).is_absolute() or ".." in Path(name).parts


def _checked_store(store: Path) -> int:
    """Return the number of scores in a copy once SQLite has found it whole."""
    try:
        with closing(sqlite3.connect(f"{store.absolute().as_uri()}?mode=ro", uri=True)) as copy:
            found = copy.execute("PRAGMA integrity_check").fetchone()[0]
            scores = copy.execute("SELECT count(*) FROM scores").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise _damaged(store.parent, f"{STORE}: {error}") from None
    if found != "ok":
        raise _damaged(store.parent, f"{STORE}: {found}")
    return int(scores)


def _checked_champion(folder: Path) -> str | None:
    """Return the model in service once it has answered its golden rows from its copy."""
    bundles = folder / WORKSPACE / "bundles"
    crown = bundles / "champion.json"
    if not crown.exists():
        return None
    named = str(json.loads(crown.read_text(encoding="utf-8"))["version"])
    return shipping.load_bundle(bundles / named).version


def sqlite_file(settings: Settings) -> Path | None:
    """Return the file of the store; None where it is in PostgreSQL."""
    url = sa.make_url(settings.store_url)
    return Path(str(url.database)) if url.get_backend_name() == "sqlite" else None


def runs_folder(settings: Settings) -> Path | None:
    """Return the folder of MLflow's runs; None where a server keeps them."""
    return None if settings.mlflow.tracking_uri else settings.root / settings.mlflow.folder


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _damaged(folder: Path, found: str) -> DamagedBackupError:
    return DamagedBackupError(
        f"the files that `kenshin backup` wrote to {folder}", found, "Use an earlier backup."
    )
