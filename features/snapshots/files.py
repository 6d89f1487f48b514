"""Snapshots on disk: a folder per content, written whole or not at all.

``<workspace>/snapshots/<as_of>/<snapshot_id>/`` holds ``data.parquet`` and ``manifest.json``;
``<workspace>/snapshots/<as_of>/current`` names the one written last. Nothing is ever overwritten:
other data or another catalogue give another id.
"""

import hashlib
import json
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features import windows
from features.catalog import Feature, Words
from features.disk import flush
from features.errors import NotFoundError, NotReadyError, SettingsError
from features.settings import Settings
from features.snapshots.snapshot import Snapshot, content_id


@dataclass(frozen=True)
class Manifest:
    """What is said about one snapshot on disk.

    Attributes
    ----------
    snapshot_id : str
        Name of the content, see `content_id`.
    folder : Path
        Where it lies.
    rows, columns : int
        Its size; ``columns`` counts features only.
    """

    snapshot_id: str
    as_of: datetime
    rows: int
    columns: int
    folder: Path


def write(snapshot: Snapshot, settings: Settings) -> list[Manifest]:
    """Write a snapshot, one folder per ``as_of``, and return what was written, oldest first.

    A reader sees a folder complete or not at all; content that is there already stays untouched.
    """
    root = settings.workspace / "snapshots"
    parts = []
    for as_of in pc.unique(snapshot.table["as_of"]).sort().to_pylist():
        table = snapshot.table.filter(pc.equal(snapshot.table["as_of"], as_of)).combine_chunks()
        name = content_id(table)
        parts.append(_write_one(root / _folder_name(as_of), as_of, table, snapshot.features, name))
    return parts


def write_named(
    snapshot: Snapshot, settings: Settings, as_of: datetime, snapshot_id: str
) -> Manifest:
    """Write the snapshot of one instant as `write` does, its `content_id` known already."""
    folder = settings.workspace / "snapshots" / _folder_name(as_of)
    return _write_one(folder, as_of, snapshot.table, snapshot.features, snapshot_id)


def read(settings: Settings, as_ofs: Sequence[datetime]) -> Snapshot:
    """Return the snapshots written last for ``as_ofs``, as one, sorted by (as_of, account_id).

    Raises
    ------
    NotReadyError
        Where one of them was never written.
    SettingsError
        Where they were written with different catalogues.
    """
    root = settings.workspace / "snapshots"
    return _together([_current(root, as_of) for as_of in windows.require_midnights(as_ofs)])


def current(settings: Settings, as_of: datetime) -> Manifest | None:
    """Return the snapshot written last for ``as_of``, or None where there is none."""
    folder = settings.workspace / "snapshots" / _folder_name(as_of)
    try:
        target = folder / (folder / "current").read_text(encoding="ascii").strip()
        said = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return Manifest(target.name, as_of, said["rows"], len(said["features"]), target)


def stored_dates(settings: Settings) -> list[datetime]:
    """Return the instants that have a snapshot, ascending."""
    found = (settings.workspace / "snapshots").glob("*/current")
    return sorted(datetime.fromisoformat(path.parent.name) for path in found)


def withdraw(settings: Settings, as_of: datetime) -> None:
    """Let ``as_of`` have no snapshot any more; what was written can be read by its id."""
    (settings.workspace / "snapshots" / _folder_name(as_of) / "current").unlink(missing_ok=True)


def made_from(settings: Settings, as_of: datetime) -> dict[str, str]:
    """Return what the snapshot of ``as_of`` was last built from: ``inputs``, ``snapshot_id``."""
    file = settings.workspace / "snapshots" / _folder_name(as_of) / "inputs.json"
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def note(settings: Settings, as_of: datetime, **said: str) -> None:
    """Keep what the snapshot of ``as_of`` was built from, see `made_from`."""
    folder = settings.workspace / "snapshots" / _folder_name(as_of)
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f".inputs-{os.getpid()}"
    unfinished.write_text(json.dumps(said, sort_keys=True) + "\n", encoding="utf-8")
    unfinished.replace(folder / "inputs.json")


def read_by_id(settings: Settings, snapshot_id: str) -> Snapshot:
    """Return the snapshot of that id.

    Raises
    ------
    NotFoundError
        Where there is none.
    """
    root = settings.workspace / "snapshots"
    folders = [f for f in root.glob("*/*") if f.name == snapshot_id and f.is_dir()]
    if not folders:
        raise NotFoundError(
            "a snapshot that was written", f"no {snapshot_id} in {root}", "Run `kenshin snapshot`."
        )
    return _read_one(folders[0])


