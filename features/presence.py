"""In which cells each user was active, as bits: one row per user, however many days and dates.

Every pair of a cell and a cut-off from which rows of it count is one bit; those that count at a
cut-off and lie in a window are a mask. A user was active in a window at a cut-off if and only if
the user's bits and the mask have one in common, whether or not a row was recorded late.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import pyarrow as pa

from features.cells import FOREVER, Cells
from features.engines.light import ibis
from features.given import given
from features.recipe import Recipe
from features.windows import Expression

A_WORD = 62
"""Bits of one integer."""
MOST_WORDS = 16
"""With more words than this, rows per user and cell are less work."""

Window = tuple[int, int | None]
"""How many days before the cut-off it ends, and its length or None."""


def pairs(seen: pa.Table) -> tuple[tuple[int, int], ...]:
    """Return the cells and cut-offs of a table with ``cell`` and ``first_c``, ascending."""
    return tuple(sorted(zip(seen["cell"].to_pylist(), seen["first_c"].to_pylist(), strict=True)))


def shape(pairs: Sequence[tuple[int, int]]) -> int:
    """Return how many integers hold a bit each; 0 for none, or where they would be too many."""
    words = -(-len(pairs) // A_WORD)
    return words if words <= MOST_WORDS else 0


@dataclass(frozen=True)
class Presence:
    """The bits of some cells.

    Attributes
    ----------
    cells : Cells
    pairs : tuple of (int, int)
        Every cell and cut-off from which rows of it count that occur, ascending.
    """

    cells: Cells
    pairs: tuple[tuple[int, int], ...]

    @property
    def words(self) -> range:
        """Which integers hold the bits."""
        return range(-(-len(self.pairs) // A_WORD))

    def columns(self, what: str, windows: Sequence[Window] = ()) -> dict[str, list[int]]:
        """Return one of the small tables that queries join: ``bits`` or ``masks``."""
        return self._bits() if what == "bits" else self._masks(windows)

    def _given(self, what: str, windows: Sequence[Window] = ()) -> ibis.Table:
        cells = {"edges": sorted(self.cells.edges), "whole": self.cells.whole}
        said = cells | {"what": what, "windows": list(map(list, windows))}
        return given(Recipe("presence", said), **self.columns(what, windows))

    def of(self, rows: ibis.Table, key: str) -> ibis.Table:
        """Return one row per account and value of ``key`` with its bits: ``b0``, ``b1``, …."""
        rows = rows.filter(rows[key].notnull()).select("account_id", key, "day", "known")
        bits = self._given("bits")
        rows = rows.join(self.cells.known, rows.known == self.cells.known.k)
        rows = rows.join(bits, [rows.day == bits.at, rows.first_c == bits.since])
        found = {f"b{n}": rows.pair.bit_or(where=rows.word == n) for n in self.words}
        return rows.group_by(["account_id", key]).aggregate(
            **{name: bits.coalesce(0) for name, bits in found.items()}
        )

    def _bits(self) -> dict[str, list[int]]:
        place_of = {pair: place for place, pair in enumerate(self.pairs)}
        since = defaultdict(list)
        for cell, first_c in self.pairs:
            since[cell].append(first_c)
        # By day and not by cell: one join of every event less.
        each = [
            (day, first_c, *divmod(place_of[cell, first_c], A_WORD))
            for day, cell in self.cells.by_day()
            for first_c in since[cell]
        ]
        return {
            "at": [day for day, _, _, _ in each],
            "since": [first_c for _, first_c, _, _ in each],
            "word": [word for _, _, word, _ in each],
            "pair": [1 << place for _, _, _, place in each],
        }

    def _masks(self, windows: Sequence[Window]) -> dict[str, list[int]]:
        columns: dict[str, list[int]] = {"c": list(self.cells.cut_days)}
        for at, window in enumerate(windows):
            for n in self.words:
                columns[f"mask{at}_{n}"] = [self._mask(c, window, n) for c in self.cells.cut_days]
        return columns

    def at_cuts(self, users: ibis.Table, windows: Sequence[Window]) -> ibis.Table:
        """Return each user at each cut-off with a truth per window: ``in0``, ``in1``, …."""
        rows = users.cross_join(self._given("masks", windows))
        inside = {f"in{at}": self._common(rows, at) for at in range(len(windows))}
        return rows.select("c", "account_id", **inside)

    def _common(self, rows: ibis.Table, at: int) -> Expression:
        common = [(rows[f"b{n}"] & rows[f"mask{at}_{n}"]) != 0 for n in self.words]
        return reduce(lambda one, other: one | other, common)

    def _mask(self, c: int, window: Window, word: int) -> int:
        skip, days = window
        first = c - skip - (FOREVER if days is None else days)
        mine = enumerate(self.pairs[word * A_WORD : (word + 1) * A_WORD])
        inside = (n for n, (cell, known) in mine if first <= cell < c - skip and known <= c)
        return sum(1 << n for n in inside)
