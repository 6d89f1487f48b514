"""The page of segments in words, and the same table for spreadsheets."""

from collections.abc import Iterator
from typing import Any

from serving.answer_words import column_word, segment_value
from serving.pages.numbers import signed
from serving.pages.reader import Reader
from serving.pages.roster import BANDS
from serving.pages.segments import COLUMNS, FEW, Part, Segments
from serving.spreadsheet import Cell

Context = dict[str, Any]
LINES = 15
"""So many parts of a column stand open on the page; the others are folded away."""
LINKED = ("plan", "industry")
"""Columns that the portfolio can be filtered by."""
CSV_HEADER = (
    "column", "value", "companies", "red", "yellow", "green", "no_data", "red_a_week_before",
    "arr", "expected_loss", "expected_to_leave", "customers_then", "gone", "gone_share",
    "gone_low", "gone_high", "then", "as_of",
)  # fmt: skip
"""Shares are fractions; ``gone`` of those that were customers ``then``; intervals are 90 %."""


def context(found: Segments, days: int, has_money: bool, reader: Reader) -> Context:
    """Return all that the template writes."""
    tables = [_table(found, column, has_money, reader) for column in COLUMNS]
    some = [part for column in COLUMNS for part in found.of(column) if part.value is not None]
    return {
        "segments": [table for table in tables if table["parts"]],
        "whole": _row(found.whole, found, has_money, reader),
        "days": days,
        "earlier": found.earlier,
        "worst": _worst(some, found, has_money, reader),
        "few": FEW,
        "has_money": has_money,
        "has_chance": bool(found.whole.chances),
    }


def losses(found: Segments, has_money: bool, reader: Reader, most: int = 10) -> Context | None:
    """Return the parts of the first column that tells anything, the riskiest first."""
    for column in ("industry", "size", "plan", "region"):
        parts = [part for part in found.of(column) if part.value is not None]
        rows = [_row(part, found, has_money, reader) for part in parts]
        known = [row for row in rows if row["risk"] is not None and not row["few"]]
        if len(known) > 1:
            known.sort(key=lambda row: -row["risk"])
            return {"name": column_word(column, reader.language), "rows": known[:most],
                    "scale": known[0]["risk"]}  # fmt: skip
    return None


def csv_rows(found: Segments) -> Iterator[list[Cell]]:
    """Yield each part of each column, the whole company first; columns as `CSV_HEADER`."""
    for part in (found.whole, *(one for column in COLUMNS for one in found.of(column))):
        low, high = part.interval
        known = bool(part.then)
        yield [
            part.column or "all", part.value, part.accounts,
            *(part.bands.get(band, 0) for band in BANDS), part.red_before,
            part.arr or None, part.loss if part.chances else None,
            part.leaving if part.chances else None,
            part.then if found.earlier else None, part.gone if found.earlier else None,
            part.gone / part.then if known else None, low if known else None,
            high if known else None,
            f"{found.earlier.as_of:%Y-%m-%d}" if found.earlier else None,
            f"{found.run.as_of:%Y-%m-%d}",
        ]  # fmt: skip


def _table(found: Segments, column: str, has_money: bool, reader: Reader) -> Context:
    rows = [_row(part, found, has_money, reader) for part in found.of(column)]
    rows.sort(key=lambda row: (row["value"] is None, row["few"], -(row["risk"] or 0), row["shown"]))
    return {
        "code": column,
        "name": column_word(column, reader.language),
        "parts": rows[:LINES],
        "more": rows[LINES:],
        "scale": max((row["risk"] or 0.0 for row in rows), default=0.0),
    }


def _row(part: Part, found: Segments, has_money: bool, reader: Reader) -> Context:
    number, low_high = reader.numbers, part.interval
    shown = "" if part.value is None else segment_value(part.column, part.value, reader.language)
    counts = [(band, float(part.bands.get(band, 0))) for band in BANDS[:3]]
    told = ", " if reader.language == "en" else "、"
    risk = part.risk(has_money)
    return {
        "value": part.value,
        "shown": shown or reader.say("not known"),
        "link": part.column if part.column in LINKED and part.value else None,
        "accounts": part.accounts,
        "red": part.red,
        "change": None if part.red_before is None else signed(part.red - part.red_before),
        "stack": [(band, count, number.count(count)) for band, count in counts],
        "told": told.join(f"{reader.band(band)} {number.count(count)}" for band, count in counts),
        "arr": part.arr,
        "loss": part.loss if has_money else part.leaving,
        "risk": risk,
        "few": part.accounts < FEW,
        "gone": part.gone,
        "then": part.then,
        "gone_share": part.gone / part.then if found.earlier and part.then else None,
        "gone_interval": low_high,
    }


def _worst(some: list[Part], found: Segments, has_money: bool, reader: Reader) -> Context | None:
    """Return the part with the largest risk, of those with enough companies, above the whole."""
    enough = [part for part in some if part.accounts >= FEW and part.risk(has_money) is not None]
    worst = max(enough, key=lambda part: part.risk(has_money) or 0.0, default=None)
    whole = found.whole.risk(has_money)
    if worst is None or whole is None or (worst.risk(has_money) or 0.0) <= whole:
        return None
    row = _row(worst, found, has_money, reader)
    return {**row, "name": column_word(worst.column, reader.language)}
