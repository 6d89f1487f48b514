"""A company whose every personal field holds a text that nobody else may ever see."""

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

MARK = "zqk7"
"""What every canary begins with; nothing else does."""

PERSONAL: dict[str, tuple[str, ...]] = {
    "accounts": ("name", "name_en", "owner", "contact_email", "notes"),
    "events": ("user_id",),
    "tickets": ("ticket_id", "text"),
    "surveys": ("comment",),
    "messages": ("text",),
    "actions": ("by",),
    "opinions": ("by", "note"),
}
"""Columns of people's names, addresses and words; those a table lacks are added."""


def canary(table: str, column: str) -> str:
    """Return what every cell of the column begins with."""
    return f"{MARK}{table}{column}".replace("_", "")


def every() -> list[str]:
    """Return the canaries of all columns."""
    return [canary(table, column) for table, columns in PERSONAL.items() for column in columns]


def planted(folder: Path) -> None:
    """Write the canaries into every row of the tables in ``folder``."""
    for table, columns in PERSONAL.items():
        file = folder / f"{table}.parquet"
        content = pq.read_table(file)
        for column in columns:
            texts = [f"{canary(table, column)}{n} x@example.org" for n in range(content.num_rows)]
            cells = pa.array(texts, pa.string())
            there = content.schema.get_field_index(column)
            if there < 0:
                content = content.append_column(column, cells)
            else:
                content = content.set_column(there, column, cells)
        pq.write_table(content, file)


def seen(text: str | bytes, known: Iterable[str] | None = None) -> set[str]:
    """Return which canaries are in ``text``, however it writes letters."""
    raw = text if isinstance(text, bytes) else text.encode()
    wide = raw.replace(b"\x00", b"")
    return {one for one in known or every() if one.encode() in raw or one.encode() in wide}
