"""The current snapshot, column by column, whatever state it is in."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.catalog import Feature

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Observed:
    """What a snapshot holds of the model's features.

    Attributes
    ----------
    account_ids : tuple of str
    numbers : dict of str to ndarray of shape (n_rows,)
        Features of kind number; missing is NaN, infinite stays infinite.
    texts : dict of str to list of str or None, length n_rows
        Features of kind category.
    absent : tuple of str
        Features without a column.
    wrong_types : dict of str to str
        Features whose column is of another type → that type.
    """

    account_ids: tuple[str, ...]
    numbers: dict[str, Floats]
    texts: dict[str, list[str | None]]
    absent: tuple[str, ...]
    wrong_types: dict[str, str]

    @property
    def rows(self) -> int:
        """Number of accounts in the snapshot, duplicates included."""
        return len(self.account_ids)

    def missing_share(self, name: str) -> float:
        """Return the share of rows without a value, 0 to 1; 1 where there is no row."""
        if not self.rows:
            return 1.0
        if name in self.numbers:
            return float(np.isnan(self.numbers[name]).mean())
        return sum(value is None for value in self.texts[name]) / self.rows


def observe(table: pa.Table, features: Sequence[Feature]) -> Observed:
    """Return ``table``'s columns of ``features``; one that cannot be read is named, not used."""
    numbers: dict[str, Floats] = {}
    texts: dict[str, list[str | None]] = {}
    absent: list[str] = []
    wrong_types: dict[str, str] = {}
    for feature in features:
        if feature.name not in table.column_names:
            absent.append(feature.name)
            continue
        column = table.column(feature.name)
        if feature.kind == "number" and _is_number(column.type):
            numbers[feature.name] = _floats(column)
        elif feature.kind == "category" and _is_text(column.type):
            texts[feature.name] = column.cast(pa.string()).to_pylist()
        else:
            wrong_types[feature.name] = str(column.type)
    ids = table.column("account_id").cast(pa.string()).to_pylist()
    return Observed(tuple(ids), numbers, texts, tuple(absent), wrong_types)


def _is_number(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_floating(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_null(kind)
    )


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_text(kind.value_type)
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_string_view(kind)
        or pa.types.is_null(kind)
    )


def _floats(column: pa.ChunkedArray) -> Floats:
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    filled = pc.fill_null(column.cast(pa.float64()), float("nan"))
    return np.ascontiguousarray(filled.to_numpy(), dtype=np.float64)
