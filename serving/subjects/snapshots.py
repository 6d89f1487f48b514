"""A subject's rows in stored snapshots: found, and taken out by writing each snapshot anew.

A snapshot is named by its content, so the one without the subject has another name; ``erased.json``
says which took the place of which, and scores that were made from the old one come out again from
the new one.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from features import erased as forgotten
from features.settings import Settings
from features.snapshots import Manifest, Snapshot, files

Note = Callable[[Mapping[str, str]], None]


def rows_of(settings: Settings, account_id: str) -> list[dict[str, Any]]:
    """Return every stored snapshot's row of the account, by day, as it lies there."""
    found = []
    for folder in _holding(settings, account_id):
        table = files.as_on_disk(folder).table
        (row, *_) = table.filter(pc.equal(table["account_id"], account_id)).to_pylist()
        found.append({"snapshot_id": folder.name, "row": row})
    return found


def names(settings: Settings, account_id: str) -> set[str]:
    """Return what the account is called in stored snapshots."""
    found: set[str] = set()
    for folder in _holding(settings, account_id):
        file = folder / "data.parquet"
        there = {"fact_name", "fact_name_en"} & set(pq.read_schema(file).names)
        table = pq.ParquetFile(file).read(["account_id", *there], use_threads=False)
        mine = table.filter(pc.equal(table["account_id"], account_id)).to_pylist()
        found |= {row[name] for row in mine for name in there if row[name]}
    return found


def take_out(settings: Settings, account_id: str) -> int:
    """Write every snapshot that holds the account without it; return how many there were.

    Call it inside `features.erased.changing`. What took whose place is noted in ``erased.json``.
    """
    noted = forgotten.ready(settings)

    def moved(pairs: Mapping[str, str]) -> None:
        forgotten.keep(settings, replace(noted, snapshots={**noted.snapshots, **pairs}))

    return len(remove(settings, account_id, moved))


def remove(settings: Settings, account_id: str, note: Note) -> dict[str, str]:
    """Write every snapshot that holds the account without it; return old id → new id.

    Parameters
    ----------
    note : callable
        Called with what took whose place before anything is removed. A snapshot that nobody else is
        in leaves nothing behind. Done again after an interruption, it goes on where it was.
    """
    moved: dict[str, str] = {}
    holding: dict[Path, list[Path]] = {}
    for folder in _holding(settings, account_id):
        holding.setdefault(folder.parent, []).append(folder)
    for day, folders in holding.items():
        as_of = datetime.fromisoformat(day.name)
        there = files.current(settings, as_of)
        for folder in folders:
            moved |= _anew(settings, folder, account_id)
        note(moved)
        _point(settings, as_of, there, {folder.name for folder in folders}, moved)
        for folder in folders:
            shutil.rmtree(folder)
    return moved


def _anew(settings: Settings, folder: Path, account_id: str) -> dict[str, str]:
    """Write what is left of a snapshot; return old id → new id, nothing where nobody is left."""
    held = files.as_on_disk(folder)
    kept = held.table.filter(pc.not_equal(held.table["account_id"], account_id)).combine_chunks()
    if not kept.num_rows:
        return {}
    (manifest,) = files.write(Snapshot(kept, held.features), settings)
    return {folder.name: manifest.snapshot_id}


def _point(
    settings: Settings,
    as_of: datetime,
    there: Manifest | None,
    held: set[str],
    moved: Mapping[str, str],
) -> None:
    """Let the day have what it had, in its new form, and keep what is known of its inputs."""
    name = "" if there is None else there.snapshot_id
    current = moved.get(name, "" if name in held else name)
    now = files.current(settings, as_of)
    if there is None or not current:
        files.withdraw(settings, as_of)
    elif now is None or now.snapshot_id != current:
        # Writing content that is there already only names it as the day's.
        files.write(files.as_on_disk(there.folder.with_name(current)), settings)
    made = files.made_from(settings, as_of)
    if made.get("snapshot_id") in held:
        named = moved.get(made["snapshot_id"], "")
        files.note(settings, as_of, **(made | {"snapshot_id": named}))


def _holding(settings: Settings, account_id: str) -> Iterator[Path]:
    """Yield the folders of all stored snapshots that have a row of the account."""
    for file in sorted((settings.workspace / "snapshots").glob("*/*/data.parquet")):
        ids = pq.ParquetFile(file).read(["account_id"], use_threads=False)["account_id"]
        if pc.any(pc.equal(ids, account_id)).as_py():
            yield file.parent
