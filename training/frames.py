"""Snapshots as the matrix a model reads: ordered float64 columns, category codes, labels."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from features.arrow import pa, pc
from features.catalog import Feature
from features.errors import KenshinError

Floats = npt.NDArray[np.float64]
Categories = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Frame:
    """Rows a model is fitted on or judged by.

    Attributes
    ----------
    matrix : ndarray of shape (n, f), float64, C order
        One column per feature in catalogue order; NaN is a missing value or an unseen category.
    features : tuple of Feature
    categories : dict of str to tuple of str
        Category feature → its values in code order: the code is the position.
    account_ids : ndarray of shape (n,), object
    as_of : ndarray of shape (n,), datetime64[us]
        UTC; NaT throughout for a flat table without time.
    churned : ndarray of shape (n,), float64
        1 left within the horizon, 0 stayed, NaN unknown.
    facts : pa.Table
        The ``fact_`` columns of the same rows.
    groups : ndarray of shape (n,), object, or None
        What must not be parted between folds, where that is more than the account: accounts that
        were merged know of one another.
    """

    matrix: Floats
    features: tuple[Feature, ...]
    categories: Categories
    account_ids: npt.NDArray[np.object_]
    as_of: npt.NDArray[np.datetime64]
    churned: Floats
    facts: "pa.Table"
    groups: npt.NDArray[np.object_] | None = None

    @property
    def inseparable(self) -> npt.NDArray[np.object_]:
        """What each row must share its fold with (n,): the group, or the account."""
        return self.account_ids if self.groups is None else self.groups

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.matrix)

    def digest(self) -> str:
        """Return 16 hexadecimal digits that name features, rows and labels by content."""
        hashed = hashlib.sha256("\0".join(feature.name for feature in self.features).encode())
        hashed.update("\0".join(self.account_ids.astype(str)).encode())
        hashed.update(self.as_of.astype(np.int64).tobytes())
        for start in range(0, len(self), _HASHED):
            hashed.update((self.matrix[start : start + _HASHED] + 0.0).tobytes())
        hashed.update(self.churned.tobytes())
        return hashed.hexdigest()[:16]

    def where(self, keep: npt.NDArray[np.bool_]) -> "Frame":
        """Return the rows where ``keep`` (n,) is true, in the same order.

        Neighbours, such as all rows of some dates, share their memory with this frame.
        """
        kept = np.flatnonzero(keep)
        neighbours = len(kept) > 0 and kept[-1] - kept[0] + 1 == len(kept)
        chosen = slice(kept[0], kept[-1] + 1) if neighbours else kept
        return replace(
            self,
            matrix=np.ascontiguousarray(self.matrix[chosen]),
            account_ids=self.account_ids[chosen],
            as_of=self.as_of[chosen],
            churned=self.churned[chosen],
            facts=self.facts.filter(pa.array(keep)),
            groups=None if self.groups is None else self.groups[chosen],
        )


def frame(
    table: "pa.Table",
    features: Sequence[Feature],
    labels: "pa.Table | None" = None,
    categories: Categories | None = None,
    known: bool = False,
) -> Frame:
    """Return the rows of a snapshot as a `Frame`.

    Parameters
    ----------
    table : pa.Table
        ``account_id``, ``as_of`` (absent or null for a flat table), ``fact_`` columns and one
        column per feature. A column ``churned`` is the label where ``labels`` is not given.
    features : sequence of Feature
        The columns wanted, in the order of the matrix.
    labels : pa.Table, optional
        ``account_id``, ``as_of``, ``churned`` (null = unknown); rows without a match are unknown.
    categories : dict, optional
        Codes of a bundle; by default values get codes in sorted order.
    known : bool
        Leave out rows whose outcome is unknown; there is never a second matrix in memory.

    Raises
    ------
    KenshinError
        Where a feature has no column, or a number is infinite.
    """
    codes = learned_categories(table, features) if categories is None else categories
    churned = _churned(table, labels)
    kept = np.flatnonzero(~np.isnan(churned)) if known else np.arange(table.num_rows)
    facts = table.select([name for name in table.column_names if name.startswith("fact_")])
    account_ids = table.column("account_id").cast(pa.string()).to_numpy(zero_copy_only=False)
    return Frame(
        matrix=encode(table, features, codes, None if len(kept) == table.num_rows else kept),
        features=tuple(features),
        categories=codes,
        account_ids=account_ids[kept],
        as_of=_instants(table)[kept],
        churned=churned[kept],
        facts=facts.filter(pa.array(~np.isnan(churned))) if known else facts,
    )


def grouped(rows: Frame, groups: Mapping[str, str]) -> Frame:
    """Return ``rows`` with the group of each account; without groups, the rows themselves."""
    if not groups:
        return rows
    names = [groups.get(str(account), str(account)) for account in rows.account_ids]
    return replace(rows, groups=np.array(names, dtype=object))


def forget_unseen(rows: Frame, seen: npt.NDArray[np.bool_]) -> None:
    """Make unknown, in place, the categories that no row where ``seen`` (n,) is true has.

    That is what becomes of them in use: a model cannot have learned a value that came later.
    """
    for position, feature in enumerate(rows.features):
        if feature.kind == "category":
            column = rows.matrix[:, position]
            column[~np.isin(column, np.unique(column[seen]))] = np.nan


def learned_categories(table: "pa.Table", features: Sequence[Feature]) -> Categories:
    """Return every category feature's values in sorted order, which is the order of the codes."""
    return {
        feature.name: tuple(sorted(pc.unique(_text(table, feature.name)).drop_null().to_pylist()))
        for feature in features
        if feature.kind == "category"
    }


