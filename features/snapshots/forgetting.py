"""Snapshots without the accounts that were erased since the tables were read."""

import pyarrow as pa
import pyarrow.compute as pc

from features import erased
from features.settings import Settings
from features.snapshots import files
from features.snapshots.files import Manifest
from features.snapshots.snapshot import Snapshot


def without_erased(settings: Settings, snapshot: Snapshot) -> Snapshot:
    """Return a snapshot without erased accounts; ask inside `features.erased.changing`."""
    ids = snapshot.table["account_id"]
    gone = erased.read(settings).among(pc.unique(ids).to_pylist())
    if not gone:
        return snapshot
    kept = snapshot.table.filter(pc.invert(pc.is_in(ids, pa.array(sorted(gone), pa.string()))))
    return Snapshot(kept.combine_chunks(), snapshot.features)


def write(snapshot: Snapshot, settings: Settings) -> list[Manifest]:
    """Write a snapshot as `files.write` does, of those accounts that are not erased by now.

    Until it is written, nobody is erased: an account whose erasure comes later is in a stored
    snapshot, from which that erasure takes it.
    """
    with erased.changing(settings):
        return files.write(without_erased(settings, snapshot), settings)
