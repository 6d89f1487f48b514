"""What differs between two tables, cell by cell, and between what two engines say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from features.labels import departures, labels
from features.settings import Settings
from features.snapshots import Snapshot, build, content_id
from features.sources import Tables, load_tables


def differing(found: pa.Table, truth: pa.Table) -> list[tuple[str, int, Any, Any]]:
    """Return (column, row, found, expected) of every cell that is not the same.

    Numbers are the same where all their digits are; a missing value equals only a missing one.
    """
    assert found.schema.names == truth.schema.names
    assert found.num_rows == truth.num_rows
    cells = []
    for name in truth.schema.names:
        pairs = zip(found[name].to_pylist(), truth[name].to_pylist(), strict=True)
        cells += [(name, row, a, b) for row, (a, b) in enumerate(pairs) if a != b]
    return cells


@dataclass(frozen=True)
class Told:
    """What an engine says of a company: every feature, label and departure, and the checks."""

    snapshot: Snapshot
    answers: pa.Table
    left: pa.Table
    checks: tuple[str, ...] = ()


def told(tables: Tables, settings: Settings, cuts: Sequence[datetime]) -> Told:
    """Return what is said of tables that are clean."""
    snapshot = build(tables, settings, cuts)
    return Told(snapshot, labels(tables, settings, cuts), departures(tables, settings))


def told_of_files(settings: Settings, cuts: Sequence[datetime]) -> Told:
    """Return what is said of the sources of ``settings``, checked on the engine they name."""
    loaded = load_tables(settings)
    said = told(loaded.tables, settings, cuts)
    checks = tuple(v.sentence for v in loaded.report.violations if v.code < "K7")
    return Told(said.snapshot, said.answers, said.left, checks)


def same_cells(found: Told, truth: Told) -> None:
    """Fail where a cell differs."""
    assert differing(found.snapshot.table, truth.snapshot.table) == []
    assert content_id(found.snapshot.table) == content_id(truth.snapshot.table)
    assert differing(found.answers, truth.answers) == []
    assert differing(found.left, truth.left) == []
    assert found.checks == truth.checks