def _folder_name(as_of: datetime) -> str:
    return as_of.date().isoformat()


def _write_one(
    folder: Path,
    as_of: datetime,
    table: pa.Table,
    features: tuple[Feature, ...],
    snapshot_id: str,
) -> Manifest:
    target = folder / snapshot_id
    manifest = Manifest(snapshot_id, as_of, table.num_rows, len(features), target)
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        clear(folder)
        unfinished = Path(tempfile.mkdtemp(prefix=f"{_UNFINISHED}{_HERE}-", dir=folder))
        try:
            _fill(unfinished, manifest, table, features)
            _rename(unfinished, target)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
    _point(folder, snapshot_id)
    return manifest


_UNFINISHED = ".unfinished-"
_HERE = f"{socket.gethostname()}-{os.getpid()}"
_LONG_AGO_SECONDS = 24 * 60 * 60


def clear(folder: Path) -> None:
    """Remove what processes that are no more left half written in ``folder``."""
    for path in folder.glob(f"{_UNFINISHED}*"):
        host, _, rest = path.name.removeprefix(_UNFINISHED).rpartition("-")[0].rpartition("-")
        ours = host == socket.gethostname() and rest.isdigit()
        gone = not _lives(int(rest)) if ours else _age(path) > _LONG_AGO_SECONDS
        if gone:
            shutil.rmtree(path, ignore_errors=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _fill(folder: Path, manifest: Manifest, table: pa.Table, features: tuple[Feature, ...]) -> None:
    data = folder / "data.parquet"
    pq.write_table(table, data, compression="zstd")
    said = {
        "snapshot_id": manifest.snapshot_id,
        "as_of": manifest.as_of.isoformat(),
        "rows": manifest.rows,
        "data_sha256": hashlib.sha256(data.read_bytes()).hexdigest(),
        "features": [asdict(feature) for feature in features],
    }
    text = json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")
    for path in (data, folder / "manifest.json"):
        flush(path)


def _rename(unfinished: Path, target: Path) -> None:
    """Make the folder visible under its name; another writer of the same content may be first."""
    unfinished.chmod(0o755)
    try:
        unfinished.rename(target)
    except OSError:
        if not target.exists():
            raise
        shutil.rmtree(unfinished)
    flush(target.parent)


def _point(folder: Path, snapshot_id: str) -> None:
    current = folder / "current"
    if current.exists() and current.read_text(encoding="ascii").strip() == snapshot_id:
        return
    unfinished = folder / f".current-{os.getpid()}"
    unfinished.write_text(snapshot_id + "\n", encoding="ascii")
    flush(unfinished)
    unfinished.replace(current)


def _current(root: Path, as_of: datetime) -> Snapshot:
    current = root / _folder_name(as_of) / "current"
    if not current.exists():
        raise NotReadyError(
            f"a snapshot of {_folder_name(as_of)}",
            f"none in {root}",
            f"Run `kenshin snapshot --as-of {_folder_name(as_of)}`.",
        )
    return _read_one(current.parent / current.read_text(encoding="ascii").strip())


def as_on_disk(folder: Path) -> Snapshot:
    """Return what lies in the folder of a snapshot, whether or not it is what was written."""
    said = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    table = pq.read_table(folder / "data.parquet", partitioning=None).combine_chunks()
    return Snapshot(table, tuple(_feature(fields) for fields in said["features"]))


def _read_one(folder: Path) -> Snapshot:
    snapshot = as_on_disk(folder)
    if content_id(snapshot.table) != folder.name:
        raise NotReadyError(
            f"the snapshot {folder.name} as it was written",
            f"other content in {folder}",
            "Remove that folder and run `kenshin snapshot` for its day again.",
        )
    return snapshot


def _feature(fields: dict[str, Any]) -> Feature:
    words = {name: Words(**fields[name]) for name in ("label", "worse", "better", "missing")}
    return Feature(**(fields | words))


def _together(parts: list[Snapshot]) -> Snapshot:
    first = parts[0]
    for part in parts[1:]:
        if part.table.schema.names != first.table.schema.names:
            differ = sorted(set(part.table.schema.names) ^ set(first.table.schema.names))
            raise SettingsError(
                "snapshots of one catalogue",
                f"{len(differ)} columns in only one of two: {', '.join(differ[:5])}",
                "Run `kenshin snapshot` for all these days again.",
            )
    return Snapshot(pa.concat_tables([p.table for p in parts]).combine_chunks(), parts[-1].features)
