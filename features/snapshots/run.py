"""What a build knows only when it runs, and the small tables that it makes of that."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa

from features import usage, windows
from features.cells import Cells
from features.given import rows_of
from features.presence import Presence
from features.recipe import Recipe


@dataclass
class Run:
    """The cut-offs of one build, and what was read on its way.

    Attributes
    ----------
    as_ofs : tuple of datetime
        Ascending, midnights in UTC.
    names : tuple of str
        The events that are bits, see `usage.as_bits`.
    pairs : tuple of (int, int)
        See `presence.pairs`.
    """

    as_ofs: tuple[datetime, ...]
    names: tuple[str, ...] = ()
    pairs: tuple[tuple[int, int], ...] = ()
    _cells: dict[tuple[frozenset[int], bool], Cells] = field(default_factory=dict)

    @property
    def cut_days(self) -> tuple[int, ...]:
        """The cut-offs as day numbers, ascending."""
        return tuple(windows.day_number(as_of) for as_of in self.as_ofs)

    @property
    def ends(self) -> tuple[int, int]:
        """The first and the last cut-off."""
        return self.cut_days[0], self.cut_days[-1]

    def made(self, recipe: Recipe) -> pa.Table:
        """Return the table that a query is given in this run."""
        return rows_of(_MAKERS[recipe.kind](self, **recipe.said))

    def cells(self, edges: list[int], whole: bool) -> Cells:
        """Return the cells of this run, the same ones each time."""
        key = (frozenset(edges), whole)
        return self._cells.setdefault(key, Cells(self.cut_days, *key))


def _dates(run: Run) -> dict[str, Any]:
    return windows.instants(run.as_ofs)


def _words(run: Run) -> dict[str, Any]:
    return usage.places_of(run.names)


def _of_cells(
    run: Run, edges: list[int], whole: bool, what: str, reach: int | None
) -> dict[str, Any]:
    return run.cells(edges, whole).columns(what, reach)


def _of_presence(
    run: Run, edges: list[int], whole: bool, what: str, windows: list[list[int]]
) -> dict[str, Any]:
    presence = Presence(run.cells(edges, whole), run.pairs)
    return presence.columns(what, [(skip, days) for skip, days in windows])


_MAKERS: dict[str, Callable[..., dict[str, Any]]] = {
    "dates": _dates,
    "words": _words,
    "cells": _of_cells,
    "presence": _of_presence,
}
