"""The list as CSV, safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence

_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
Cell = str | float | int | None


def safe(cell: Cell) -> Cell:
    """Return ``cell`` such that no spreadsheet takes text for a formula.

    >>> safe("=HYPERLINK(1)"), safe(-3)
    ("'=HYPERLINK(1)", -3)
    """
    if isinstance(cell, str) and cell.startswith(_STARTS_A_FORMULA):
        return f"'{cell}"
    return cell


def as_csv(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Return the rows as CSV after RFC 4180, with the mark by which spreadsheets see UTF-8."""
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([safe(cell) for cell in header])
    writer.writerows([safe(cell) for cell in row] for row in rows)
    return out.getvalue()
