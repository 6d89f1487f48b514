"""Snapshots: built from tables, named by their content, kept as Parquet."""

from features.snapshots.build import build
from features.snapshots.dates import as_of_dates, regular
from features.snapshots.files import Manifest, read, read_by_id, write
from features.snapshots.snapshot import Snapshot, content_id

__all__ = [
    "Manifest",
    "Snapshot",
    "as_of_dates",
    "build",
    "content_id",
    "read",
    "read_by_id",
    "regular",
    "write",
]
