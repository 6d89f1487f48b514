"""The executive report: one page of what the others compute, for those who decide."""

from collections.abc import Mapping
from typing import Any

from serving.pages.reader import Reader

Context = dict[str, Any]
DECISIONS = 8


def context(figures: Mapping[str, Any], rows: list[Context], reader: Reader) -> Context:
    """Return what the template writes beside the figures of the portfolio.

    Parameters
    ----------
    figures : mapping
        What stands above the portfolio's list, see `overview.figures`.
    rows : list of dict
        The red ones, the largest expected loss first.
    """
    tiles, number = figures["tiles"], reader.numbers
    counted = [(tile.band, float(tile.accounts), number.count(tile.accounts)) for tile in tiles]
    money = [(tile.band, tile.arr, number.money(tile.arr)) for tile in tiles]
    between = ", " if reader.language == "en" else "、"

    def told(parts: list[tuple[str, float, str]]) -> str:
        return between.join(f"{reader.band(band)} {words}" for band, _, words in parts)

    flow = figures["flow"]
    pairs = [(start, end) for start in range(3) for end in range(3)]
    return {
        "by_count": counted,
        "by_count_told": told(counted),
        "by_money": money if figures["has_money"] else None,
        "by_money_told": told(money),
        "worse": sum(flow[start][end] for start, end in pairs if end < start),
        "better": sum(flow[start][end] for start, end in pairs if end > start),
        "rows": rows[:DECISIONS],
    }
