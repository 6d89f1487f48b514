"""From named columns to the rows the model reads; names decide, not the order."""

import math
import re
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from features.catalog import Feature
from serving.dependencies import did_you_mean
from serving.invocations.tables import Table
from serving.lexicon import Lexicon, lexicon
from serving.problems import SHOWN_FIELDS, Fault, RequestFault, printable
from training.bundle import Bundle

Floats = NDArray[np.float64]

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_NONE = type(None)
_NUMBERS: Final = frozenset((int, float, _NONE))

FEW: Final = 32
"""Rows up to which they are read one by one."""


def encode(table: Table, bundle: Bundle) -> Floats:
    """Return the rows as the model reads them, of shape (n, f); unseen categories are missing.

    Raises
    ------
    RequestFault
        Naming the columns that are absent or unknown, or the first value of the wrong kind in each
        column by its row; no value is repeated.
    """
    words_of = lexicon(bundle)
    if table.columns.keys() != words_of.place.keys():
        _check_names(table, words_of.names)
    if table.rows <= FEW:
        rows = _row_by_row(table, words_of)
        if rows is not None:
            return rows
    matrix = np.empty((table.rows, len(bundle.features)))
    faults: list[Fault] = []
    for i, feature in enumerate(bundle.features):
        column = table.columns[feature.name]
        wrong = _first_wrong(column, feature, is_text=table.is_text)
        if wrong is not None:
            faults.append(_wrong_kind(feature, wrong, table))
            continue
        codes = words_of.codes.get(feature.name)
        # None becomes NaN, and so does a text the model has never seen.
        known = column if codes is None else [codes.get(str(cell)) for cell in column]
        matrix[:, i] = np.array(known, dtype=np.float64)
    if faults:
        raise RequestFault(*faults)
    return matrix


def _row_by_row(table: Table, words_of: Lexicon) -> Floats | None:
    """Return the same where every value is of the right kind and none is written as text.

    A few rows cost far less this way: numpy is asked once, not once for each column.
    """
    columns = [table.columns[name] for name in words_of.names]
    texts = [(words_of.place[name], codes) for name, codes in words_of.codes.items()]
    rows: list[list[Any]] = [list(row) for row in zip(*columns, strict=True)]
    for row in rows:
        for place, codes in texts:
            text = row[place]
            if type(text) is str:
                row[place] = codes.get(text)
            elif text is not None:
                return None
        if not _NUMBERS.issuperset(map(type, row)):
            return None
    # None becomes NaN, and so does a text the model has never seen.
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(columns))


def _check_names(table: Table, known: tuple[str, ...]) -> None:
    missing = [name for name in known if name not in table.columns]
    extra = [name for name in table.columns if name not in known]
    faults = [
        Fault(
            field=f"{table.place}.{name}",
            code="missing_column",
            message="the model reads this column; send null where a value is not known",
        )
        for name in missing
    ]
    faults += [
        Fault(
            field=f"{table.place}.{printable(name)}",
            code="unknown_column",
            message=did_you_mean(name, known)
            if name
            else "a column without a name; write the CSV without its index",
        )
        for name in extra[:SHOWN_FIELDS]
    ]
    if faults:
        raise RequestFault(*faults)


def _first_wrong(column: Sequence[object], feature: Feature, *, is_text: bool) -> int | None:
    """Return the row of the first value that is of the wrong kind, or None."""
    category = feature.kind == "category"
    if not is_text:
        allowed = {str, _NONE} if category else {int, float, _NONE}
        if set(map(type, column)) <= allowed:
            return None
        return next(i for i, cell in enumerate(column) if type(cell) not in allowed)
    if category:
        return None
    return next((i for i, cell in enumerate(column) if not _is_number(cell)), None)


def _is_number(cell: object) -> bool:
    if cell is None:
        return True
    return bool(_NUMBER.fullmatch(str(cell))) and math.isfinite(float(str(cell)))


def _wrong_kind(feature: Feature, row: int, table: Table) -> Fault:
    wanted = "a text" if feature.kind == "category" else "a finite number"
    return Fault(
        field=f"{table.place}.{feature.name}.{row}",
        code="wrong_kind",
        message=f"this column is {wanted} or null; row {row} is neither",
    )
