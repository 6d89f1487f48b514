"""What differs between two tables, cell by cell."""

from typing import Any

import pyarrow as pa


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
