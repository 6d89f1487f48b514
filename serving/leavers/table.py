"""The table of what leavers had not done, for spreadsheets."""

from collections.abc import Iterator, Mapping
from typing import Any

from features.catalog import Language
from serving.spreadsheet import Cell, as_csv

CSV_HEADER = (
    "code", "label", "window_days", "leavers", "leavers_with", "leavers_share",
    "stayers", "stayers_with", "stayers_share", "stayers_alike_share",
    "difference", "difference_low", "difference_high",
    "odds_ratio", "odds_ratio_low", "odds_ratio_high", "q_value", "result",
    "period_from", "period_to",
)  # fmt: skip
"""Shares are fractions; ``alike`` is at the leavers' tenures and plans; intervals are 90 %."""


def csv(document: Mapping[str, Any], language: Language) -> str:
    """Return the whole table as CSV, labels in ``language``."""
    return as_csv(CSV_HEADER, _rows(document, language))


def _rows(document: Mapping[str, Any], language: Language) -> Iterator[list[Cell]]:
    for row in document["rows"]:
        leavers, stayers = row["leavers"], row["stayers"]
        yield [
            row["code"], row[f"label_{language}"], row["window_days"],
            leavers["n"], leavers["with"], leavers["share"],
            stayers["n"], stayers["with"], stayers["share"], row["stayers_alike"],
            row["difference"], *row["interval"],
            row["odds_ratio"], *row["odds_interval"], row["q_value"], row["result"],
            *document["period"],
        ]  # fmt: skip