def encode(
    table: "pa.Table",
    features: Sequence[Feature],
    categories: Categories,
    rows: npt.NDArray[np.int64] | None = None,
) -> Floats:
    """Return the feature columns of ``table`` as float64 (n, f) in the order of ``features``.

    Parameters
    ----------
    rows : ndarray of int64, optional
        Positions of the rows wanted; all by default.

    Raises
    ------
    KenshinError
        Where a column is absent or a number is infinite.
    """
    wanted = slice(None) if rows is None else rows
    count = table.num_rows if rows is None else len(rows)
    matrix = np.empty((count, len(features)), dtype=np.float64)
    for position, feature in enumerate(features):
        if feature.name not in table.column_names:
            raise KenshinError(
                f"a column '{feature.name}' in the snapshot",
                f"columns {', '.join(table.column_names[:8])} …",
                "Build the snapshot with the settings the model was trained with.",
            )
        if feature.kind == "category":
            codes = _codes(_text(table, feature.name), categories[feature.name])
            matrix[:, position] = codes[wanted]
        else:
            matrix[:, position] = _numbers(table, feature.name)[wanted]
    return matrix


def encode_row(
    values: Mapping[str, Any], features: Sequence[Feature], categories: Categories
) -> Floats:
    """Return one account's values as float64 (1, f); what is absent or None is missing.

    Raises
    ------
    KenshinError
        Where a name is no feature, or a value is of the wrong type or infinite.
    """
    unknown = sorted(set(values) - {feature.name for feature in features})
    if unknown:
        raise KenshinError(
            "names of this model's features",
            ", ".join(repr(name) for name in unknown[:5]),
            "The model's feature names are listed at /v1/model.",
        )
    cells = [_cell(feature, values.get(feature.name), categories) for feature in features]
    return np.array([cells], dtype=np.float64)


def decode(value: float, feature: Feature, categories: Categories) -> float | str | None:
    """Return a matrix cell as people know it: number, category text, or None where missing."""
    if np.isnan(value):
        return None
    return categories[feature.name][int(value)] if feature.kind == "category" else float(value)


def _cell(feature: Feature, value: object, categories: Categories) -> float:
    if value is None:
        return np.nan
    if feature.kind == "category" and isinstance(value, str):
        known = categories[feature.name]
        return float(known.index(value)) if value in known else np.nan
    if feature.kind == "number" and isinstance(value, int | float) and not np.isinf(value):
        return float(value)
    kind = "text" if feature.kind == "category" else "a finite number"
    raise KenshinError(f"{kind} for '{feature.name}'", type(value).__name__, "Correct that value.")


def _text(table: "pa.Table", name: str) -> "pa.ChunkedArray":
    column = table.column(name)
    if pa.types.is_dictionary(column.type):
        column = pc.cast(column, column.type.value_type)
    return pc.cast(column, pa.string())


def _codes(column: "pa.ChunkedArray", known: tuple[str, ...]) -> Floats:
    codes = pc.index_in(column, value_set=pa.array(known, type=pa.string()))
    missing = pc.is_null(column).to_numpy(zero_copy_only=False)
    result = pc.cast(codes, pa.float64()).to_numpy(zero_copy_only=False)
    return np.where(missing, np.nan, result)


def _numbers(table: "pa.Table", name: str) -> Floats:
    column = pc.cast(table.column(name), pa.float64()).to_numpy(zero_copy_only=False)
    infinite = np.flatnonzero(np.isinf(column))
    if len(infinite):
        account = table.column("account_id")[int(infinite[0])].as_py()
        raise KenshinError(
            f"finite numbers in '{name}'",
            f"{column[infinite[0]]} in row {int(infinite[0])} (account {account}), "
            f"{len(infinite)} such rows",
            "Leave a value that does not exist empty.",
        )
    return np.asarray(column, dtype=np.float64)


def _instants(table: "pa.Table") -> npt.NDArray[np.datetime64]:
    if "as_of" not in table.column_names:
        return np.full(table.num_rows, np.datetime64("NaT", "us"))
    column = pc.cast(table.column("as_of"), pa.timestamp("us"))
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype="datetime64[us]")


def _churned(table: "pa.Table", labels: "pa.Table | None") -> Floats:
    if labels is None:
        if "churned" not in table.column_names:
            return np.full(table.num_rows, np.nan)
        column = pc.cast(table.column("churned"), pa.float64())
        return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)
    number = pa.array(np.arange(table.num_rows))
    keys = table.select(_LABEL[:2]).append_column("row", number)
    answers = labels.select(_LABEL).set_column(
        2, "churned", pc.cast(labels.column("churned"), pa.float64())
    )
    kinds = [answers.schema.field(name).type for name in _LABEL[:2]]
    keys = keys.cast(pa.schema([*zip(_LABEL[:2], kinds, strict=True), ("row", pa.int64())]))
    found = keys.join(answers, keys=list(_LABEL[:2]))
    churned = np.full(table.num_rows, np.nan)
    churned[found["row"].to_numpy()] = found["churned"].to_numpy()
    del found, keys, answers
    pa.default_memory_pool().release_unused()  # the matrix comes next
    return churned


_HASHED = 65_536
"""Rows hashed at once."""

_LABEL = ["account_id", "as_of", "churned"]
