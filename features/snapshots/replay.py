"""Steps that were written down, done again with the dates of another run."""

from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa

from features import usage
from features.engines import Ranges
from features.engines.keeping import Written, begin_drop, begin_table, say
from features.engines.steps import Step
from features.engines.turns import begin
from features.presence import pairs, shape
from features.snapshots.run import Run

if TYPE_CHECKING:
    from features.sources import Tables


class Replay:
    """What a build had DuckDB do, being done again.

    Attributes
    ----------
    ranges : Ranges
        What is computed anew for every range of instants.
    """

    def __init__(self, tables: "Tables", run: Run, kept: ExitStack) -> None:
        self._tables, self._run, self._kept = tables, run, kept
        self._backend = tables.backend
        self._answers: dict[str, Future[pa.Table]] = {}
        self._there: dict[str, str] = {}
        self.ranges = Ranges(self._backend, kept)
        kept.callback(self._drop_all)

    def do(self, steps: Sequence[Step]) -> int | None:
        """Do the steps; return the shape on which what follows depends, None at the end."""
        for step in steps:
            if step.do == "fork":
                return self._shape(step.of)
            self._do(step)
        return None

    def _do(self, step: Step) -> None:
        if step.do == "table":
            begin_table(self._backend, self._written(step))
        elif step.do == "part":
            self.ranges.parts.append(self._written(step))
        elif step.do == "view":
            self.ranges.views.append((step.name, step.text, step.of))
            self._there[step.name] = "VIEW"
        elif step.do == "drop":
            begin_drop(self._backend, step.name, self._there.pop(step.name))
        elif step.do == "say":
            day = self._run.ends[("first", "last").index(step.of)]
            say(self._backend, step.name, day, self._kept)
        else:
            read = partial(self._read, step.text)
            self._answers[step.of] = begin(read)

    def _read(self, query: str) -> pa.Table:
        return self._backend.con.sql(query).to_arrow_table()

    def _written(self, step: Step) -> Written:
        given = [(name, self._run.made(recipe), recipe) for name, recipe in step.given]
        self._there |= dict.fromkeys((step.name, *(name for name, *_ in given)), "TABLE")
        return Written(self._backend.con, step.name, step.text, tuple(given))

    def _shape(self, of: str) -> int:
        """Take in the answer, and return all of it on which queries depend."""
        if of == "pairs":
            self._run.pairs = pairs(self._answers[of].result())
            return shape(self._run.pairs)
        if self._tables.digests is not None:
            names = list(self._tables.digests.events)
        else:
            names = self._answers[of].result()["event"].to_pylist()
        self._run.names = usage.as_bits(names)
        return usage.words(self._run.names)

    def _drop_all(self) -> None:
        for name, kind in self._there.items():
            begin_drop(self._backend, name, kind)
