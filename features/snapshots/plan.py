"""The queries of a build, kept between runs: what was written once is not written again.

To write the queries takes Ibis longer than DuckDB needs to answer them where little is new. They
depend on the code, the settings, what features are wanted and the tables' columns, not on the
dates: those are in small tables and variables.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from features.catalogue import Declaration
from features.engines import Ranges
from features.engines.compiled import Compiled, key
from features.engines.keeping import say
from features.engines.plain import plain
from features.engines.steps import Recording, Step, fresh, read, written
from features.engines.stored import notes
from features.settings import Settings
from features.snapshots.replay import Replay
from features.snapshots.run import Run

if TYPE_CHECKING:
    from features.sources import Tables

SETTINGS: dict[str, set[str] | bool] = {
    "company": {"currency"},
    "churn": True,
    "features": True,
    "snapshots": {"windows_days"},
}
"""What of the settings can change a query."""


class Plan:
    """The queries of one build, which may have been written before.

    Parameters
    ----------
    said : object
        All that the queries depend on beside the code, as JSON.
    """

    def __init__(self, tables: "Tables", compiled: Compiled, said: object) -> None:
        self._tables, self._compiled, self._said = tables, compiled, said

    def again(self, run: Run, kept: ExitStack) -> tuple[Ranges, str] | None:
        """Do what was done before with the dates of ``run``.

        Returns
        -------
        tuple of Ranges and str, or None
            What is to be computed of each range, and the table with the rows of a snapshot; None
            where the queries have to be written, and nothing was done.
        """
        names: dict[str, str] = {}
        found = self._found((), names)
        if found is None:
            return None
        with ExitStack() as stack:
            replay = Replay(self._tables, run, stack)
            shapes: tuple[int, ...] = ()
            while found is not None:
                fork = replay.do(found)
                if fork is None:
                    kept.enter_context(stack.pop_all())
                    return replay.ranges, replay.ranges.parts[-1].name
                shapes += (fork,)
                found = self._found(shapes, names)
        return None

    @contextmanager
    def recorded(self, run: Run, kept: ExitStack) -> Iterator[tuple[str, str]]:
        """Note down what is done on the tables' engine, and keep it where it can be done again.

        Yields
        ------
        (str, str)
            The variables in which queries find the first and the last cut-off.
        """
        backend = self._tables.backend
        recording = notes(backend)["recording"] = Recording()
        try:
            ends = fresh("first"), fresh("last")
            for name, of, day in zip(ends, ("first", "last"), run.ends, strict=True):
                recording.note(Step("say", name, of=of))
                say(backend, name, day, kept)
            yield ends
        finally:
            del notes(backend)["recording"]
        if recording.whole:
            parts = recording.parts.items()
            self._compiled.keep({self._key(shapes): written(steps) for shapes, steps in parts})

    def _key(self, shapes: tuple[int, ...]) -> str:
        return key("plan", self._said, shapes)

    def _found(self, shapes: tuple[int, ...], names: dict[str, str]) -> list[Step] | None:
        text = self._compiled.found(self._key(shapes))
        try:
            return None if text is None else read(text, names)
        except (ValueError, KeyError, TypeError):
            return None


def plan(
    tables: "Tables", settings: Settings, run: Run, declared: Sequence[Declaration]
) -> Plan | None:
    """Return the queries of a build; None where they are not the same in another run.

    They are not on another engine, and where the tables are no tables of DuckDB: of merged or
    erased accounts they are queries that name those. Settings of no file have no workspace.
    """
    if tables.backend.name != "duckdb" or not settings.root.is_absolute():
        return None
    there = {name: plain(tables.tables, name) for name in tables.tables}
    digests = tables.digests
    parts = {} if digests is None else {name: plain(digests.parts, name) for name in digests.parts}
    if None in there.values() or None in parts.values():
        return None
    said = [
        settings.model_dump(mode="json", include=SETTINGS),
        [[d.feature.name, d.feature.kind, repr(d.measure)] for d in declared],
        sorted(there.items()),
        sorted(parts.items()),
        None if digests is None else [repr(digests.meaning), digests.all_count(run.cut_days)],
        len(run.as_ofs) == 1,
    ]
    return Plan(tables, Compiled(settings.workspace), said)
