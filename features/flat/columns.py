"""The columns of a flat table: which are features, of which kind, and which are left out."""

import re
from dataclasses import dataclass
from typing import Any, Literal

import duckdb

from features.catalog import Feature, Words
from features.checks.foresight import tells_by_name
from features.checks.separation import ENOUGH_OF_BOTH, TOO_WELL, separation
from features.settings import Flat
from features.sources.columns import as_text
from features.sources.connection import name, text

_MOSTLY_NUMBERS = 0.95
_ENOUGH_NUMBERS = 20
_MANY_TEXTS = 50
_ENOUGH_FILLED = 5

_LATER_SHARE = 0.2
_PLANNED = re.compile(r"renew|expir|due|next|until|term|plan|schedul|満了|更新|期限|予定|次回")

RESERVED = frozenset({"account_id", "as_of", "churned"})


@dataclass(frozen=True)
class FlatColumn:
    """One column of the table that could be a feature.

    Attributes
    ----------
    source, feature : str
        Its name in the table and as a feature.
    kind : {"number", "category"}
    unread : int
        Values of a column of numbers that are none; they count as missing.
    example : str
        One of those.
    verdict : str
        Code of the rule for which the column is left out, or nothing.
    phrase : str
        Why, to complete "flat.column …".
    """

    source: str
    feature: str
    kind: Literal["number", "category"]
    unread: int = 0
    example: str = ""
    verdict: str = ""
    phrase: str = ""

    @property
    def value(self) -> str:
        """SQL of the feature's value in ``main.flat``."""
        held = name(f"given {self.source}")
        return finite(held) if self.kind == "number" else held


def finite(held: str) -> str:
    """Return SQL for a text as a finite number, null where it is none."""
    read = f"try_cast({held} AS DOUBLE)"
    return f"CASE WHEN isfinite({read}) THEN {read} END"


def given(column: str, duck_type: str, flat: Flat) -> str:
    """Return SQL for a column's value as trimmed text, null where the settings call it missing."""
    value = as_text(name(column), duck_type)
    tokens = ", ".join(text(token) for token in ("", *flat.missing))
    return f"CASE WHEN {value} NOT IN ({tokens}) THEN {value} END"


def judge(con: duckdb.DuckDBPyConnection, column: str, flat: Flat) -> FlatColumn:
    """Return what ``column`` of ``main.flat`` is good for, ``churned`` being the label there."""
    held = name(f"given {column}")
    rows, filled, distinct, numbers, number_values, example = _row(
        con,
        f"SELECT count(*), count({held}), count(DISTINCT {held}), count({finite(held)}), "
        f"count(DISTINCT {finite(held)}), min({held}) FILTER (WHERE ({finite(held)}) IS NULL) "
        "FROM main.flat",
    )
    number = column not in flat.categories and _is_number(filled, numbers, number_values)
    feature = f"{column}_" if column in RESERVED or column.startswith("fact_") else column
    kind: Literal["number", "category"] = "number" if number else "category"
    verdict, phrase = "", ""
    if filled == 0:
        verdict, phrase = "K603", "has no value in any row"
    elif tells_by_name(column):
        verdict, phrase = "K401", "knows the future: it says by its name who has left"
    elif flat.as_of is not None and (told := _after_its_date(con, column, held, filled)):
        verdict, phrase = "K404", told
    elif distinct == 1 and filled == rows:
        verdict, phrase = "K604", f"has the same value in every row ('{_first(con, held)}')"
    elif not number and distinct > max(_MANY_TEXTS, 0.5 * filled):
        verdict, phrase = "K605", f"is text with {distinct:,} values in {filled:,} rows, like an id"
    else:
        verdict, phrase = _foresees(con, held, kind)
    unread = filled - numbers if number else 0
    return FlatColumn(
        column, feature, kind, unread, str(example or "") if unread else "", verdict, phrase
    )


def _after_its_date(con: duckdb.DuckDBPyConnection, column: str, held: str, filled: int) -> str:
    """Return the phrase where a column holds times that its rows could not have known.

    A time that is planned, such as a renewal's, is known ahead: it goes by its name.
    """
    if filled < _ENOUGH_FILLED or _PLANNED.search(column.lower()):
        return ""
    time = f"try_cast({held} AS TIMESTAMP)"
    times, later = _row(
        con, f"SELECT count({time}), count(*) FILTER (WHERE {time} > as_of) FROM main.flat"
    )
    if times < filled or later < _LATER_SHARE * filled:
        return ""
    return f"is a time after the date of its row in {later:,} rows, so it was not known then"


def _is_number(filled: int, numbers: int, values: int) -> bool:
    """Numbers throughout, or numbers with a few slips among many different ones."""
    if numbers == filled:
        return filled > 0
    return numbers >= _MOSTLY_NUMBERS * filled and values >= _ENOUGH_NUMBERS


def _first(con: duckdb.DuckDBPyConnection, held: str) -> str:
    return str(_row(con, f"SELECT min({held}) FROM main.flat")[0])


def _foresees(
    con: duckdb.DuckDBPyConnection, held: str, kind: Literal["number", "category"]
) -> tuple[str, str]:
    """Return the code and the phrase where a column tells leavers from stayers too well."""
    left, stayed, filled_left, filled_stayed = _row(
        con,
        "SELECT count(*) FILTER (WHERE churned), count(*) FILTER (WHERE NOT churned), "
        f"count({held}) FILTER (WHERE churned), count({held}) FILTER (WHERE NOT churned) "
        "FROM main.flat",
    )
    if min(left, stayed) < ENOUGH_OF_BOTH:
        return "", ""
    if filled_left >= _ENOUGH_FILLED and filled_stayed == 0:
        share = left / (left + stayed)
        if share**filled_left < 1e-6:
            return (
                "K402",
                f"is filled for {filled_left:,} accounts, all of which have left: for "
                f"{100 * filled_left / left:.0f} % of leavers and 0 % of stayers",
            )
    value = finite(held) if kind == "number" else held
    auc = separation(con, "main.flat", value, "churned", kind)
    if auc is not None and auc >= TOO_WELL:
        return "K403", f"knows the label: alone it tells leavers from stayers (AUC {auc:.3f})"
    return "", ""


def declared(column: FlatColumn) -> Feature:
    """Return the declaration of a column that is kept."""
    title = column.source
    return Feature(
        name=column.feature,
        group="profile",
        indicator="profile",
        kind=column.kind,
        source="flat",
        window_days=None,
        unit="count" if column.kind == "number" else "text",
        good="none",
        actionable=False,
        label=Words(title, title),
        worse=Words(f"{title}がマイナスに働いている", f"{title} counts against it"),
        better=Words(f"{title}がプラスに働いている", f"{title} counts in its favour"),
        missing=Words(f"{title}の値がない", f"{title} is not known"),
        missing_means="The table has no value.",
    )


def _row(con: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    row: tuple[Any, ...] = con.execute(query).fetchall()[0]
    return row
