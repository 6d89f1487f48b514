"""Everything that can be said of every feature, of one company or of the catalogue."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import duckdb

from features.catalog import Feature, Language
from features.catalogue.declaration import Declaration
from features.catalogue.definition import definition
from features.catalogue.existing import absent_needs, declarations, everything
from features.engines.light import ibis
from features.errors import NotFoundError
from features.settings import Settings
from features.tables import TABLES

if TYPE_CHECKING:
    from features.sources import Tables

_KINDS = {
    "text": "VARCHAR",
    "time": "TIMESTAMP",
    "number": "DOUBLE",
    "integer": "BIGINT",
    "truth": "BOOLEAN",
}


@dataclass(frozen=True)
class KnownFeature:
    """One feature and whether a company has it.

    Attributes
    ----------
    absent : tuple of str or None
        What it needs and the company lacks; empty where it exists; None where no company is asked.
    """

    declared: Declaration
    absent: tuple[str, ...] | None

    @property
    def feature(self) -> Feature:
        """What is declared of it."""
        return self.declared.feature

    def document(self, language: Language) -> dict[str, Any]:
        """Return all that is said of it, for JSON."""
        feature = self.feature
        return {
            "name": feature.name,
            "group": feature.group,
            "indicator": feature.indicator,
            "label": feature.label.of(language),
            "definition": definition(self.declared, language),
            "window_days": feature.window_days,
            "unit": feature.unit,
            "good": feature.good,
            "missing": _missing(feature, language),
            "needs": list(self.declared.needs),
            "worse": feature.worse.of(language),
            "better": feature.better.of(language),
            "when_missing": feature.missing.of(language),
            "exists": None if self.absent is None else not self.absent,
            "absent": None if self.absent is None else list(self.absent),
        }


def _missing(feature: Feature, language: Language) -> str:
    """Return the rule of a missing value; in Japanese whether there is one and what it is told."""
    if language == "en":
        return feature.missing_means
    never = feature.missing_means.startswith("Never missing")
    return "欠測しない。" if never else f"欠測のとき「{feature.missing.ja}」。"


def known_features(settings: Settings, tables: Tables | None) -> tuple[KnownFeature, ...]:
    """Return every feature in catalogue order, those of the account's attributes last.

    Parameters
    ----------
    tables : Tables or None
        The company's tables; None where only the catalogue is asked for.
    """
    if tables is None:
        return tuple(KnownFeature(d, None) for d in everything(settings))
    absent = absent_needs(settings, tables)
    attributes = [d for d in declarations(settings, tables) if d.feature.name not in absent]
    return (
        *(KnownFeature(d, absent[d.feature.name]) for d in everything(settings)),
        *(KnownFeature(d, ()) for d in attributes),
    )


def named(name: str, known: Sequence[KnownFeature]) -> KnownFeature:
    """Return the feature of that name.

    Raises
    ------
    NotFoundError
        Where there is none, with the name that was meant.
    """
    for one in known:
        if one.feature.name == name:
            return one
    close = difflib.get_close_matches(name, [one.feature.name for one in known], n=3)
    hint = f"Did you mean {' or '.join(close)}?" if close else "`kenshin features` lists them."
    raise NotFoundError("the name of a feature", f"'{name}'", hint)


def empty_tables(until: datetime) -> Tables:
    """Return the canonical tables with every column of the contract and no row."""
    from features.sources import Tables

    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    for name, table in TABLES.items():
        columns = ", ".join(f'"{c}" {_KINDS[said.kind]}' for c, said in table.columns.items())
        connection.execute(f'CREATE TABLE "{name}" ({columns})')
    backend = ibis.duckdb.from_connection(connection)
    return Tables(backend, {name: backend.table(name) for name in TABLES}, until)
