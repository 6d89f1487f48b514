"""Which of the declared features exist for one company's tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from features.catalog import Feature
from features.catalogue.contract import CONTRACT
from features.catalogue.declaration import Declaration
from features.catalogue.engagement import ENGAGEMENT
from features.catalogue.onboarding import ONBOARDING
from features.catalogue.payment import PAYMENT
from features.catalogue.product import product
from features.catalogue.profile import profile
from features.catalogue.satisfaction import SATISFACTION
from features.catalogue.support import SUPPORT
from features.catalogue.usage import usage
from features.engines.asking import Place, asked
from features.engines.light import ibis
from features.errors import SettingsError
from features.settings import Settings

if TYPE_CHECKING:
    from features.sources import Tables


def everything(settings: Settings) -> Iterator[Declaration]:
    """Return every declaration of the catalogue, whatever tables there are."""
    yield from usage(settings)
    yield from SATISFACTION
    yield from SUPPORT
    yield from CONTRACT
    yield from ENGAGEMENT
    yield from ONBOARDING
    yield from PAYMENT
    yield from product(settings)


def declarations(settings: Settings, tables: Tables) -> tuple[Declaration, ...]:
    """Return the declarations whose sources exist, in catalogue order.

    Raises
    ------
    SettingsError
        Where a feature of the settings has the name of another.

    Notes
    -----
    Whether a feature exists depends on the tables, their columns, and on whether a reserved value
    (an event called ``login``) occurs at all, never on how often or when.
    """
    declared = list(everything(settings))
    _refuse_doubles(declared)
    found = _found(settings, tables, declared)
    existing = [d for d in declared if all(need in found for need in d.needs)]
    taken = {d.feature.name.lower() for d in declared}
    return (*existing, *profile(settings, tables, taken))


def absent_needs(settings: Settings, tables: Tables) -> dict[str, tuple[str, ...]]:
    """Return for each feature of the catalogue what it needs and these tables do not have."""
    declared = list(everything(settings))
    found = _found(settings, tables, declared)
    return {d.feature.name: tuple(n for n in d.needs if n not in found) for d in declared}


def catalog(settings: Settings, tables: Tables) -> tuple[Feature, ...]:
    """Return the features that exist for these tables, in catalogue order."""
    return tuple(d.feature for d in declarations(settings, tables))


def _refuse_doubles(declared: Iterable[Declaration]) -> None:
    seen: set[str] = set()
    for name in (d.feature.name for d in declared):
        if name.lower() in seen:
            raise SettingsError(
                "a name of its own for each feature",
                f"'{name}' twice",
                "Rename that section under [features] in kenshin.toml.",
            )
        seen.add(name.lower())


def _found(settings: Settings, tables: Tables, declared: Iterable[Declaration]) -> set[str]:
    """Return what exists of all that the declarations need."""
    wanted: dict[tuple[str, str], set[str]] = defaultdict(set)
    for need in {need for d in declared for need in d.needs}:
        place, _, value = need.partition("=")
        table, _, column = place.partition(".")
        if value:
            wanted[(table, column)].add(value)
    found = set()
    for name in tables.tables:
        found.add(name)
        found |= {f"{name}.{column}" for column in tables.columns(name)}
    places = [place for place in sorted(wanted) if ".".join(place) in found]
    return found | _occurring(settings, tables, {place: wanted[place] for place in places})


def _occurring(
    settings: Settings, tables: Tables, wanted: dict[tuple[str, str], set[str]]
) -> set[str]:
    """Return which of the reserved values occur, in one query."""
    if not wanted:
        return set()
    read = {table: _read(tables, table, column) for table, column in wanted}
    said = ["occurring", [[place, sorted(values)] for place, values in wanted.items()]]
    found = asked(settings, tables, read.values(), said, lambda: _either(_rows_of(read), wanted))
    return {str(need) for need in found["need"].to_pylist()}


def _rows_of(read: Mapping[str, Place]) -> dict[str, ibis.Table]:
    return {table: there[name] for table, (there, name) in read.items()}


def _read(tables: Tables, table: str, column: str) -> Place:
    """Return where all values of a column are; of stored days the last, which are few."""
    if (table, column) == ("events", "event") and tables.digests is not None:
        return tables.digests.parts, "last_events"
    return tables.tables, table


def _either(read: Mapping[str, ibis.Table], wanted: dict[tuple[str, str], set[str]]) -> ibis.Table:
    parts = []
    for (table, column), values in wanted.items():
        rows = read[table]
        value = rows[column].lower() if table in ("surveys", "tickets") else rows[column]
        rows = rows.select(value=value)
        kept = rows.filter(rows.value.isin(sorted(values))).distinct()
        parts.append(kept.select(need=ibis.literal(f"{table}.{column}=") + kept.value))
    return ibis.union(*parts) if len(parts) > 1 else parts[0]
