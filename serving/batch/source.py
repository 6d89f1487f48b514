"""The snapshot that is scored: in the workspace, or wherever Parquet files lie."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.errors import NotFoundError, NotReadyError
from features.settings import Settings
from features.snapshots.snapshot import content_id_of_files
from serving.batch.part import require_instant


@dataclass(frozen=True)
class Source:
    """Parquet files that together are one snapshot.

    Attributes
    ----------
    files : tuple of Path
        In the order in which their rows are counted.
    snapshot_id : str
        As its manifest says, else by content: the same rows have the same id.
    as_of : datetime
        Naive UTC.
    rows : int
    schema : pa.Schema
    """

    files: tuple[Path, ...]
    snapshot_id: str
    as_of: datetime
    rows: int
    schema: pa.Schema

    def parts(self, rows: int) -> Iterator[pa.Table]:
        """Yield all rows, up to ``rows`` at a time; memory does not grow with their number."""
        for file in self.files:
            with pq.ParquetFile(file) as opened:
                yield from _parts(opened, rows)


def find(settings: Settings, path: Path | None = None, as_of: datetime | None = None) -> Source:
    """Return the snapshot at ``path``, or the one written last to the workspace.

    Parameters
    ----------
    path : Path, optional
        A Parquet file, or a folder of them; with the ``manifest.json`` of `kenshin snapshot` or
        without.
    as_of : datetime, optional
        The day wanted; default: of ``path`` the one it has, of the workspace the latest.

    Raises
    ------
    NotReadyError
        Where the workspace has no snapshot of that day, or files are not as they were written.
    NotFoundError
        Where ``path`` holds no Parquet.
    KenshinError
        Where rows are of several instants or of another than ``as_of``.
    """
    folder = path if path is not None else _in_workspace(settings, as_of)
    files = _files(folder)
    said = _manifest(folder) or {}
    if "data_sha256" in said and len(files) == 1:
        _require_hash(files[0], str(said["data_sha256"]))
    first = pq.ParquetFile(files[0])
    return Source(
        files=files,
        snapshot_id=str(said.get("snapshot_id") or content_id_of_files(files)),
        as_of=require_instant(_instants(files), as_of),
        rows=sum(pq.ParquetFile(file).metadata.num_rows for file in files),
        schema=first.schema_arrow,
    )


def _parts(opened: pq.ParquetFile, rows: int) -> Iterator[pa.Table]:
    """Yield ``rows`` at a time, across row groups, each of which is read by itself.

    Asked for all of them at once, Arrow holds the bytes of every one until it has read the last.
    """
    waiting: list[pa.RecordBatch] = []
    held = 0
    for group in range(opened.num_row_groups):
        for batch in opened.iter_batches(batch_size=rows, row_groups=[group]):
            while held + batch.num_rows >= rows:
                cut = rows - held
                yield _whole([*waiting, batch.slice(0, cut)])
                batch, waiting, held = batch.slice(cut), [], 0
            if batch.num_rows:
                waiting.append(batch)
                held += batch.num_rows
    if waiting:
        yield _whole(waiting)


def _whole(batches: list[pa.RecordBatch]) -> pa.Table:
    table = pa.Table.from_batches(batches)
    return table if len(batches) == 1 else table.combine_chunks()


def _in_workspace(settings: Settings, as_of: datetime | None) -> Path:
    root = settings.workspace / "snapshots"
    day = "*" if as_of is None else as_of.date().isoformat()
    pointers = sorted(root.glob(f"{day}/current"))
    if not pointers:
        raise NotReadyError(
            "a snapshot" if as_of is None else f"a snapshot of {day}",
            f"none in {root}",
            "Run `kenshin snapshot`, or name Parquet files with --snapshot.",
        )
    return pointers[-1].parent / pointers[-1].read_text(encoding="ascii").strip()


def _files(path: Path) -> tuple[Path, ...]:
    files = [path] if path.is_file() else sorted(path.glob("[!._]*.parquet"))
    try:
        schemas = [pq.read_schema(file) for file in files]
    except (pa.ArrowInvalid, OSError):
        schemas = []
    if not schemas or any(
        not {"account_id", "as_of"} <= set(schema.names) or schema.names != schemas[0].names
        for schema in schemas
    ):
        raise NotFoundError(
            "a snapshot: Parquet with account_id, as_of and the features, alike in all files",
            f"none at {path}",
            "Name a Parquet file, or the folder that `kenshin snapshot` wrote.",
        )
    return tuple(files)


def _manifest(path: Path) -> dict[str, Any] | None:
    file = path / "manifest.json"
    if not file.is_file():
        return None
    said: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return said


def _require_hash(file: Path, wanted: str) -> None:
    with file.open("rb") as opened:
        found = hashlib.file_digest(opened, "sha256").hexdigest()
    if found != wanted:
        raise NotReadyError(
            f"the bytes of {file.name} as the snapshot was written",
            f"others in {file.parent}",
            "Remove that folder and run `kenshin snapshot` for its day again.",
        )


def _instants(files: tuple[Path, ...]) -> set[datetime | None]:
    found: set[datetime | None] = set()
    for file in files:
        for batch in pq.ParquetFile(file).iter_batches(columns=["as_of"]):
            found |= set(pc.unique(batch.column(0).cast(pa.timestamp("us"))).to_pylist())
    return found
