"""Tables as CSV after RFC 4180, safe to open in a spreadsheet: every CSV we write comes from here.

A cell that starts like a formula is run by the program that opens the file, whoever wrote it into a
name or a note. Such text gets an apostrophe in front; numbers are written as numbers.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

_STARTS_A_FORMULA = tuple("=+-@\t\r\n\0＝＋－＠")
"""OWASP ASVS 5.0 V1.2.10; the full-width forms are what a Japanese spreadsheet takes for them."""

_UNSEEN = " \u00a0\u3000\u200b\ufeff"
"""What some programs drop before they look at the first letter."""

Cell = str | float | int | None

BYTE_ORDER_MARK = "\ufeff"
"""By which spreadsheets see that the file is UTF-8."""


def safe(cell: Cell) -> Cell:
    """Return ``cell`` such that no spreadsheet takes text for a formula.

    >>> safe("=HYPERLINK(1)"), safe(-3), safe(" ＝1")
    ("'=HYPERLINK(1)", -3, "' ＝1")
    """
    if isinstance(cell, str) and cell.lstrip(_UNSEEN).startswith(_STARTS_A_FORMULA):
        return f"'{cell}"
    return cell


def as_csv(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Return the rows as one CSV."""
    return "".join(csv_parts(header, [rows]))


def csv_parts(header: Sequence[str], batches: Iterable[Iterable[Sequence[Cell]]]) -> Iterator[str]:
    """Yield a CSV in parts, one for each batch of rows; the first has mark and header as well."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    out.write(BYTE_ORDER_MARK)
    writer.writerow([safe(name) for name in header])
    for batch in batches:
        writer.writerows([safe(cell) for cell in row] for row in batch)
        yield out.getvalue()
        out.seek(0)
        out.truncate()
    if out.tell():
        yield out.getvalue()
