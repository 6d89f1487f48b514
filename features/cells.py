"""Runs of days that no window of any cut-off divides, and their place at the cut-offs.

A window begins and ends at ``c − edge`` only, so all days between two neighbouring such points lie
in the same windows: adding their rows up first changes no window's value and leaves a fraction of
the rows to be joined with the cut-offs. A cell has at most `LONGEST` days, so that a set of its
days is an integer: the ``bit`` of each day is a power of two.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from features.engines.light import ibis
from features.given import given
from features.recipe import Recipe

LONGEST = 62
"""Days of a cell: as many as an integer of 64 bits holds without its sign."""
FOREVER = 1_000_000
"""An edge before all windows, in days."""


@dataclass(frozen=True)
class Cells:
    """The cells of some cut-offs and window edges.

    Attributes
    ----------
    cut_days : tuple of int
        Ascending.
    edges : frozenset of int
        How many days before a cut-off a window begins or ends.
    whole : bool
        Whether there are cells back to 1970-01-01, before the earliest edge.
    """

    cut_days: tuple[int, ...]
    edges: frozenset[int]
    whole: bool = False

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """The first day of each cell, ascending."""
        points = {c - edge for c in self.cut_days for edge in self.edges} | set(self.cut_days)
        if self.whole:
            points.add(min(0, *points))
        ends = sorted(points)
        return np.concatenate(
            [np.arange(a, b, LONGEST) for a, b in pairwise(ends)] + [np.array(ends[-1:])]
        ).astype(np.int64)

    def columns(self, what: str, reach: int | None = None) -> dict[str, NDArray[np.int64]]:
        """Return one of the small tables that queries join: ``days``, ``known``, …."""
        if what == "days":
            return self._days()
        if what == "known":
            return self._known()
        return self._on_time() if what == "on_time" else self._cuts(reach)

    def _given(self, what: str, reach: int | None = None) -> ibis.Table:
        said = {"edges": sorted(self.edges), "whole": self.whole, "what": what, "reach": reach}
        return given(Recipe("cells", said), **self.columns(what, reach))

    @cached_property
    def days(self) -> ibis.Table:
        """The days: ``day``, its ``cell`` and its ``bit`` there."""
        return self._given("days")

    def _days(self) -> dict[str, NDArray[np.int64]]:
        day, cell = self._placed
        return {"day": day, "cell": cell, "bit": np.left_shift(np.int64(1), day - cell)}

    def by_day(self) -> Iterator[tuple[int, int]]:
        """Yield each day and its cell."""
        day, cell = self._placed
        return zip(day.tolist(), cell.tolist(), strict=True)

    @cached_property
    def _placed(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        day = np.arange(self.starts[0], self.cut_days[-1] + 1, dtype=np.int64)
        return day, self.starts[np.searchsorted(self.starts, day, side="right") - 1]

    @cached_property
    def known(self) -> ibis.Table:
        """The days from which rows are known: ``k`` and ``first_c``, the cut-off at or after it."""
        return self._given("known")

    def _known(self) -> dict[str, NDArray[np.int64]]:
        day = np.arange(self.starts[0], self.cut_days[-1] + 1, dtype=np.int64)
        cuts = np.array(self.cut_days, np.int64)
        return {"k": day, "first_c": cuts[np.searchsorted(cuts, day, side="left")]}

    @cached_property
    def on_time(self) -> ibis.Table:
        """The cells: ``day``, the first, and ``on_time``, the first cut-off at which rows count."""
        return self._given("on_time")

    def _on_time(self) -> dict[str, NDArray[np.int64]]:
        cuts = np.array(self.cut_days, np.int64)
        cells = self.starts[self.starts < cuts[-1]]
        return {"day": cells, "on_time": cuts[np.searchsorted(cuts, cells, side="right")]}

    def of(self, rows: ibis.Table) -> ibis.Table:
        """Return the placed rows with ``cell``, ``bit`` and ``first_c``."""
        found = rows.join(self.days, "day")
        return found.join(self.known, found.known == self.known.k).drop("k")

    def at_cuts(self, rows: ibis.Table, reach: int | None = None) -> ibis.Table:
        """Return each row of a cell once for every cut-off at which it counts.

        Parameters
        ----------
        rows : ibis.Table
            ``day`` is the first of a cell, ``known`` a cut-off.
        reach : int or None
            Only cells of ``[c − reach, c)``; None for all.

        Returns
        -------
        ibis.Table
            The rows with ``c``; ``day`` is now the nearest edge of a window of ``c`` at or before
            the cell, which lies in the same windows and is the same for many cells.
        """
        rows = rows.rename(cell="day").join(self._given("cuts", reach), "cell")
        return rows.filter(rows.known <= rows.c).drop("cell")

    def _cuts(self, reach: int | None) -> dict[str, NDArray[np.int64]]:
        cuts = np.array(self.cut_days, np.int64)
        before = self.starts[:, None] < cuts[None, :]
        if reach is not None:
            before &= self.starts[:, None] >= cuts[None, :] - reach
        cell, c = (
            found[at] for found, at in zip((self.starts, cuts), np.nonzero(before), strict=True)
        )
        edges = np.array([*sorted(self.edges), FOREVER], np.int64)
        edge = edges[np.searchsorted(edges, c - cell, side="left")]
        return {"cell": cell, "c": c, "day": c - edge}


def edges_of(spans: Collection[tuple[int, int | None]]) -> frozenset[int]:
    """Return the edges of windows, each given by its skip and its length or None.

    Examples
    --------
    >>> sorted(edges_of([(0, 28), (28, 28), (0, None)]))
    [0, 28, 56]
    """
    return frozenset({skip for skip, _ in spans} | {skip + (days or 0) for skip, days in spans})
