"""From tables to snapshots: every feature of every live account at every ``as_of``, at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from features import identities, windows
from features.catalogue import Declaration, declarations
from features.catalogue.profile import held
from features.collector import uncollected
from features.comparisons import AgainstPeers, with_medians
from features.engines import Ranges, ahead, each, finished, in_any_order
from features.engines.light import ibis
from features.errors import SettingsError
from features.facts import FACT_KINDS
from features.measures import Measured
from features.progress import Progress
from features.settings import Settings
from features.snapshots.living import agreed, joined, keyed, live
from features.snapshots.plan import Plan, plan
from features.snapshots.rows import groups, shown, told
from features.snapshots.run import Run
from features.snapshots.snapshot import Snapshot
from features.views import VIEWS, Scope, View
from features.windows import Expression

if TYPE_CHECKING:
    from features.sources import Tables


@dataclass(frozen=True)
class Computed:
    """What was measured of every account at every instant.

    Attributes
    ----------
    running : ibis.Table
        Who lives; see `spells.running`.
    terms : ibis.Table or None
        What their contracts say; see `living.agreed`.
    tables : dict of str to ibis.Table
        By view: ``c``, ``account_id`` and a column per aggregate.
    names : dict of Measured to str
        The column of each aggregate.
    """

    running: ibis.Table
    terms: ibis.Table | None
    tables: dict[str, ibis.Table]
    names: dict[Measured, str]

    def between(self, instants: Sequence[datetime]) -> Computed:
        """Return the rows from the first to the last of ``instants``."""
        first, last = windows.day_number(instants[0]), windows.day_number(instants[-1])
        return self._each(lambda table, c: table.filter(table[c] >= first, table[c] <= last))

    def shown(self, ranges: Ranges) -> Computed:
        """Return the rows of the range that is shown."""
        return self._each(ranges.shown)

    def _each(self, some: Callable[[ibis.Table, str], ibis.Table]) -> Computed:
        tables = {view: some(table, table.columns[0]) for view, table in self.tables.items()}
        terms = None if self.terms is None else some(self.terms, self.terms.columns[0])
        return Computed(some(self.running, "c"), terms, tables, self.names)


def build(
    tables: Tables,
    settings: Settings,
    as_ofs: Sequence[datetime],
    progress: Progress | None = None,
    only: Collection[str] | None = None,
    anew: bool = False,
) -> Snapshot:
    """Return the snapshot of every live account at every ``as_of``.

    Everything for all instants is computed in one pass per view; see `views` and `measures`.

    Parameters
    ----------
    as_ofs : sequence of datetime
        Midnights in UTC.
    only : collection of str, optional
        Names of the features to compute, in catalogue order; default: all. Facts are always there.
    anew : bool
        Whether every query is written now, whatever an earlier run kept; see `plan`.

    Raises
    ------
    SettingsError
        Where an ``as_of`` is no midnight, or ``only`` names a feature that does not exist.
    TableError
        Where the source of churn has no table.
    """
    parts = list(build_each(tables, settings, as_ofs, progress, only, anew))
    table = pa.concat_tables([part.table for part in parts]).combine_chunks()
    return Snapshot(table, parts[-1].features)


def build_each(
    tables: Tables,
    settings: Settings,
    as_ofs: Sequence[datetime],
    progress: Progress | None = None,
    only: Collection[str] | None = None,
    anew: bool = False,
) -> Iterator[Snapshot]:
    """Return the snapshots of each ``as_of``, ascending; about `JOINED_TOGETHER` rows in memory.

    All is measured in the one pass of `build`, begun before this returns; an instant at which no
    account lives has a snapshot without rows. Take all of them, or close what is returned; until
    then the connection is at work, and other queries on it go through `features.engines`.
    """
    run = Run(tuple(windows.require_midnights(as_ofs)))
    declared = _chosen(declarations(settings, tables), only)
    tables = identities.unfolded(tables, settings)
    in_any_order(tables.backend)
    together = groups(tables, run.as_ofs)
    views = sorted(_by_view(declared), key=list(VIEWS).index)
    tell = _counting(progress, len(views) + len(run.as_ofs))
    with ExitStack() as kept, uncollected():
        kept.callback(finished, tables.backend)
        known = None if anew else plan(tables, settings, run, declared)
        done = known.again(run, kept) if known is not None else None
        if done is not None:
            for number, view in enumerate(views, start=1):
                tell(view, number)
            rows = shown(*done, together)
        else:
            scope = Scope(tables, settings, run.as_ofs, kept)
            rows = _begun(scope, run, declared, known, together, tell)
        rows = ahead(rows)
        return told(
            rows, run.as_ofs, declared, kept.pop_all(), lambda n, t: tell(t, len(views) + n)
        )


def _counting(progress: Progress | None, steps: int) -> Callable[[str, int], None]:
    """Return what tells how much of all is done."""
    if progress is None:
        return lambda what, done: None
    return lambda what, done: progress(what, done, steps)


def _begun(
    scope: Scope,
    run: Run,
    declared: Sequence[Declaration],
    known: Plan | None,
    together: Sequence[Sequence[datetime]],
    tell: Callable[[str, int], None],
) -> Iterator[Future[pa.Table]]:
    """Return the rows of each instant to come; their queries are written, and kept in ``known``."""
    if known is None:
        found = _computed(scope, declared, VIEWS, lambda what, done, _: tell(what, done))
        return _each(scope, together, declared, found)
    with known.recorded(run, scope.kept) as ends:
        scope = replace(scope, ends=ends)
        found = _computed(scope, declared, VIEWS, lambda what, done, _: tell(what, done))
        ranges = Ranges(scope.tables.backend, scope.kept)
        rows = ranges.keep(_rows(ranges.keep, scope, declared, found.shown(ranges)))
    return shown(ranges, rows.op().name, together)


def _each(
    scope: Scope,
    together: Sequence[Sequence[datetime]],
    declared: Sequence[Declaration],
    found: Computed,
) -> Iterator[Future[pa.Table]]:
    """Yield the rows of each instant, those of some instants put together at once."""
    if scope.tables.backend.name != "duckdb":
        for group in together:
            with ExitStack() as kept:
                one = replace(scope, kept=kept)
                yield from each(_rows(one.keep, scope, declared, found.between(group)), group)
        return
    ranges = Ranges(scope.tables.backend, scope.kept)
    rows = ranges.keep(_rows(ranges.keep, scope, declared, found.shown(ranges)))
    yield from shown(ranges, rows.op().name, together)


def _chosen(declared: Sequence[Declaration], only: Collection[str] | None) -> Sequence[Declaration]:
    """Return the declarations that ``only`` names, in catalogue order."""
    if only is None:
        return declared
    unknown = sorted(set(only) - {d.feature.name for d in declared})
    if unknown:
        raise SettingsError(
            "names of features that exist for these tables",
            ", ".join(f"'{name}'" for name in unknown),
            "Run `kenshin features` to see them.",
        )
    return [d for d in declared if d.feature.name in only]


def expression(
    scope: Scope,
    declared: Sequence[Declaration],
    tell: Progress,
    views: Mapping[str, View] = VIEWS,
) -> ibis.Table:
    """Return the rows of a snapshot before they are read, views that are kept computed already."""
    return _rows(scope.keep, scope, declared, _computed(scope, declared, views, tell))


def _computed(
    scope: Scope, declared: Sequence[Declaration], views: Mapping[str, View], tell: Progress
) -> Computed:
    """Return what the declarations measure, by view; what views share is gone again."""
    wanted = _by_view(declared)
    wanted = {view: wanted[view] for view in sorted(wanted, key=list(views).index)}
    names: dict[Measured, str] = {}
    tables = {}
    with ExitStack() as between:
        inside = replace(scope, wanted=wanted, kept=between, runs=scope.running)
        for done, (view, leaves) in enumerate(wanted.items(), start=1):
            tables[view] = scope.keep(_aggregated(inside, views[view], leaves, names))
            tell(view, done, len(wanted))
    terms = agreed(scope)
    return Computed(scope.running, None if terms is None else scope.keep(terms), tables, names)


def _rows(
    keep: Callable[[ibis.Table], ibis.Table],
    scope: Scope,
    declared: Sequence[Declaration],
    found: Computed,
) -> ibis.Table:
    """Return who lives at the instants of ``found``, and all that was measured."""
    row = live(scope, found.running, found.terms, held(declared))
    for table in found.tables.values():
        row = joined(row, table)
    if any(isinstance(d.measure, AgainstPeers) for d in declared):
        row = keep(row.select(*row.columns))  # Read once more for each median.
    return _columns(scope, row, declared, found.names)


def _by_view(declared: Iterable[Declaration]) -> dict[str, list[Measured]]:
    """Return the aggregates of all declarations, each once, by view."""
    wanted: dict[str, dict[Measured, None]] = {}
    for declaration in declared:
        for leaf in declaration.measure.leaves():
            wanted.setdefault(leaf.view, {})[leaf] = None
    return {view: list(leaves) for view, leaves in wanted.items()}


def _aggregated(
    scope: Scope, view: View, leaves: list[Measured], names: dict[Measured, str]
) -> ibis.Table:
    """Return the aggregates of one view, and enter their column names."""
    rows = view(scope, leaves)
    for leaf in leaves:
        names[leaf] = f"m{len(names)}"
    values = {names[leaf]: leaf.aggregate(rows) for leaf in leaves}
    found = rows.group_by(["c", "account_id"]).aggregate(**values)
    return keyed(found, leaves[0].view)


def _columns(
    scope: Scope, row: ibis.Table, declared: Sequence[Declaration], names: dict[Measured, str]
) -> ibis.Table:
    row = with_medians(row, [d.measure for d in declared], names)
    chosen: dict[str, Expression] = {
        name: row[name] for name in ("account_id", "as_of", *FACT_KINDS)
    }
    for declaration in declared:
        kind = "string" if declaration.feature.kind == "category" else "float64"
        chosen[declaration.feature.name] = declaration.measure.of(row, names).cast(kind)
    return identities.shown(row.select(**chosen), scope.tables)
