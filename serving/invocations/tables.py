"""The rows of a request, whichever of MLflow's five ways they were written in."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from serving.problems import Fault, RequestFault, printable

PARAMS: Final = "params"

_MISSING: Final = frozenset(
    ("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
     "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null")
)  # fmt: skip
"""Cells of a CSV that pandas, and with it MLflow's own server, reads as missing."""


@dataclass(frozen=True)
class Table:
    """Columns of equal length by name.

    Attributes
    ----------
    place : str
        Where in the request they stood, such as ``body.dataframe_split``.
    is_text : bool
        Whether numbers are still written as text, as in a CSV.
    """

    place: str
    columns: Mapping[str, Sequence[object]]
    rows: int
    is_text: bool = False


def from_json(document: object) -> Table:
    """Return the rows of a JSON body.

    Raises
    ------
    RequestFault
        Naming what is not as the protocol has it; values are never repeated.
    """
    if not isinstance(document, dict):
        raise _fault("body", "not_an_object", f"is no object with one of {', '.join(FORMATS)}")
    given = [name for name in FORMATS if name in document]
    unknown = [name for name in document if name not in (*FORMATS, PARAMS)]
    if unknown:
        raise _fault(f"body.{printable(unknown[0])}", "extra_forbidden", "is no such field")
    if len(given) != 1:
        raise _fault("body", "one_format", f"needs exactly one of {', '.join(FORMATS)}")
    if document.get(PARAMS):
        raise _fault("body.params", "no_params", "this model takes no parameters")
    name = given[0]
    return FORMATS[name](document[name], f"body.{name}")


def from_csv(text: str) -> Table:
    """Return the rows of a CSV body with a header, as ``DataFrame.to_csv(index=False)`` writes it.

    Raises
    ------
    RequestFault
        Where it is no CSV, has no header, or a line has more or fewer cells than the header.
    """
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        header, *lines = [line for line in reader if line]
    except ValueError:
        raise _fault("body", "no_header", "has no line with the names of the columns") from None
    except csv.Error:
        raise _fault("body", "not_csv", f"is no CSV (line {reader.line_num})") from None
    rows = [[None if cell in _MISSING else cell for cell in line] for line in lines]
    table = _split_rows(header, rows, "body", "body")
    return Table("body", table.columns, table.rows, is_text=True)


def _split(given: object, place: str) -> Table:
    """Return ``{"columns": [...], "data": [[...], ...]}``; an index says nothing here."""
    if not isinstance(given, dict) or "data" not in given or "columns" not in given:
        raise _fault(place, "not_split", "needs columns (names) and data (a list of rows)")
    for name in given:
        if name not in ("columns", "data", "index"):
            raise _fault(f"{place}.{printable(name)}", "extra_forbidden", "is no such field")
    columns, data = given["columns"], given["data"]
    if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
        raise _fault(f"{place}.columns", "not_names", "is no list of names")
    if not isinstance(data, list):
        raise _fault(f"{place}.data", "list_type", "is no list of rows")
    return _split_rows(columns, data, place, f"{place}.data")


def _split_rows(columns: list[str], data: list[Any], place: str, below: str) -> Table:
    if len(set(columns)) < len(columns):
        name = next(name for name in columns if columns.count(name) > 1)
        raise _fault(f"{place}.{printable(name)}", "repeated", "is given twice")
    for position, row in enumerate(data):
        if not isinstance(row, list) or len(row) != len(columns):
            raise _fault(
                f"{below}.{position}", "row_length", f"is no list of {len(columns)} values"
            )
    turned = zip(*data, strict=True) if data else [()] * len(columns)
    return Table(place, dict(zip(columns, turned, strict=True)), len(data))


def _records(given: object, place: str) -> Table:
    """Return ``[{"column": value, ...}, ...]``; what a record lacks is missing."""
    if not isinstance(given, list):
        raise _fault(place, "list_type", "is no list of records")
    for position, record in enumerate(given):
        if not isinstance(record, dict):
            raise _fault(
                f"{place}.{position}",
                "no_names",
                "is no object by column name; the model reads its columns by name, in any order",
            )
    names = dict.fromkeys(name for record in given for name in record)
    columns = {name: [record.get(name) for record in given] for name in names}
    return Table(place, columns, len(given))


def _columns(given: object, place: str) -> Table:
    """Return ``{"column": [...], ...}``, or single values for one row, or records."""
    if not isinstance(given, dict):
        return _records(given, place)
    listed = {name: value for name, value in given.items() if isinstance(value, list)}
    if not listed:
        return Table(place, {name: [value] for name, value in given.items()}, 1)
    rows = len(next(iter(listed.values())))
    for name in given:
        if name not in listed or len(listed[name]) != rows:
            raise _fault(f"{place}.{printable(name)}", "column_length", f"is no list of {rows}")
    return Table(place, cast(Mapping[str, Sequence[object]], listed), rows)


FORMATS: Final[Mapping[str, Callable[[object, str], Table]]] = {
    "dataframe_split": _split,
    "dataframe_records": _records,
    "instances": _columns,
    "inputs": _columns,
}
"""Field of the body → how it is read."""


def _fault(field: str, code: str, message: str) -> RequestFault:
    return RequestFault(Fault(field=field, code=code, message=message))
