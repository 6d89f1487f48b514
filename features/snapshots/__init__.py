"""Snapshots: built from tables, named by their content, kept as Parquet."""

from features.snapshots.build import build, build_each
from features.snapshots.dates import as_of_dates, regular
from features.snapshots.differences import Difference, differences
from features.snapshots.files import Manifest, read, read_by_id
from features.snapshots.forgetting import without_erased, write
from features.snapshots.snapshot import Snapshot, content_id
from features.snapshots.upkeep import Outcome, Upkeep, keep_up

__all__ = [
    "Difference",
    "Manifest",
    "Outcome",
    "Snapshot",
    "Upkeep",
    "as_of_dates",
    "build",
    "build_each",
    "content_id",
    "differences",
    "keep_up",
    "read",
    "read_by_id",
    "regular",
    "without_erased",
    "write",
]
